"""The diagnosis of all installed collections: records, conflicts, findings, versions."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from nm_core.plugins.compatibility import OURS, active_requirements, find_lacking, installed_version
from nm_core.plugins.conflicts import TYPES, Definition, define, find_clashes, find_shared_names, owns
from nm_core.plugins.discovery import discover
from nm_core.plugins.doctor.examination import examine
from nm_core.plugins.doctor.findings import Examination, Finding
from nm_core.plugins.doctor.heavy import HEAVY, describe_heavy, describe_output
from nm_core.plugins.doctor.installations import Installation, find_stale, installations
from nm_core.plugins.doctor.isolation import examine_in_process
from nm_core.plugins.known import is_official
from nm_core.plugins.records import Candidate, Record
from nm_core.plugins.settings import CollectionSettings
from nm_types import KINDS, TAGS

Progress = Callable[[str, int, int], object]
"""Called with the collection that is examined, its number in order, and the number of all."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of examining the installed collections.

    Attributes:
        packages: versions of nm-core, nm-types and all that the collections require.
        records: one record per collection, as every listing has it.
        conflicts: a message for each name, tag or kind that collections do not agree on.
        findings: further messages, each with what to do.
        installations: where the distributions come from.
    """

    packages: Mapping[str, str | None]
    records: tuple[Record, ...]
    conflicts: tuple[str, ...]
    findings: tuple[Finding, ...]
    installations: tuple[Installation, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is at fault."""
        faults = any(finding.fault for finding in self.findings)
        return not (self.conflicts or faults) and all(record.ok for record in self.records)

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain data for JSON."""
        python = {
            "version": platform.python_version(),
            "executable": sys.executable,
            "platform": platform.platform(),
        }
        return {"ok": self.ok, "python": python, **asdict(self)}


def diagnose(
    name: str | None = None,
    *,
    deep: bool = False,
    timeout: float = 60.0,
    environ: Mapping[str, str] | None = None,
    progress: Progress = lambda name, number, count: None,
) -> Diagnosis:
    """Examine the installed collections, or the one of this name.

    Args:
        name: a namespace; what concerns others is left out, and they are not imported.
        deep: import everything that is declared, each collection in a process of its own.
        timeout: seconds for each of these processes.
        environ: the environment variables with the user's settings, those of this process by default.
        progress: called before each collection is examined in a process of its own.
    """
    settings = CollectionSettings.read(os.environ if environ is None else environ)
    candidates, refused = discover(settings)
    candidates = [candidate for candidate in candidates if name in (None, candidate.collection)]
    examinations = _examine_all(candidates, deep, timeout, progress)
    records = [record for record in refused if name in (None, record.collection)]
    records += [examination.record for examination in examinations]
    claims = [(installation, claim) for installation, claim in installations() if name in (None, claim.collection)]
    findings = [
        Finding(candidate.collection, "requirements", problem, fault=True)
        for candidate in candidates
        for problem in find_lacking(candidate.distribution, candidate.version, candidate.requires)
    ]
    findings += find_stale(pair for pair in claims if settings.refusal(pair[1].collection) is None)
    for candidate, examination in zip(candidates, examinations, strict=True):
        if examination.heavy:
            message = describe_heavy(candidate.target, examination.heavy)
            findings.append(Finding(candidate.collection, "heavy", message, fault=False))
        if examination.record.output:
            message = describe_output(candidate.target, examination.record.output)
            findings.append(Finding(candidate.collection, "output", message, fault=False))
    findings += [finding for examination in examinations for finding in examination.findings]
    findings += [*_note_shared_names(examinations), *_note_foreign_ids(examinations)]
    required = {name for candidate in candidates for name, _ in active_requirements(candidate.requires)}
    return Diagnosis(
        packages={name: installed_version(name) for name in (*OURS, *sorted(required - {*OURS}))},
        records=tuple(sorted(records, key=lambda record: record.collection)),
        conflicts=tuple(_find_conflicts(examinations)),
        findings=tuple(findings),
        installations=tuple(dict.fromkeys(installation for installation, _ in claims)),
    )


def _examine_all(candidates: Sequence[Candidate], deep: bool, timeout: float, progress: Progress) -> list[Examination]:
    if not deep:
        before = HEAVY & sys.modules.keys()
        examinations = [examine(candidate) for candidate in candidates]
        if HEAVY & sys.modules.keys() == before:
            return examinations
    # once one has imported a heavy package, the same process cannot tell who else does, nor how long it takes
    examinations = []
    for number, candidate in enumerate(candidates, start=1):
        progress(candidate.collection, number, len(candidates))
        examinations.append(examine_in_process(candidate, deep=deep, timeout=timeout))
    return examinations


def _note_shared_names(examinations: Sequence[Examination]) -> Iterator[Finding]:
    """Yield a note for each collection whose short name means something else, or nothing; nothing is broken by that."""
    records = [examination.record for examination in examinations]
    official = [each.collection for each in records if is_official(each.collection, each.distribution)]
    for shared in find_shared_names({each.record.collection: each.offers for each in examinations}, official):
        yield Finding(" and ".join(shared.others), "names", shared.message, fault=False)


def _note_foreign_ids(examinations: Sequence[Examination]) -> Iterator[Finding]:
    """Yield a note for each tag or kind outside of the namespace of the collection that declares it."""
    for each in examinations:
        name = each.record.collection
        for id in (definition.id for definition in each.defined if not owns(name, definition.id)):
            message = (
                f"it declares {id}, outside of its own namespace, where another collection may define it otherwise. "
                f"Its author can mend that: {name}.{id.rpartition('.')[2]}."
            )
            yield Finding(name, "meanings", message, fault=False)


def _find_conflicts(examinations: Sequence[Examination]) -> Iterator[str]:
    definitions: dict[str, Sequence[Definition]] = {TYPES: [define(cls) for cls in (*TAGS, *KINDS)]}
    yield from find_clashes(definitions | {each.record.collection: each.defined for each in examinations})
