"""Greedy and beam search over any model that scores the next symbol.

Legend: B sentences, A sentences that have not ended, K beams of a sentence, N = B * K rows (beams of a sentence are
neighbours), V symbols, L symbols so far.
"""

from math import isnan

import torch
from torch import Tensor

from nm_torch.common.beam import beam_search
from nm_torch.common.errors import SearchError
from nm_torch.common.hypotheses import Hypothesis, hypothesis_from_symbols
from nm_torch.common.search_options import Scorer, SearchOptions, mask_forbidden


def search(scorer: Scorer, limits_B: Tensor, options: SearchOptions) -> list[list[Hypothesis]]:
    """Search the best hypotheses of each sentence, best first.

    Every hypothesis ends with the end symbol: at its limit a sentence can only go on with that.

    Args:
        scorer: at the start of its sentences, with `beam_size` rows for each.
        limits_B: the most symbols a hypothesis of each sentence may have, the end not counted.

    Raises:
        SearchError: the model gave scores that are not numbers.
    """
    if len(limits_B) == 0:
        return []
    limits_B = limits_B.clamp(min=options.min_length)
    with torch.inference_mode():
        method = greedy_search if options.beam_size == 1 else beam_search
        results = method(scorer, limits_B, options)
    if any(isnan(hypothesis.log_prob) for best in results for hypothesis in best):
        raise SearchError(
            "the model gave log-probabilities that are not numbers (NaN), so that none is the best.\n"
            "  Look at the training for a loss that is not finite, or run the model in a wider number format."
        )
    return results


def greedy_search(scorer: Scorer, limits_B: Tensor, options: SearchOptions) -> list[list[Hypothesis]]:
    """Take the best symbol at each position; see `search`."""
    batch, device = len(limits_B), limits_B.device
    written_BL = limits_B.new_zeros(batch, int(limits_B.max()) + 1)
    total_B = torch.zeros(batch, device=device)
    length_B = torch.zeros_like(limits_B)
    active_A = torch.arange(batch, device=device)
    symbols_A = limits_B.new_full((batch,), options.bos)
    running_A = torch.ones(batch, dtype=torch.bool, device=device)
    for position in range(written_BL.shape[1]):
        log_probs_AV = mask_forbidden(scorer.score(symbols_A), options.forbidden_at(position, device))
        best_A, symbols_A = log_probs_AV.max(dim=-1)
        at_limit_A = limits_B[active_A] <= position
        symbols_A = symbols_A.masked_fill(at_limit_A, options.eos)
        best_A = torch.where(at_limit_A, log_probs_AV[:, options.eos], best_A)
        total_B[active_A] += best_A.masked_fill(~running_A, 0.0)
        written_BL[active_A, position] = symbols_A
        running_A &= symbols_A != options.eos
        length_B[active_A] += running_A
        running = int(running_A.sum())
        if running == 0:
            break
        if running <= 0.75 * len(active_A):  # copying the state of the others costs more than scoring fewer
            rows = running_A.nonzero().squeeze(1)
            scorer.select(rows, rows)
            active_A, symbols_A, running_A = active_A[rows], symbols_A[rows], running_A[rows]
    scores_B = options.normalise(total_B, length_B + 1)
    sentences = zip(written_BL.tolist(), length_B.tolist(), scores_B.tolist(), total_B.tolist(), strict=True)
    return [[hypothesis_from_symbols(written[:length], score, total)] for written, length, score, total in sentences]
