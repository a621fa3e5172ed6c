"""The errors of the project: one base class, and the classes that nm-types raises itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from traceback import StackSummary, TracebackException, walk_tb
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nm_types.problem import Problem


class NmError(Exception):
    """The base of every error of Neural Modules; `str(error)` is the whole readable message.

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
        """Every frame that the error has passed, the outermost first, those included that its traceback leaves out."""
        seen = StackSummary.extract(walk_tb(self.__traceback__), lookup_lines=False)
        return StackSummary.from_list([*seen[: len(seen) - self.kept], *(self.hidden or ())])

    def full_traceback(self) -> str:
        """The traceback as Python prints it, with the frames of the project that it leaves out otherwise."""
        formatted = TracebackException.from_exception(self)
        formatted.stack = self.stack()
        return "".join(formatted.format())


class TypeSyntaxError(NmError, ValueError):
    """A neural type, a size or a set of axes is written in a way that has no meaning."""

    code = "NM001"


class UnknownNameError(TypeSyntaxError, LookupError):
    """A tag or a kind of values is named that is not in scope."""

    code = "NM002"


class DefinitionError(NmError, TypeError):
    """A tag or a kind of values is declared in a way that cannot work."""

    code = "NM004"


class BindingError(NmError, ValueError):
    """A constructor parameter that a type mentions is missing, or is no size."""

    code = "NM005"


class FrozenError(NmError, AttributeError):
    """Something tried to change a value that never changes."""


class NeuralTypeError(NmError, TypeError):
    """Connections whose types do not fit: all bad edges of a call at once.

    Attributes:
        problems: one `Problem` per bad edge, at most ten of them are shown.
    """

    shown = 10

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        shown = [str(problem) for problem in self.problems[: self.shown]]
        hidden = len(self.problems) - len(shown)
        if hidden:
            shown.append(f"... and {hidden} more.")
        more = explained(problem.code for problem in self.problems)
        text = "\n\n".join(shown) + ("\n\n" if len(shown) > 1 else "\n  ") + more
        super().__init__(text, code=self.problems[0].code if self.problems else None)

    def __reduce__(self) -> tuple[type[NeuralTypeError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)

    def to_dict(self) -> dict[str, object]:
        """The error with all of its problems as plain data, for tools."""
        return {**super().to_dict(), "problems": [problem.to_dict() for problem in self.problems]}

    def _repr_html_(self) -> str:
        shown = [problem.to_html() for problem in self.problems[: self.shown]]
        hidden = len(self.problems) - len(shown)
        more = f"<div>... and {hidden} more.</div>" if hidden else ""
        return "\n".join([*shown, more, f"<div>{explained(problem.code for problem in self.problems)}</div>"])


def explained(codes: Iterable[str]) -> str:
    """The sentence that says where some codes are explained; each once, in order."""
    return f"nmod explain {' '.join(dict.fromkeys(codes))} says more."


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """A sentence that proposes the known name closest to a wrong one, or nothing at all."""
    by_folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), list(by_folded), n=1, cutoff=0.6)
    return f'Did you mean "{by_folded[close[0]]}"?' if close else ""
