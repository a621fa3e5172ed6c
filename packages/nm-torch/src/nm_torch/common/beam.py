"""Beam search with exact early stopping.

Legend: B sentences, K beams of a sentence, N = B * K rows (beams of a sentence are neighbours), V symbols, C the 2 * K
best continuations, P finished hypotheses kept, L symbols so far.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from nm_torch.common.hypotheses import Hypothesis, hypothesis_from_symbols
from nm_torch.common.search_options import Scorer, SearchOptions, without


@dataclass(slots=True)
class _Pool:
    """The best finished hypotheses of each sentence."""

    scores_BP: Tensor
    totals_BP: Tensor
    lengths_BP: Tensor
    symbols_BPL: Tensor

    @classmethod
    def empty(cls, alive_BK: Tensor, written_BKL: Tensor, size: int) -> "_Pool":
        """Return a pool without hypotheses, with room for `size` of each sentence."""
        nothing_BP = torch.full((len(alive_BK), size), float("-inf"), device=alive_BK.device)
        lengths_BP = torch.zeros_like(nothing_BP, dtype=torch.int64)
        symbols_BPL = written_BKL.new_zeros(len(alive_BK), size, written_BKL.shape[2])
        return cls(nothing_BP, nothing_BP.clone(), lengths_BP, symbols_BPL)

    def add(self, scores_BK: Tensor, totals_BK: Tensor, symbols_BKL: Tensor, length: int) -> None:
        """Offer one more hypothesis per beam and keep the best."""
        scores = torch.cat([self.scores_BP, scores_BK], dim=1)
        self.scores_BP, kept_BP = scores.topk(self.scores_BP.shape[1], dim=1)
        self.totals_BP = torch.cat([self.totals_BP, totals_BK], dim=1).gather(1, kept_BP)
        lengths_BK = self.lengths_BP.new_full(scores_BK.shape, length)
        self.lengths_BP = torch.cat([self.lengths_BP, lengths_BK], dim=1).gather(1, kept_BP)
        symbols = torch.cat([self.symbols_BPL, symbols_BKL], dim=1)
        self.symbols_BPL = symbols.gather(1, kept_BP.unsqueeze(2).expand(-1, -1, symbols.shape[2]))

    def split(self, kept: Tensor) -> "_Pool":
        """Return the pool of some of the sentences."""
        return _Pool(*(part[kept] for part in (self.scores_BP, self.totals_BP, self.lengths_BP, self.symbols_BPL)))

    def hypotheses(self) -> list[list[Hypothesis]]:
        """Return plain data, best first."""
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


def beam(scorer: Scorer, limits_B: Tensor, options: SearchOptions) -> list[list[Hypothesis]]:
    """Keep the `beam_size` best partial hypotheses, and the best finished ones.

    A partial hypothesis may end where its end is among the `beam_size` best continuations of the sentence. Ends that
    are less probable are not looked at: the most probable sequence of all is often an empty one (Stahlberg and Byrne
    2019, arXiv 1908.10090).

    A sentence is done when no continuation can enter its finished hypotheses any more: log-probabilities only fall, so
    the best partial one, divided by the largest penalty its limit allows, bounds what may still come.
    """
    batch, beams, device = len(limits_B), options.beam_size, limits_B.device
    results: list[list[Hypothesis]] = [[] for _ in range(batch)]
    places = list(range(batch))
    longest, shortest = int(limits_B.max()), int(limits_B.min())
    alive_BK = torch.full((batch, beams), float("-inf"), device=device)
    alive_BK[:, 0] = 0.0
    written_BKL = limits_B.new_zeros(batch, beams, longest)
    pool = _Pool.empty(alive_BK, written_BKL, options.n_best)
    symbols_N = limits_B.new_full((batch * beams,), options.bos)
    for position in range(longest + 1):
        log_probs_NV = without(scorer.score(symbols_N), options.forbidden_at(position, device))
        log_probs_BKV = log_probs_NV.unflatten(0, (-1, beams)) + alive_BK.unsqueeze(2)
        if position >= shortest:
            log_probs_BKV = _ends_alone(log_probs_BKV, limits_B <= position, options.eos)
        symbols = log_probs_BKV.shape[2]
        best_BC, choice_BC = log_probs_BKV.flatten(1).topk(min(2 * beams, beams * symbols), dim=1)
        origin_BC, symbol_BC = choice_BC // symbols, choice_BC % symbols
        ends_BC = symbol_BC == options.eos
        ended_BK = best_BC[:, :beams].masked_fill(~ends_BC[:, :beams], float("-inf"))
        pool.add(
            options.normalise(ended_BK, position + 1), ended_BK, _rows(written_BKL, origin_BC[:, :beams]), position
        )
        going_on_BK = ends_BC.byte().argsort(dim=1, stable=True)[:, :beams]  # at most one end for each beam
        alive_BK, origin_BK, symbol_BK = (part.gather(1, going_on_BK) for part in (best_BC, origin_BC, symbol_BC))
        done_B = ~(pool.scores_BP[:, -1] < options.normalise(alive_BK[:, 0], limits_B + 1))
        kept = (~done_B).nonzero().squeeze(1)
        sentences = None
        if len(kept) < len(places):
            done = done_B.nonzero().squeeze(1)
            for index, found in zip(done.tolist(), pool.split(done).hypotheses(), strict=True):
                results[places[index]] = found
            places = [places[index] for index in kept.tolist()]
            if not places:
                break
            sentences, pool, limits_B, written_BKL = kept, pool.split(kept), limits_B[kept], written_BKL[kept]
            alive_BK, origin_BK, symbol_BK = alive_BK[kept], origin_BK[kept], symbol_BK[kept]
        scorer.select((origin_BK + kept.unsqueeze(1) * beams).flatten(), sentences)
        written_BKL = _rows(written_BKL, origin_BK)
        written_BKL[:, :, position] = symbol_BK
        symbols_N = symbol_BK.flatten()
    return results


def _rows(written_BKL: Tensor, origin_BK: Tensor) -> Tensor:
    """Return what stands in the beams named for each sentence."""
    return written_BKL.gather(1, origin_BK.unsqueeze(2).expand(-1, -1, written_BKL.shape[2]))


def _ends_alone(log_probs_BKV: Tensor, at_limit_B: Tensor, eos: int) -> Tensor:
    """Return log-probabilities that leave sentences at their limit nothing but to end."""
    end_V = torch.arange(log_probs_BKV.shape[2], device=log_probs_BKV.device) == eos
    return log_probs_BKV.masked_fill(at_limit_B[:, None, None] & ~end_V, float("-inf"))
