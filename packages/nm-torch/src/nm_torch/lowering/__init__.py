"""Lowering: the framework segment of a plan as one plain `torch.nn.Module`, with the checks left to a run."""

from nm_torch.lowering.lower import Lowered, calls_with_totals, lower, may_leave_unused

__all__ = ["Lowered", "calls_with_totals", "lower", "may_leave_unused"]
