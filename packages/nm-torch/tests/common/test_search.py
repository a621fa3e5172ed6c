"""Greedy and beam search, against the enumeration of every sequence."""

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from nm_torch.common.errors import SearchError
from nm_torch.common.hypotheses import Hypothesis, hypothesis_from_symbols
from nm_torch.common.search import search
from nm_torch.common.search_options import SearchOptions

BOS, EOS, SYMBOLS = 0, 1, 5
LIMITS = [4, 2, 0, 3]


class Table:
    """A model whose distributions depend on the sentence and its whole past in no regular way."""

    def __init__(self, sentences: int, beams: int) -> None:
        self.sentence_N = torch.arange(sentences).repeat_interleave(beams)
        self.past_NL = torch.zeros(sentences * beams, 0, dtype=torch.int64)
        self.rows = 0

    def score(self, symbols_N: Tensor) -> Tensor:
        self.past_NL = torch.cat([self.past_NL, symbols_N.unsqueeze(1)], dim=1)
        self.rows += len(symbols_N)
        pasts = zip(self.sentence_N.tolist(), self.past_NL.tolist(), strict=True)
        return torch.stack([distribution(sentence, tuple(past)) for sentence, past in pasts])

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        assert sentences is None or len(rows) % len(sentences) == 0
        self.past_NL, self.sentence_N = self.past_NL[rows], self.sentence_N[rows]


def distribution(sentence: int, past: tuple[int, ...]) -> Tensor:
    """Return log-probabilities of the symbol after a past."""
    seed = sentence
    for symbol in past:
        seed = (seed * 31 + symbol + 1) % 2**31
    return (2 * torch.randn(SYMBOLS, generator=torch.Generator().manual_seed(seed))).log_softmax(-1)


def every_hypothesis(sentence: int, options: SearchOptions) -> list[Hypothesis]:
    """Return all sequences within the sentence's limit, best first."""
    allowed = [symbol for symbol in range(SYMBOLS) if symbol not in (*options.forbidden, EOS)]
    results = []
    for length in range(options.min_length, max(LIMITS[sentence], options.min_length) + 1):
        for symbols in itertools.product(allowed, repeat=length):
            past = (BOS, *symbols)
            steps = [distribution(sentence, past[: i + 1])[s] for i, s in enumerate((*symbols, EOS))]
            log_prob = float(sum(steps))
            results.append(
                hypothesis_from_symbols(symbols, log_prob / ((6 + length) / 6) ** options.length_penalty, log_prob)
            )
    return sorted(results, key=lambda hypothesis: -hypothesis.score)


@pytest.mark.parametrize("min_length", [0, 2])
@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.5])
def test_a_wide_beam_finds_what_enumeration_finds(length_penalty: float, min_length: int) -> None:
    """With room for every prefix the n best hypotheses and their scores are exactly those of brute force."""
    options = SearchOptions(
        bos=BOS,
        eos=EOS,
        forbidden=(BOS,),
        beam_size=256,
        n_best=6,
        length_penalty=length_penalty,
        min_length=min_length,
    )

    results = search(Table(len(LIMITS), 256), torch.tensor(LIMITS), options)

    for sentence, best in enumerate(results):
        expected = every_hypothesis(sentence, options)[:6]
        assert [hypothesis.symbols for hypothesis in best] == [hypothesis.symbols for hypothesis in expected]
        assert [h.score for h in best] == pytest.approx([h.score for h in expected], rel=1e-5)
        assert [h.log_prob for h in best] == pytest.approx([h.log_prob for h in expected], rel=1e-5)


def test_greedy_takes_the_best_symbol_at_each_position() -> None:
    """Each symbol is the most probable one after those before it, and the limit forces the end."""
    options = SearchOptions(bos=BOS, eos=EOS, forbidden=(BOS,), length_penalty=1.0)

    results = search(Table(len(LIMITS), 1), torch.tensor(LIMITS), options)

    for sentence, (hypothesis,) in enumerate(results):
        past, total = [BOS], 0.0
        while True:
            log_probs = distribution(sentence, tuple(past))
            log_probs[BOS] = -torch.inf
            symbol = EOS if len(past) > LIMITS[sentence] else int(log_probs.argmax())
            total += float(log_probs[symbol])
            if symbol == EOS:
                break
            past.append(symbol)
        assert hypothesis.symbols == tuple(past[1:])
        assert hypothesis.log_prob == pytest.approx(total, rel=1e-5)
        assert hypothesis.score == pytest.approx(total / ((5 + len(past)) / 6), rel=1e-5)


@pytest.mark.parametrize("beam_size", [1, 2, 3])
def test_a_sentence_is_searched_alike_in_any_company(beam_size: int) -> None:
    """The result of a sentence does not depend on which others are in the batch or on when they finish."""
    options = SearchOptions(bos=BOS, eos=EOS, forbidden=(BOS,), beam_size=beam_size)
    together = search(Table(len(LIMITS), beam_size), torch.tensor(LIMITS), options)

    for sentence, limit in enumerate(LIMITS):
        alone = Table(1, beam_size)
        alone.sentence_N = torch.full((beam_size,), sentence)
        assert search(alone, torch.tensor([limit]), options) == [together[sentence]]


@pytest.mark.parametrize("beam_size", [1, 4])
def test_finished_sentences_leave_the_batch(beam_size: int) -> None:
    """Rows of finished sentences are not computed to the end of the longest one."""
    limits = [0] * 7 + [6]
    table = Table(len(limits), beam_size)

    search(table, torch.tensor(limits), SearchOptions(bos=BOS, eos=EOS, forbidden=(BOS,), beam_size=beam_size))

    assert table.rows <= beam_size * (8 + 6)


def test_a_wider_beam_is_never_worse_here() -> None:
    """Widths 1, 2, 4, 81 find hypotheses of growing score on these tables."""
    scores = []
    for width in (1, 2, 4, 81):
        options = SearchOptions(bos=BOS, eos=EOS, forbidden=(BOS,), beam_size=width, length_penalty=0.0)
        scores.append([best[0].score for best in search(Table(4, width), torch.tensor(LIMITS), options)])

    for narrow, wide in itertools.pairwise(scores):
        assert all(narrow_score <= wide_score + 1e-6 for narrow_score, wide_score in zip(narrow, wide, strict=True))


class Reluctant(Table):
    """A model that never finds the end probable: 1 in 20, against 9 in 20 for each of two symbols."""

    def score(self, symbols_N: Tensor) -> Tensor:
        probabilities = torch.tensor([0.0, 0.05, 0.45, 0.44, 0.06])
        return probabilities.log().expand(len(symbols_N), -1)


def test_an_improbable_end_is_not_taken() -> None:
    """The most probable sequence of this model is the empty one; a beam of usual width does not fall for it."""
    limits = torch.tensor([6])

    (usual,) = search(Reluctant(1, 2), limits, SearchOptions(bos=BOS, eos=EOS, beam_size=2, length_penalty=0.0))
    (wide,) = search(Reluctant(1, 4), limits, SearchOptions(bos=BOS, eos=EOS, beam_size=4, length_penalty=0.0))

    assert usual[0].symbols == (2,) * 6
    assert wide[0].symbols == ()


@pytest.mark.parametrize("beam_size", [1, 3])
def test_no_sentences_have_no_hypotheses(beam_size: int) -> None:
    """An empty batch gives an empty list."""
    options = SearchOptions(bos=BOS, eos=EOS, beam_size=beam_size)
    assert search(Table(0, beam_size), torch.tensor([], dtype=torch.int64), options) == []


class Broken(Table):
    """A model that has diverged."""

    def score(self, symbols_N: Tensor) -> Tensor:
        return torch.full((len(symbols_N), SYMBOLS), torch.nan)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_scores_that_are_no_numbers_are_an_error(beam_size: int) -> None:
    """A model that gives NaN ends the search with an error instead of a hypothesis."""
    options = SearchOptions(bos=BOS, eos=EOS, beam_size=beam_size)
    with pytest.raises(SearchError, match="not numbers"):
        search(Broken(2, beam_size), torch.tensor([3, 3]), options)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SearchOptions(bos=0, eos=1, beam_size=2, n_best=3),
        lambda: SearchOptions(bos=0, eos=1, beam_size=0, n_best=0),
        lambda: SearchOptions(bos=0, eos=1, beam_size=2.0),  # type: ignore[arg-type]
        lambda: SearchOptions(bos=0, eos=1, min_length=True),
        lambda: SearchOptions(bos=0, eos=1, length_penalty=-1.0),
        lambda: SearchOptions(bos=0, eos=1, length_penalty=float("nan")),
        lambda: SearchOptions(bos=0, eos=1, length_penalty="x"),  # type: ignore[arg-type]
    ],
)
def test_options_that_no_search_can_follow_are_refused(make: Callable[[], SearchOptions]) -> None:
    """More hypotheses than beams, no hypothesis, parts of a beam, and a penalty that is negative or nan are errors."""
    with pytest.raises(SearchError):
        make()
