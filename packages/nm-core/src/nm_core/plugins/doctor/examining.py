"""Examine one collection in this process: its declaration, and if asked everything that it points to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from functools import partial
from typing import TypeVar

from nm_core.plugins import loader
from nm_core.plugins.conflicts import Definition, define
from nm_core.plugins.discovery import Candidate
from nm_core.plugins.doctor.findings import Examination, Finding
from nm_core.plugins.doctor.heavy import HEAVY
from nm_core.plugins.doctor.targets import CHECKS, MEANINGS, Pointer, pointers, run_check
from nm_core.plugins.guard import guarded
from nm_core.plugins.known import pip_line
from nm_core.plugins.loader import Loaded
from nm_core.plugins.messages import way_out
from nm_core.plugins.records import Record, State, Step

T = TypeVar("T")

Note = Callable[[Step, str], object]
"""Is told each step before it is begun, with what happens in it, so that a crash has a place."""


def examine(candidate: Candidate, *, deep: bool = False, note: Note = lambda step, doing: None) -> Examination:
    """Load a declaration and import its tags and kinds; ``deep`` imports everything else that it points to, too.

    Whatever the collection raises is in the record. What crashes the interpreter or never ends does so here.
    """
    before = frozenset(sys.modules)
    note(Step.IMPORT, f"its declaration {candidate.target} is read")
    loaded, record = loader.load(candidate)
    came = sys.modules.keys() - before
    heavy: dict[str, float | None] = dict.fromkeys(sorted(HEAVY & came))
    if loaded is None:
        return Examination(record, heavy=heavy)
    findings = tuple(_eager(candidate, loaded, came)) if deep else ()
    course = _Course(record, loaded, note)
    for pointer in pointers(loaded):
        if deep or pointer.sort in MEANINGS:
            course.follow(pointer)
    return Examination(
        record=course.end(),
        findings=(*findings, *course.findings),
        offers={what: tuple(names) for what, names in loaded.offers.items()},
        defined=tuple(course.defined),
        heavy=heavy,
    )


class _Course:
    """The way through all targets of a collection, each guarded; what fails is noted, and the rest goes on."""

    def __init__(self, record: Record, loaded: Loaded, note: Note) -> None:
        self.record = record
        self.name = loaded.collection.name
        self.note = note
        self.defined: list[Definition] = []
        self.findings: list[Finding] = []
        self.problems: list[str] = []

    def follow(self, pointer: Pointer) -> None:
        """Import what a pointer points to."""
        found = self._do(f"{pointer.what} is imported from {pointer.target}", pointer.resolve, pointer.extra)
        if pointer.sort in MEANINGS and isinstance(found, type):
            self.defined.append(define(found))
        if pointer.sort == CHECKS and callable(found):
            self.problems += self._do(f"{pointer.what} runs", partial(run_check, pointer.what, found)) or ()

    def end(self) -> Record:
        """Return the record, failed at this step if something failed."""
        if not self.problems:
            return self.record
        return replace(self.record, state=State.FAILED, step=Step.TARGETS, error="\n".join(self.problems))

    def _do(self, doing: str, action: Callable[[], T], extra: str | None = None) -> T | None:
        self.note(Step.TARGETS, doing)
        outcome = guarded(action)
        self.record = replace(self.record, seconds=self.record.seconds + outcome.seconds)
        if outcome.error is not None:
            message = outcome.error.removeprefix("TargetError: ")
            if message == outcome.error:  # nothing that says where
                message = f"{message}, while {doing}.\n  {way_out(self.name, self.record.distribution)}"
            if extra is not None and pip_line(f"{self.record.distribution}[{extra}]") in message:
                self.findings.append(Finding(self.name, "extra", message, fault=False))
                return None
            self.problems.append(message)
            self.record = replace(self.record, trace=self.record.trace or outcome.trace)
        return outcome.value


def _eager(candidate: Candidate, loaded: Loaded, came: Set[str]) -> Iterator[Finding]:
    """Find modules that are imported as soon as the collection is listed, though they have time until they are used."""
    own = candidate.target.partition(":")[0]
    places = {pointer.target.partition(":")[0] for pointer in pointers(loaded) if pointer.sort not in MEANINGS}
    early = sorted((places & came) - {own})
    if early:
        yield Finding(
            candidate.collection,
            "lazy",
            f"listing it imports {', '.join(early)} as well. Its author can mend that: the package's __init__ imports "
            "its parts in __getattr__, when they are asked for (PEP 562).",
            fault=False,
        )
