"""A check of the suite, and what it means that one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

S = TypeVar("S")


class State(StrEnum):
    """How a check of one subject ended."""

    PASSED = "passed"
    FAILED = "failed"
    EXEMPT = "exempt"
    """It fails, as the collection says that it does."""
    NEEDLESS = "needless"
    """It passes, and the collection says that it does not."""
    NEWER = "newer"
    """It fails, and is younger than the version of the suite that the collection was written for."""


@dataclass(frozen=True)
class Check(Generic[S]):
    """One law, held for every subject that it applies to.

    Attributes:
        name: what stands after `::`, and what an exemption names.
        since: the version of the suite that brought it.
        run: raises where the law is broken.
        applies: whether the law says anything about a subject.
    """

    name: str
    since: int
    run: Callable[[S], None]
    applies: Callable[[S], bool]

    @property
    def text(self) -> str:
        """What it holds, in a sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]


@dataclass(frozen=True)
class Verdict:
    """What came of a check.

    Attributes:
        state: how it ended.
        error: what it raised.
        reason: why that is as it should be, where it is.
    """

    state: State
    error: Exception | None = None
    reason: str = ""


def check(*, since: int, applies: Callable[[Any], bool] = lambda _: True) -> Callable[[Callable[[S], None]], Check[S]]:
    """Make a check of a function; underscores of its name become hyphens."""

    def made(run: Callable[[S], None]) -> Check[S]:
        return Check(run.__name__.replace("_", "-").strip("-"), since, run, applies)

    return made


def judge(check: Check[S], subject: S, *, exempt: str | None, written_for: int) -> Verdict:
    """Run a check.

    Args:
        exempt: why the subject cannot pass, if the collection says so.
        written_for: the version of the suite that the collection was written for.
    """
    try:
        check.run(subject)
    except Exception as error:  # noqa: BLE001 - a broken module may raise anything
        if exempt is not None:
            return Verdict(State.EXEMPT, error, exempt)
        if check.since > written_for:
            reason = f"came with version {check.since} of the suite; the collection was written for {written_for}"
            return Verdict(State.NEWER, error, reason)
        return Verdict(State.FAILED, error)
    return Verdict(State.PASSED if exempt is None else State.NEEDLESS, reason=exempt or "")
