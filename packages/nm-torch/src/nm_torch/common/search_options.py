"""The options of a search, and the protocol of the models that it asks.

Legend: N rows that are decoded in parallel, V symbols.
"""

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Protocol

import torch
from torch import Tensor

from nm_torch.common.errors import SearchError


class Scorer(Protocol):
    """A model in the middle of a search, with the state of every row."""

    def score(self, symbols_N: Tensor) -> Tensor:
        """Take the last symbol of each row and return log-probabilities [N, V] of the next one."""

    def select(self, rows: Tensor, sentences: Tensor | None) -> None:
        """Reorder the rows and drop those not named, and likewise the sentences (None keeps all of them)."""


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    """The options of a search.

    Args:
        bos: the symbol that stands before the first one.
        eos: the symbol that ends a hypothesis.
        forbidden: symbols that no hypothesis may contain.
        beam_size: partial hypotheses kept per sentence; 1 takes the best symbol at each position.
        n_best: hypotheses returned per sentence, at most `beam_size`.
        length_penalty: the exponent a of ((5 + n) / 6) ** a, by which the log-probability of n symbols (the end
            included) is divided (Wu et al. 2016, arXiv 1609.08144, section 7); 0 compares plain log-probabilities.
        min_length: symbols before the end, at least.

    Raises:
        SearchError: a count is no whole number, `n_best` is not between 1 and `beam_size`, or the length penalty is
            negative or not finite.

    Example:
        >>> options = SearchOptions(bos=1, eos=2, beam_size=4, length_penalty=1.0)
        >>> options.normalise(torch.tensor(-6.0), 7)
        tensor(-3.)
    """

    bos: int
    eos: int
    forbidden: tuple[int, ...] = ()
    beam_size: int = 1
    n_best: int = 1
    length_penalty: float = 0.6
    min_length: int = 0

    def __post_init__(self) -> None:
        for name in ("beam_size", "n_best", "min_length"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, Integral):
                raise SearchError(f"{name} is a whole number; given was {value!r}.")
        if not 1 <= self.n_best <= self.beam_size:
            raise SearchError(
                f"a search returns between 1 and beam_size hypotheses; given were n_best={self.n_best} and "
                f"beam_size={self.beam_size}.\n  Raise beam_size, or ask for fewer."
            )
        penalty = self.length_penalty
        is_number = isinstance(penalty, Real) and not isinstance(penalty, bool)
        if not is_number or not 0 <= penalty < float("inf"):  # nan is in no range, and would rank nothing
            raise SearchError(f"length_penalty is a number of at least 0; given was {penalty!r}.")

    def forbidden_at(self, position: int, device: torch.device) -> Tensor:
        """Return the symbols that no hypothesis may have at a position, counted from 0."""
        early = (self.eos,) if position < self.min_length else ()
        return torch.tensor(self.forbidden + early, dtype=torch.int64, device=device)

    def normalise(self, log_probs: Tensor, symbols: Tensor | int) -> Tensor:
        """Divide log-probabilities by the penalty for this many symbols, the end included."""
        return log_probs / ((5.0 + symbols) / 6.0) ** self.length_penalty


def mask_forbidden(log_probs_NV: Tensor, forbidden: Tensor) -> Tensor:
    """Return log-probabilities in float32, those of forbidden symbols set to minus infinity."""
    log_probs_NV = log_probs_NV.float()  # sums over a long text lose digits in half precision
    return log_probs_NV.index_fill(1, forbidden, float("-inf")) if len(forbidden) else log_probs_NV
