"""Where in the user's code something was written."""

import sys
from types import FrameType

_OURS = frozenset({"nm_types", "nm_core", "nm_torch"})


def user_location() -> str:
    """Return `file:line` of the innermost frame outside the engine's own packages, or an empty string.

    A cell of a notebook is no file that anybody knows: it is called as IPython shows it, `In[3]:2`.
    """
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back  # type: ignore[assignment]
    return "" if frame is None else f"{_cell(frame) or frame.f_code.co_filename}:{frame.f_lineno}"


def _cell(frame: FrameType) -> str:
    """Return the name of the notebook's cell in which a frame is, or an empty string."""
    shell = frame.f_globals.get("get_ipython")
    if shell is None:
        return ""
    naming = getattr(getattr(shell(), "compile", None), "format_code_name", None)
    named = naming(frame.f_code.co_filename) if naming is not None else None
    return str(named[1]) if named else ""
