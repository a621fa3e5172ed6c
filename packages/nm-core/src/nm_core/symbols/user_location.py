"""The place in the user's code at which something is written, for messages."""

import sys
from types import FrameType

_OURS = frozenset({"nm_types", "nm_core", "nm_torch", "torch"})


def user_location() -> str:
    """Return `file:line` of the innermost frame outside of the engine and its framework, or an empty string.

    A cell of a notebook is a temporary file, so it is named as IPython shows it: `In[3]:2`.
    """
    frame = user_frame()
    return "" if frame is None else f"{_cell(frame) or frame.f_code.co_filename}:{frame.f_lineno}"


def user_frame() -> FrameType | None:
    """Return the innermost frame outside the engine's own packages and of the code that they generate."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (
        frame.f_globals.get("__name__", "").partition(".")[0] in _OURS
        or frame.f_code.co_filename.startswith("<eval_with_key>")  # the forward of a lowered graph
    ):
        frame = frame.f_back
    return frame


def _cell(frame: FrameType) -> str:
    """Return the name of the notebook's cell in which a frame is, or an empty string."""
    shell = frame.f_globals.get("get_ipython")
    if shell is None:
        return ""
    format_code_name = getattr(getattr(shell(), "compile", None), "format_code_name", None)
    code_name = format_code_name(frame.f_code.co_filename) if format_code_name is not None else None
    return str(code_name[1]) if code_name else ""
