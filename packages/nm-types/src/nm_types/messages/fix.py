"""Fixes of problems, as text that can be pasted."""

from __future__ import annotations

from dataclasses import dataclass

from nm_types.messages.rendering import wrap_lines


@dataclass(frozen=True, slots=True)
class Fix:
    """A suggested fix of a problem.

    Attributes:
        text: a call that can be pasted in the place of the one at fault, where `needs` is given; advice otherwise.
        safe: whether it keeps every value and makes the connection succeed.
        when: what must be true for it to be right, `you know that it holds`.
        needs: the import that the call needs.
        module: a module as an application file writes it, that does the same where there is no call to wrap.

    Example:
        >>> print(Fix("connect an output that promises it."))
          fix: connect an output that promises it.
    """

    text: str
    safe: bool = False
    when: str = ""
    needs: str = ""
    module: str = ""

    @property
    def title(self) -> str:
        """The heading: a fix, a safe fix, or a fix under a condition."""
        return f"fix{' (safe)' * self.safe}{f', if {self.when}' * bool(self.when)}"

    def __str__(self) -> str:
        head = f"  {self.title}: {self.text}"
        if self.needs:
            return f"{head}\n    ({self.needs})"
        return f"{wrap_lines(head)}\n    {self.module}" if self.module else wrap_lines(head)

    def to_dict(self) -> dict[str, object]:
        """The fix as plain data."""
        return {"text": self.text, "safe": self.safe, "when": self.when, "needs": self.needs, "module": self.module}
