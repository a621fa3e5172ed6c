"""The conformance suite for collections as tests of pytest: `pytest --nm-collection NAME`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from nm_core.plugins import Collections, UnknownEntryError
from nm_core.testing.collections import SUITE, checks_of, verdict_on
from nm_core.testing.collections.suite import Case, Suite
from nm_core.testing.collections.verdicts import CheckState, SuiteCheck
from nm_types import NmError

NOTE = "nm_collection"
"""The property of a report that says how a check ended, where there is something to say."""
HEADLINES = {
    CheckState.EXEMPT: "exempt, as the collection says",
    CheckState.NEEDLESS: "pass, though the collection exempts them: the exemption can go",
    CheckState.NEWER: "fail, and are newer than the suite that the collection was written for",
}


class ConformanceSuites:
    """Adds the suites of collections to a session of pytest."""

    def __init__(self, config: pytest.Config, names: list[str]) -> None:
        self._folder = TemporaryDirectory(prefix="nm-collection-")
        # the files of examples have to last until the last check has run
        config.add_cleanup(self._folder.cleanup)
        collections = Collections.load()
        try:
            self.suites = [Suite(collections, name, Path(self._folder.name)) for name in names]
        except UnknownEntryError as error:
            raise pytest.UsageError(f"--nm-collection: {error}") from None
        if config.args_source is not pytest.Config.ArgsSource.ARGS:
            config.args.clear()  # nobody asked for other tests

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Add the checks to whatever else was collected, before -k chooses among them."""
        for suite in self.suites:
            node = SuiteNode.from_parent(session, name=suite.name, nodeid=suite.name)
            node.suite = suite
            items += session.genitems(node)

    def pytest_report_header(self) -> list[str]:
        """Say which collections are checked, and by which version of the suite."""
        return [
            f"nm-collection: {suite.name}, suite {SUITE} (written for {suite.collection.suite})"
            for suite in self.suites
        ]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List checks that neither passed nor failed: every exemption with its reason, and newer checks that fail."""
        by_state: dict[str, dict[tuple[str, str], list[str]]] = {}
        needed = {
            (_module(id), check) for id, check, state, _ in _notes(terminalreporter) if state == CheckState.EXEMPT
        }
        for id, check, state, text in _notes(terminalreporter):
            if state != CheckState.NEEDLESS or (_module(id), check) not in needed:  # another example may need it
                by_state.setdefault(state, {}).setdefault((id, text), []).append(check)
        if by_state:
            terminalreporter.section("conformance of collections")
        for state, notes in by_state.items():
            terminalreporter.write_line(f"{sum(map(len, notes.values()))} {HEADLINES[CheckState(state)]}:")
            for (id, text), checks in notes.items():
                terminalreporter.write_line(f"  {id}::{', '.join(checks)}: {text}")


def _notes(terminalreporter: Any) -> Iterator[tuple[str, str, str, str]]:
    """Yield the notes of reports: the id of a subject, a check, how it ended, and why."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, note in getattr(report, "user_properties", ()):
                # the report of the teardown repeats the properties
                if name == NOTE and report.when == "call":
                    id, _, check = report.nodeid.rpartition("::")
                    yield id, check, *note


def _module(id: str) -> str:
    """Return the id of a module, without its example."""
    return id.partition("[")[0]


class SuiteNode(pytest.Collector):
    """A collection, with its checks and its modules."""

    suite: Suite

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        """Yield the checks of the declaration, and each module in each of its examples."""
        yield from _checks(self, self.suite)
        for case in self.suite.cases():
            node = CaseNode.from_parent(self, name=case.id.partition(".")[2], nodeid=case.id)
            node.case = case
            yield node


class CaseNode(pytest.Collector):
    """A module or metric in one of its examples."""

    case: Case

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the checks that say something about it."""
        return _checks(self, self.case)


class CheckItem(pytest.Item):
    """One check of one subject."""

    check: SuiteCheck[Any]
    subject: Suite | Case

    def runtest(self) -> None:
        """Run the check; an exemption, and a check newer than the collection, is an expected failure."""
        verdict = verdict_on(self.check, self.subject)
        if verdict.state is CheckState.FAILED:
            assert verdict.error is not None  # it failed
            raise verdict.error
        if verdict.state is not CheckState.PASSED:
            error = "" if verdict.error is None else f" ({str(verdict.error).partition(chr(10))[0]})"
            self.user_properties.append((NOTE, (str(verdict.state), f"{verdict.reason}{error}")))
        if verdict.error is not None:
            pytest.xfail(verdict.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the message, and where it was raised in the author's code only if the error is none of ours."""
        if isinstance(excinfo.value, NmError) and not self.config.getoption("fulltrace", False):
            return f"{self.check.text}\n\n{excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the headline of a failure; one that ends as the name of the test does would be cut off by pytest."""
        return self.path, None, f"{self.subject.id}: {self.check.name}"


def _checks(parent: pytest.Collector, subject: Suite | Case) -> Iterator[CheckItem]:
    for check in checks_of(subject):
        item = CheckItem.from_parent(parent, name=check.name)
        item.check, item.subject = check, subject
        yield item
