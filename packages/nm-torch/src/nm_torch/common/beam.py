"""Beam search with exact early stopping.

Legend: B sentences, K beams of a sentence, N = B * K rows (beams of a sentence are neighbours), V symbols, P finished
hypotheses kept, L symbols so far.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from nm_torch.common.hypotheses import Hypothesis, Scorer, SearchOptions, without


@dataclass(slots=True)
class _Pool:
    """The best finished hypotheses of each sentence."""

    scores_BP: Tensor
    totals_BP: Tensor
    lengths_BP: Tensor
    symbols_BPL: Tensor

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
                Hypothesis(tuple(symbols[:length]), score, total)
                for symbols, length, score, total in zip(*parts, strict=True)
                if score != float("-inf")
            ]
            for parts in rows
        ]


def beam(scorer: Scorer, limits_B: Tensor, options: SearchOptions) -> list[list[Hypothesis]]:
    """Keep the `beam_size` best partial hypotheses, and the best finished ones of all that were reached.

    A sentence is done when no continuation can enter its finished hypotheses any more: log-probabilities only fall, so
    the best partial one, divided by the largest penalty its limit allows, bounds what may still come.
    """
    batch, beams, device = len(limits_B), options.beam_size, limits_B.device
    results: list[list[Hypothesis]] = [[] for _ in range(batch)]
    places = list(range(batch))
    longest = int(limits_B.max())
    alive_BK = torch.full((batch, beams), float("-inf"), device=device)
    alive_BK[:, 0] = 0.0
    written_BKL = limits_B.new_zeros(batch, beams, longest)
    shape = (batch, options.n_best)
    pool = _Pool(
        alive_BK.new_full(shape, float("-inf")),
        alive_BK.new_full(shape, float("-inf")),
        limits_B.new_zeros(shape),
        limits_B.new_zeros(*shape, longest),
    )
    symbols_N = limits_B.new_full((batch * beams,), options.bos)
    for position in range(longest + 1):
        log_probs_NV = without(scorer.score(symbols_N), options.forbidden_at(position, device))
        log_probs_BKV = log_probs_NV.unflatten(0, (-1, beams)) + alive_BK.unsqueeze(2)
        ended_BK = log_probs_BKV[:, :, options.eos].clone()
        pool.add(options.normalise(ended_BK, position + 1), ended_BK, written_BKL, position)
        log_probs_BKV[:, :, options.eos] = float("-inf")
        alive_BK, choice_BK = log_probs_BKV.flatten(1).topk(beams, dim=1)
        alive_BK = alive_BK.masked_fill((limits_B <= position).unsqueeze(1), float("-inf"))
        bound_B = options.normalise(alive_BK[:, 0], limits_B + 1)
        done_B = ~(pool.scores_BP[:, -1] < bound_B)
        kept = (~done_B).nonzero().squeeze(1)
        if len(kept) < len(places):
            done = done_B.nonzero().squeeze(1)
            for index, best in zip(done.tolist(), pool.split(done).hypotheses(), strict=True):
                results[places[index]] = best
            places = [places[index] for index in kept.tolist()]
            if not places:
                break
            pool, limits_B, alive_BK, choice_BK = pool.split(kept), limits_B[kept], alive_BK[kept], choice_BK[kept]
            written_BKL = written_BKL[kept]
        sentences = kept if len(done_B) > len(kept) else None
        origin_BK = choice_BK // log_probs_BKV.shape[2]
        symbols_BK = choice_BK % log_probs_BKV.shape[2]
        scorer.select((origin_BK + kept.unsqueeze(1) * beams).flatten(), sentences)
        written_BKL = written_BKL.gather(1, origin_BK.unsqueeze(2).expand(-1, -1, longest))
        written_BKL[:, :, position] = symbols_BK
        symbols_N = symbols_BK.flatten()
    return results
