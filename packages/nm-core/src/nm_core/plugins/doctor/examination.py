"""The examination of one collection in this process: its declaration, and if asked everything that it points to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import replace
from functools import partial
from typing import TypeVar

from nm_core.plugins import loader
from nm_core.plugins.conflicts import Definition, define
from nm_core.plugins.doctor.declared_targets import CHECKS, MEANINGS, Pointer, find_pointers
from nm_core.plugins.doctor.findings import Examination, Finding
from nm_core.plugins.doctor.heavy import HEAVY
from nm_core.plugins.errors import TargetError
from nm_core.plugins.guard import run_guarded
from nm_core.plugins.known import pip_line
from nm_core.plugins.loader import LoadedCollection
from nm_core.plugins.messages import way_out
from nm_core.plugins.records import Candidate, Record, State, Step

T = TypeVar("T")

Note = Callable[[Step, str], object]
"""Called before each step with what happens in it, so that a crash has a place."""


def examine(candidate: Candidate, *, deep: bool = False, note: Note = lambda step, doing: None) -> Examination:
    """Load a declaration and import its tags and kinds; ``deep`` imports everything else that it points to, too.

    Whatever the collection raises is in the record. A crash of the interpreter, or a hang, happens here.
    """
    before = frozenset(sys.modules)
    note(Step.IMPORT, f"its declaration {candidate.target} is read")
    loaded, record = loader.load(candidate)
    imported = sys.modules.keys() - before
    heavy: dict[str, float | None] = dict.fromkeys(sorted(HEAVY & imported))
    if loaded is None:
        return Examination(record, heavy=heavy)
    findings = tuple(_find_eager(candidate, loaded, imported)) if deep else ()
    run = _TargetRun(record, loaded, note)
    for pointer in find_pointers(loaded):
        if deep or pointer.sort in MEANINGS:
            run.follow(pointer)
    return Examination(
        record=run.end(),
        findings=(*findings, *run.findings),
        offers={what: tuple(names) for what, names in loaded.offers.items()},
        defined=tuple(run.defined),
        heavy=heavy,
    )


class _TargetRun:
    """Follows the targets of a collection, each guarded; a failure is noted, and the rest goes on."""

    def __init__(self, record: Record, loaded: LoadedCollection, note: Note) -> None:
        self.record = record
        self.name = loaded.collection.name
        self.note = note
        self.defined: list[Definition] = []
        self.findings: list[Finding] = []
        self.problems: list[str] = []

    def follow(self, pointer: Pointer) -> None:
        """Import the target of a pointer."""
        value = self._attempt(f"{pointer.what} is imported from {pointer.target}", pointer.resolve, pointer.extra)
        if pointer.sort in MEANINGS and isinstance(value, type):
            self.defined.append(define(value))
        if pointer.sort == CHECKS and callable(value):
            self.problems += self._attempt(f"{pointer.what} runs", partial(_run_check, pointer.what, value)) or ()

    def end(self) -> Record:
        """Return the record, failed at this step if something failed."""
        if not self.problems:
            return self.record
        return replace(self.record, state=State.FAILED, step=Step.TARGETS, error="\n".join(self.problems))

    def _attempt(self, doing: str, action: Callable[[], T], extra: str | None = None) -> T | None:
        self.note(Step.TARGETS, doing)
        outcome = run_guarded(action)
        seconds, output = self.record.seconds + outcome.seconds, self.record.output + outcome.output
        self.record = replace(self.record, seconds=seconds, output=output)
        if outcome.error is not None:
            message = outcome.error.removeprefix("TargetError: ")
            if message == outcome.error:  # an error of the collection's own, which does not say where it happened
                message = f"{message}, while {doing}.\n  {way_out(self.name, self.record.distribution)}"
            if extra is not None and pip_line(f"{self.record.distribution}[{extra}]") in message:
                self.findings.append(Finding(self.name, "extra", message, fault=False))
                return None
            self.problems.append(message)
            self.record = replace(self.record, trace=self.record.trace or outcome.trace)
        return outcome.value


def _run_check(what: str, check: Callable[[], Iterable[object] | None]) -> list[str]:
    """Run a collection's own check and return the problems that it finds.

    Raises:
        TargetError: it returns anything but texts.
    """
    problems = [*(check() or ())]
    texts = [problem for problem in problems if isinstance(problem, str)]
    if len(texts) < len(problems):
        raise TargetError(f"{what} must return texts, one per problem; it returned {problems!r}.")
    return texts


def _find_eager(candidate: Candidate, loaded: LoadedCollection, imported: Set[str]) -> Iterator[Finding]:
    """Find modules that are imported as soon as the collection is listed, though they have time until they are used."""
    own = candidate.target.partition(":")[0]
    lazy = {pointer.target.partition(":")[0] for pointer in find_pointers(loaded) if pointer.sort not in MEANINGS}
    early = sorted((lazy & imported) - {own})
    if early:
        message = (
            f"listing it imports {', '.join(early)} as well. Its author can mend that: the package's __init__ imports "
            "its parts in __getattr__, when they are asked for (PEP 562)."
        )
        yield Finding(candidate.collection, "lazy", message, fault=False)
