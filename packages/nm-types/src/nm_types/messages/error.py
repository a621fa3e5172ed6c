"""The error of connections whose types do not fit."""

from __future__ import annotations

from collections.abc import Sequence

from nm_types.errors import NmError, explained
from nm_types.messages.problem import Problem


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
