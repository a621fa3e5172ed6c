"""Hyper-parameter search over an application file, with Optuna, which the extra `tune` brings."""

from nm_core.tuning.errors import TuningError
from nm_core.tuning.goal import Goal, find_goal
from nm_core.tuning.search import Search
from nm_core.tuning.spaces import Choice, Range, Space, read_space

__all__ = ["Choice", "Goal", "Range", "Search", "Space", "TuningError", "find_goal", "read_space"]
