"""The conformance suite for collections: `pytest --nm-collection NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nm_core.plugins import Collections
from nm_core.plugins.declarations import SUITE
from nm_core.testing.collections.checks import CHECKS
from nm_core.testing.collections.declaration import DECLARED
from nm_core.testing.collections.laws import ports
from nm_core.testing.collections.static import target
from nm_core.testing.collections.suite import Case, NoValuesError, Suite
from nm_core.testing.collections.verdicts import CheckState, CheckVerdict, SuiteCheck, judge

__all__ = ["CHECKS", "SUITE", "checks_of", "collection_failures", "verdict_on"]


def checks_of(subject: Suite | Case) -> Iterator[SuiteCheck[Any]]:
    """Yield the checks that say something about a collection or one of its modules."""
    checks: tuple[SuiteCheck[Any], ...] = DECLARED if isinstance(subject, Suite) else CHECKS
    if isinstance(subject, Case) and not subject.can_be_imported:
        checks = (target,)
    return (check for check in checks if check.applies(subject))


def verdict_on(check: SuiteCheck[Any], subject: Suite | Case) -> CheckVerdict:
    """Run a check, and judge it by the exemptions of the collection."""
    suite = subject if isinstance(subject, Suite) else subject.suite
    reasons = suite.collection.exempt.get(subject.name, {})
    verdict = judge(check, subject, exempt=reasons.get(check.name), written_for=suite.collection.suite)
    if verdict.state is CheckState.FAILED and isinstance(verdict.error, NoValuesError) and ports.name in reasons:
        # one reason is enough for all checks that need values
        return CheckVerdict(CheckState.EXEMPT, verdict.error, reasons[ports.name])
    return verdict


def collection_failures(name: str, collections: Collections | None = None) -> dict[str, str]:
    """Run the suite without pytest and return what fails: `asr.JasperEncoder[feat_in=64]::padding` and its error."""
    failures = {}
    with TemporaryDirectory() as folder:
        suite = Suite(Collections.load() if collections is None else collections, name, Path(folder))
        subjects: list[Suite | Case] = [suite, *suite.cases()]
        for subject in subjects:
            for check in checks_of(subject):
                verdict = verdict_on(check, subject)
                if verdict.state is CheckState.FAILED:
                    failures[f"{subject.id}::{check.name}"] = f"{type(verdict.error).__name__}: {verdict.error}"
    return failures
