"""Where in the user's code something was written."""

import sys

_OURS = frozenset({"nm_types", "nm_core", "nm_torch"})


def user_location() -> str:
    """Return `file:line` of the innermost frame outside the engine's own packages, or an empty string."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back  # type: ignore[assignment]
    return "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
