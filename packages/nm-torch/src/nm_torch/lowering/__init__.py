"""Lowering: the framework segment of a plan as one plain `torch.nn.Module`, with the checks left to a run."""

from nm_torch.lowering.analysis import calls_with_totals, may_leave_unused
from nm_torch.lowering.lower import lower
from nm_torch.lowering.lowered import Lowered

__all__ = ["Lowered", "calls_with_totals", "lower", "may_leave_unused"]
