"""Perplexity and accuracy of predicted tokens.

Legend: B sentences, T positions, V vocabulary.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, Unpack

from torch import Tensor

from nm_core import Metric, ModuleOptions, NmTensor, NonNegativeInt
from nm_core.symbols.ports import ports
from nm_nlp.errors import TranslationError


class PerplexityOptions(ModuleOptions, total=False):
    """The symbolic tensors that the metric may be bound to when it is made, and its name."""

    log_probs: NmTensor
    target_ids: NmTensor


class Perplexity(Metric):
    """Perplexity per token, and the share of tokens that were the most probable ones; padding is left out.

    Perplexities compare only between models of one vocabulary.

    Args:
        pad_id: the token id of padding.

    Example:
        >>> import torch
        >>> metric = Perplexity(pad_id=0)
        >>> metric.update(log_probs=torch.full((1, 2, 4), 0.25).log(), target_ids=torch.tensor([[3, 0]]))
        >>> round(metric.compute()["perplexity"], 4)
        4.0
    """

    input_ports = ports(log_probs="B Token:t Class:n ; LogProbs", target_ids="B Token:t ; NextTokenIds(n)")
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {
        "perplexity": "min",
        "token_accuracy": "max",
    }

    def __init__(self, *, pad_id: NonNegativeInt = 0, **options: Unpack[PerplexityOptions]) -> None:
        super().__init__(**options)
        self.pad_id = pad_id
        self.reset()

    def update(self, log_probs: Tensor, target_ids: Tensor) -> None:
        """Add the log-probabilities [B, T, V] and token ids [B, T] of a batch."""
        real_BT = target_ids != self.pad_id
        right_BT = log_probs.gather(2, target_ids.unsqueeze(2)).squeeze(2)
        self.log_prob += float(right_BT[real_BT].double().sum())  # float32 loses digits over a corpus
        self.correct += int((log_probs.argmax(dim=2) == target_ids)[real_BT].sum())
        self.tokens += int(real_BT.sum())

    def merge(self, other: Self) -> None:
        """Add the counts of another metric."""
        self.log_prob += other.log_prob
        self.correct += other.correct
        self.tokens += other.tokens

    def compute(self) -> dict[str, float]:
        """Return `perplexity` and `token_accuracy` (from 0 to 1) over all tokens."""
        if not self.tokens:
            raise TranslationError(f"{self.name} has seen no tokens, and the perplexity of nothing is not a number.")
        cross_entropy = -self.log_prob / self.tokens
        perplexity = math.exp(cross_entropy) if cross_entropy < 700 else math.inf  # exp of more overflows
        return {"perplexity": perplexity, "token_accuracy": self.correct / self.tokens}

    def state(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {"log_prob": self.log_prob, "correct": self.correct, "tokens": self.tokens}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore the result of `state`."""
        self.log_prob, self.correct, self.tokens = state["log_prob"], state["correct"], state["tokens"]

    def reset(self) -> None:
        """Set all counts to 0."""
        self.log_prob, self.correct, self.tokens = 0.0, 0, 0
