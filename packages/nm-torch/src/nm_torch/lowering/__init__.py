"""Lowering: the framework segment of a plan as one plain `torch.nn.Module`, with the checks left to a run."""

from nm_torch.lowering.lower import Lowered, lower, may_leave_unused, totalled_calls

__all__ = ["Lowered", "lower", "may_leave_unused", "totalled_calls"]
