"""The conformance suite for collections: `pytest --nm-collection NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nm_core.plugins import Collections
from nm_core.testing.collections.case import Case, NoValuesError
from nm_core.testing.collections.data import DATA
from nm_core.testing.collections.declaration import DECLARED
from nm_core.testing.collections.laws import LAWS, ports
from nm_core.testing.collections.metric_laws import METRICS
from nm_core.testing.collections.padding import INDEPENDENCE
from nm_core.testing.collections.static import STATIC
from nm_core.testing.collections.suite import Suite
from nm_core.testing.collections.verdicts import Check, State, Verdict, judge

SUITE = 2
"""The version of the suite; a check that comes later says so in `since`."""

CHECKS: tuple[Check[Case], ...] = (*STATIC, *LAWS, *INDEPENDENCE, *DATA, *METRICS)
"""Every check of a module or metric."""


def checks_of(subject: Suite | Case) -> Iterator[Check[Any]]:
    """Yield the checks that say something about a collection or one of its modules."""
    known: tuple[Check[Any], ...] = DECLARED if isinstance(subject, Suite) else CHECKS
    if isinstance(subject, Case) and not subject.can_be_imported:
        known = STATIC[:1]
    for one in known:
        if one.applies(subject):
            yield one


def verdict_on(check: Check[Any], subject: Suite | Case) -> Verdict:
    """Run a check, and judge it by what the collection says of itself."""
    suite = subject if isinstance(subject, Suite) else subject.suite
    reasons = suite.collection.exempt.get(subject.name, {})
    verdict = judge(check, subject, exempt=reasons.get(check.name), written_for=suite.collection.suite)
    if verdict.state is State.FAILED and isinstance(verdict.error, NoValuesError) and ports.name in reasons:
        return Verdict(
            State.EXEMPT, verdict.error, reasons[ports.name]
        )  # one reason is enough for all that needs values
    return verdict


def collection_failures(name: str, collections: Collections | None = None) -> dict[str, str]:
    """Run the suite without pytest and return what fails: `asr.JasperEncoder[feat_in=64]::padding` and its error."""
    found = {}
    with TemporaryDirectory() as folder:
        suite = Suite(Collections.load() if collections is None else collections, name, Path(folder))
        subjects: list[Suite | Case] = [suite, *suite.cases()]
        for subject in subjects:
            for check in checks_of(subject):
                verdict = verdict_on(check, subject)
                if verdict.state is State.FAILED:
                    found[f"{subject.id}::{check.name}"] = f"{type(verdict.error).__name__}: {verdict.error}"
    return found


__all__ = [
    "CHECKS",
    "SUITE",
    "Case",
    "Check",
    "State",
    "Suite",
    "Verdict",
    "checks_of",
    "collection_failures",
    "judge",
    "verdict_on",
]
