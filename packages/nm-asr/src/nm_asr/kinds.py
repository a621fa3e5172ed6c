"""Kinds of values in speech recognition."""

from nm_torch.common.hypotheses import HypothesisKind as Hypothesis

__all__ = ["Hypothesis"]
