"""Search in a translation model: caches against recomputation, beams against enumeration."""

import itertools

import pytest
import torch
from nm_nlp_samples import Model, small_model
from torch import Tensor

from nm_nlp.translation.beam import TransformerScorer, compute_target_limits, search_translations
from nm_torch.common.hypotheses import Hypothesis, hypothesis_from_symbols
from nm_torch.common.search import search
from nm_torch.common.search_options import SearchOptions

PAD, BOS, EOS = 0, 1, 2
SRC = torch.tensor([[4, 5, 6, 3, 2], [5, 2, 0, 0, 0], [6, 6, 4, 2, 0]])


class Recomputing:
    """The scorer that reads the whole past at each step, by the decoder's ordinary forward."""

    def __init__(self, model: Model, hidden_BSD: Tensor, mask_BS: Tensor, beams: int) -> None:
        self.model = model
        self.hidden_NSD = hidden_BSD.repeat_interleave(beams, dim=0)
        self.mask_NS = mask_BS.repeat_interleave(beams, dim=0)
        self.past_NT = torch.zeros(len(self.mask_NS), 0, dtype=torch.int64)

    def score(self, symbols_N: Tensor) -> Tensor:
        self.past_NT = torch.cat([self.past_NT, symbols_N.unsqueeze(1)], dim=1)
        states = self.model.decoder(self.past_NT, self.hidden_NSD, self.mask_NS, torch.ones_like(self.past_NT))
        return self.model.log_softmax(states[:, -1:])[:, 0]

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        self.past_NT, self.hidden_NSD, self.mask_NS = self.past_NT[rows], self.hidden_NSD[rows], self.mask_NS[rows]


def options(beam_size: int, **changes: object) -> SearchOptions:
    """Return options of a search that writes neither padding nor beginnings."""
    parameters = {"bos": BOS, "eos": EOS, "forbidden": (PAD, BOS), "beam_size": beam_size, **changes}
    return SearchOptions(**parameters)  # type: ignore[arg-type]


def assert_equal(results: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    """Compare hypotheses: equal symbols, scores within rounding."""
    assert [[h.symbols for h in best] for best in results] == [[h.symbols for h in best] for best in expected]
    for actual, reference in zip(itertools.chain(*results), itertools.chain(*expected), strict=True):
        assert (actual.score, actual.log_prob) == pytest.approx((reference.score, reference.log_prob), abs=1e-4)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("beam_size", [1, 4])
def test_caching_equals_recomputation(beam_size: int, norm: str) -> None:
    """Sentences that end early, reordered beams and shared source keys change nothing."""
    model, mask = small_model(num_layers=2, norm=norm), SRC != PAD
    hidden = model.encoder(SRC, mask)
    limits = compute_target_limits(mask, factor=2.0, extra=3, most=None)
    search_options = options(beam_size, n_best=beam_size)

    cached = search(TransformerScorer(model.decoder, model.log_softmax, hidden, mask), limits, search_options)
    recomputed = search(Recomputing(model, hidden, mask, beam_size), limits, search_options)

    assert_equal(cached, recomputed)


def test_a_wide_beam_equals_brute_force() -> None:
    """On a vocabulary of six the best translations are those among all sequences of up to three tokens."""
    model, mask = small_model(6), SRC % 6 != PAD
    src, search_options = SRC % 6, options(108, n_best=5, forbidden=(PAD, BOS))
    hidden = model.encoder(src, mask)

    results = search_translations(
        model.decoder, model.log_softmax, hidden, mask, search_options, length_factor=0.0, length_extra=3
    )

    for sentence, best in enumerate(results):
        expected = []
        for length in range(4):
            for symbols in itertools.product((3, 4, 5), repeat=length):
                tgt = torch.tensor([[BOS, *symbols]])
                log_probs = model.log_probs(src[[sentence]], mask[[sentence]], tgt, torch.ones_like(tgt))[0].detach()
                log_prob = float(log_probs.gather(1, torch.tensor([[*symbols, EOS]]).T).sum())
                expected.append(hypothesis_from_symbols(symbols, log_prob / ((6 + length) / 6) ** 0.6, log_prob))
        expected.sort(key=lambda hypothesis: -hypothesis.score)
        assert_equal([best], [expected[:5]])


def test_a_search_keeps_within_the_models_positions() -> None:
    """A decoder of few positions is not asked for more, and modes come back as they were."""
    model, mask = small_model(positions="learned", max_sequence_length=6), SRC != PAD
    model.decoder.train()
    hidden = model.encoder(SRC, mask)

    results = search_translations(model.decoder, model.log_softmax, hidden, mask, options(3, min_length=5))

    assert all(len(best[0].symbols) == 5 for best in results)
    assert model.decoder.training
    assert not model.log_softmax.training


def test_limits_follow_the_source() -> None:
    """Each sentence has its own, whatever stands beside it."""
    assert compute_target_limits(SRC != PAD, factor=1.5, extra=1, most=None).tolist() == [8, 4, 7]
    assert compute_target_limits(SRC != PAD, factor=1.5, extra=1, most=6).tolist() == [6, 4, 6]
