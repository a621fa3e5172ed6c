"""A check of the suite, and the verdict on a subject."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

S = TypeVar("S")


class CheckState(StrEnum):
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
class SuiteCheck(Generic[S]):
    """One law, held for every subject that it applies to.

    Attributes:
        name: the name after `::` in messages, and in exemptions.
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
        """The law, in a sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]


@dataclass(frozen=True)
class CheckVerdict:
    """The outcome of a check.

    Attributes:
        state: how it ended.
        error: the error that it raised.
        reason: why a failure, or a needless exemption, is no failure of the suite.
    """

    state: CheckState
    error: Exception | None = None
    reason: str = ""


def check(
    *, since: int, applies: Callable[[Any], bool] = lambda _: True
) -> Callable[[Callable[[S], None]], SuiteCheck[S]]:
    """Make a check of a function; underscores of its name become hyphens."""

    def decorate(run: Callable[[S], None]) -> SuiteCheck[S]:
        return SuiteCheck(run.__name__.replace("_", "-").strip("-"), since, run, applies)

    return decorate


def judge(check: SuiteCheck[S], subject: S, *, exempt: str | None, written_for: int) -> CheckVerdict:
    """Run a check.

    Args:
        exempt: why the subject cannot pass, if the collection says so.
        written_for: the version of the suite that the collection was written for.
    """
    try:
        check.run(subject)
    except Exception as error:  # noqa: BLE001 - a broken module may raise anything
        if exempt is not None:
            return CheckVerdict(CheckState.EXEMPT, error, exempt)
        if check.since > written_for:
            reason = f"came with version {check.since} of the suite; the collection was written for {written_for}"
            return CheckVerdict(CheckState.NEWER, error, reason)
        return CheckVerdict(CheckState.FAILED, error)
    return CheckVerdict(CheckState.PASSED if exempt is None else CheckState.NEEDLESS, reason=exempt or "")
