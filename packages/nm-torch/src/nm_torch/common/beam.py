"""Beam search with exact early stopping.

Legend: B sentences, K beams of a sentence, N = B * K rows (beams of a sentence are neighbours), V symbols, C the 2 * K
best continuations, P finished hypotheses of a sentence, Q = P + K, R sentences
that are not done, L symbols so far.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from nm_torch.common.hypotheses import Hypothesis, hypothesis_from_symbols
from nm_torch.common.search_options import Scorer, SearchOptions, mask_forbidden


@dataclass(slots=True)
class _Pool:
    """The best finished hypotheses of each sentence."""

    scores_BP: Tensor
    totals_BP: Tensor
    lengths_BP: Tensor
    symbols_BPL: Tensor

    @classmethod
    def empty(cls, alive_BK: Tensor, written_BKL: Tensor, size: int) -> "_Pool":
        """Return a pool with room for `size` hypotheses of each sentence; an empty entry scores minus infinity."""
        scores_BP = torch.full((len(alive_BK), size), float("-inf"), device=alive_BK.device)
        lengths_BP = torch.zeros_like(scores_BP, dtype=torch.int64)
        symbols_BPL = written_BKL.new_zeros(len(alive_BK), size, written_BKL.shape[2])
        return cls(scores_BP, scores_BP.clone(), lengths_BP, symbols_BPL)

    def add(self, scores_BK: Tensor, totals_BK: Tensor, symbols_BKL: Tensor, length: int) -> None:
        """Add one hypothesis per beam and drop all but the best of each sentence."""
        scores_BQ = torch.cat([self.scores_BP, scores_BK], dim=1)
        self.scores_BP, best_BP = scores_BQ.topk(self.scores_BP.shape[1], dim=1)
        self.totals_BP = torch.cat([self.totals_BP, totals_BK], dim=1).gather(1, best_BP)
        lengths_BK = self.lengths_BP.new_full(scores_BK.shape, length)
        self.lengths_BP = torch.cat([self.lengths_BP, lengths_BK], dim=1).gather(1, best_BP)
        symbols_BQL = torch.cat([self.symbols_BPL, symbols_BKL], dim=1)
        self.symbols_BPL = symbols_BQL.gather(1, best_BP.unsqueeze(2).expand(-1, -1, symbols_BQL.shape[2]))

    def select(self, sentences: Tensor) -> "_Pool":
        """Return the pool of some of the sentences."""
        fields = (self.scores_BP, self.totals_BP, self.lengths_BP, self.symbols_BPL)
        return _Pool(*(field[sentences] for field in fields))

    def hypotheses(self) -> list[list[Hypothesis]]:
        """Return the hypotheses of each sentence, best first."""
        rows = zip(
            self.symbols_BPL.tolist(),
            self.lengths_BP.tolist(),
            self.scores_BP.tolist(),
            self.totals_BP.tolist(),
            strict=True,
        )
        return [
            [
                hypothesis_from_symbols(symbols[:length], score, total)
                for symbols, length, score, total in zip(*parts, strict=True)
                if score != float("-inf")
            ]
            for parts in rows
        ]


def beam_search(scorer: Scorer, limits_B: Tensor, options: SearchOptions) -> list[list[Hypothesis]]:
    """Search with the `beam_size` best partial hypotheses of each sentence; return the best finished ones, best first.

    A partial hypothesis may end where its end is among the `beam_size` best continuations of the sentence. Ends that
    are less probable are not looked at: the most probable sequence of all is often an empty one (Stahlberg and Byrne
    2019, arXiv 1908.10090).

    A sentence is done when no continuation can enter its finished hypotheses any more: log-probabilities only fall, so
    the best partial one, divided by the largest penalty its limit allows, bounds what may still come.
    """
    batch, beams, device = len(limits_B), options.beam_size, limits_B.device
    results: list[list[Hypothesis]] = [[] for _ in range(batch)]
    active = list(range(batch))
    longest, shortest = int(limits_B.max()), int(limits_B.min())
    alive_BK = torch.full((batch, beams), float("-inf"), device=device)
    alive_BK[:, 0] = 0.0  # all beams begin alike: only the first one may be continued at position 0
    written_BKL = limits_B.new_zeros(batch, beams, longest)
    pool = _Pool.empty(alive_BK, written_BKL, options.n_best)
    symbols_N = limits_B.new_full((batch * beams,), options.bos)
    for position in range(longest + 1):
        log_probs_NV = mask_forbidden(scorer.score(symbols_N), options.forbidden_at(position, device))
        log_probs_BKV = log_probs_NV.unflatten(0, (-1, beams)) + alive_BK.unsqueeze(2)
        if position >= shortest:
            log_probs_BKV = _force_end(log_probs_BKV, limits_B <= position, options.eos)
        symbols = log_probs_BKV.shape[2]
        # each beam has one end, so that among 2 * K continuations there are K that go on
        best_BC, choice_BC = log_probs_BKV.flatten(1).topk(min(2 * beams, beams * symbols), dim=1)
        origin_BC, symbol_BC = choice_BC // symbols, choice_BC % symbols
        ends_BC = symbol_BC == options.eos
        ended_BK = best_BC[:, :beams].masked_fill(~ends_BC[:, :beams], float("-inf"))
        ended_symbols_BKL = _gather_beams(written_BKL, origin_BC[:, :beams])
        pool.add(options.normalise(ended_BK, position + 1), ended_BK, ended_symbols_BKL, position)
        going_on_BK = ends_BC.byte().argsort(dim=1, stable=True)[:, :beams]  # stable: still by falling probability
        alive_BK, origin_BK, symbol_BK = (part.gather(1, going_on_BK) for part in (best_BC, origin_BC, symbol_BC))
        # written as "not less", so that scores that are NaN end the search, too
        done_B = ~(pool.scores_BP[:, -1] < options.normalise(alive_BK[:, 0], limits_B + 1))
        remaining_R = (~done_B).nonzero().squeeze(1)
        sentences = None
        if len(remaining_R) < len(active):
            done = done_B.nonzero().squeeze(1)
            for index, hypotheses in zip(done.tolist(), pool.select(done).hypotheses(), strict=True):
                results[active[index]] = hypotheses
            active = [active[index] for index in remaining_R.tolist()]
            if not active:
                break
            sentences, pool = remaining_R, pool.select(remaining_R)
            limits_B, written_BKL = limits_B[remaining_R], written_BKL[remaining_R]
            alive_BK, origin_BK, symbol_BK = alive_BK[remaining_R], origin_BK[remaining_R], symbol_BK[remaining_R]
        scorer.select((origin_BK + remaining_R.unsqueeze(1) * beams).flatten(), sentences)
        written_BKL = _gather_beams(written_BKL, origin_BK)
        written_BKL[:, :, position] = symbol_BK
        symbols_N = symbol_BK.flatten()
    return results


def _gather_beams(written_BKL: Tensor, origin_BK: Tensor) -> Tensor:
    """Return the symbols of the beams that each beam continues."""
    return written_BKL.gather(1, origin_BK.unsqueeze(2).expand(-1, -1, written_BKL.shape[2]))


def _force_end(log_probs_BKV: Tensor, at_limit_B: Tensor, eos: int) -> Tensor:
    """Return log-probabilities in which a sentence at its limit can only be continued with the end."""
    end_V = torch.arange(log_probs_BKV.shape[2], device=log_probs_BKV.device) == eos
    return log_probs_BKV.masked_fill(at_limit_B[:, None, None] & ~end_V, float("-inf"))
