"""Base class of all errors, and errors of notation and declaration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traceback import StackSummary


class NmError(Exception):
    """Base class of every error of Neural Modules; `str(error)` is the whole readable message.

    Args:
        message: what was wrong, what was expected, what was given, and what to do next.
        code: a stable code such as `NM104` that `explain` knows, or None.
    """

    code: str | None = None
    hidden: StackSummary | None = None
    """The end of the stack where frames were put aside, these included; see `nm_types.frames`."""
    kept: int = 0
    """How many frames of that end the traceback still shows."""

    def __init__(self, message: str = "", *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        message = self.message
        return f"{self.code}  {message}" if self.code and not message.startswith(self.code) else message

    @property
    def message(self) -> str:
        """The message without its code."""
        return str(self.args[0]) if self.args else ""

    def to_dict(self) -> dict[str, object]:
        """The error as plain data, for tools."""
        return {"error": type(self).__name__, "code": self.code, "message": self.message}

    def stack(self) -> StackSummary:
        """Return all stack frames of the error, outermost first, including hidden ones."""
        from traceback import StackSummary, walk_tb  # most programs fail nowhere

        # lines of source are read only when the stack is printed
        frames = StackSummary.extract(walk_tb(self.__traceback__), lookup_lines=False)
        return StackSummary.from_list([*frames[: len(frames) - self.kept], *(self.hidden or ())])

    def full_traceback(self) -> str:
        """Return the traceback as Python prints it, including the hidden frames of the project."""
        from traceback import TracebackException  # as in stack

        formatted = TracebackException.from_exception(self)
        formatted.stack = self.stack()
        return "".join(formatted.format())


class TypeSyntaxError(NmError, ValueError):
    """A neural type, a size or a set of axes has invalid notation."""

    code = "NM001"


class UnknownNameError(TypeSyntaxError, LookupError):
    """A notation names a tag or a kind that is not in scope."""

    code = "NM002"


class DefinitionError(NmError, TypeError):
    """A tag or a kind is declared in a way that cannot work."""

    code = "NM004"


class BindingError(NmError, ValueError):
    """A constructor parameter that a type mentions is missing or is no size."""

    code = "NM005"


class FrozenError(NmError, AttributeError):
    """An immutable value was assigned to or deleted from."""


def explain_sentence(codes: Iterable[str]) -> str:
    """Return the sentence that refers to `nmod explain` for some codes; each once, in order."""
    return f"nmod explain {' '.join(dict.fromkeys(codes))} says more."


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a sentence that suggests the closest known name, or an empty text."""
    from difflib import get_close_matches  # most programs spell every name right

    by_folded = {candidate.casefold(): candidate for candidate in names}
    # casefolded: the commonest mistake is a wrong capital
    close = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f'Did you mean "{by_folded[close[0]]}"?' if close else ""
