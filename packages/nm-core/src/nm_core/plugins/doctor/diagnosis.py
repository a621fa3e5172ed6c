"""Put together what is wrong with the installed collections."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from nm_core.plugins.compatibility import OURS, installed_version, lacking, requirements
from nm_core.plugins.conflicts import Definition, clashes, define, shared_names
from nm_core.plugins.discovery import Candidate, discover
from nm_core.plugins.doctor.examining import examine
from nm_core.plugins.doctor.findings import Examination, Finding
from nm_core.plugins.doctor.heavy import HEAVY, complaint
from nm_core.plugins.doctor.installations import Installation, installations, stale
from nm_core.plugins.doctor.isolation import isolated
from nm_core.plugins.records import Record
from nm_core.plugins.settings import Settings
from nm_types import KINDS, TAGS

Progress = Callable[[str, int, int], object]
"""Is told which collection is examined, which one in order it is, and of how many."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found.

    Attributes:
        records: one record per collection, as every listing has it.
        conflicts: a message for each name, tag or kind that collections do not agree on.
        findings: what else is to be said, each with what to do.
        installations: where the distributions come from.
        packages: versions of nm-core, nm-types and all that the collections require.
    """

    records: tuple[Record, ...]
    conflicts: tuple[str, ...]
    findings: tuple[Finding, ...]
    installations: tuple[Installation, ...]
    packages: Mapping[str, str | None]

    @property
    def ok(self) -> bool:
        """Whether nothing is at fault."""
        faults = any(finding.fault for finding in self.findings)
        return not (self.conflicts or faults) and all(record.ok for record in self.records)

    def to_dict(self) -> dict[str, object]:
        """Return all of it as plain data for JSON."""
        return {
            "ok": self.ok,
            "python": {
                "version": platform.python_version(),
                "executable": sys.executable,
                "platform": platform.platform(),
            },
            "packages": dict(self.packages),
            "records": [record.to_dict() for record in self.records],
            "conflicts": list(self.conflicts),
            "findings": [finding.to_dict() for finding in self.findings],
            "installations": [installation.to_dict() for installation in self.installations],
        }


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
        progress: is told what is examined.
    """
    settings = Settings.read(os.environ if environ is None else environ)
    candidates, refused = discover(settings)
    candidates = [candidate for candidate in candidates if name in (None, candidate.collection)]
    examined = _examine(candidates, deep, timeout, progress)
    records = [record for record in refused if name in (None, record.collection)]
    records += [examination.record for examination in examined]
    there = [(one, claim) for one, claim in installations() if name in (None, claim.collection)]
    wanted = [(one, claim) for one, claim in there if settings.refusal(claim.collection) is None]
    heavy = (
        Finding(candidate.collection, "heavy", complaint(candidate.target, examination.heavy), fault=False)
        for candidate, examination in zip(candidates, examined, strict=True)
        if examination.heavy
    )
    return Diagnosis(
        records=tuple(sorted(records, key=lambda record: record.collection)),
        conflicts=tuple(_conflicts(examined)),
        findings=(*_lacking(candidates), *stale(wanted), *heavy, *chain(*(one.findings for one in examined))),
        installations=tuple(dict.fromkeys(one for one, _ in there)),
        packages=_packages(candidates),
    )


def _examine(candidates: Sequence[Candidate], deep: bool, timeout: float, progress: Progress) -> list[Examination]:
    def apart(candidate: Candidate, number: int) -> Examination:
        progress(candidate.collection, number, len(candidates))
        return isolated(candidate, deep=deep, timeout=timeout)

    if not deep:
        before = HEAVY & sys.modules.keys()
        examined = [examine(candidate) for candidate in candidates]
        if HEAVY & sys.modules.keys() == before:
            return examined
    # once one has imported a heavy package, it cannot be seen in the same process who else does, nor what it takes
    return [apart(candidate, number) for number, candidate in enumerate(candidates, start=1)]


def _conflicts(examined: Sequence[Examination]) -> Iterator[str]:
    yield from shared_names({one.record.collection: one.offers for one in examined})
    defined: dict[str, Sequence[Definition]] = {"nm-types": [define(cls) for cls in (*TAGS, *KINDS)]}
    yield from clashes(defined | {one.record.collection: one.defined for one in examined})


def _lacking(candidates: Sequence[Candidate]) -> Iterator[Finding]:
    for candidate in candidates:
        for problem in lacking(candidate.distribution, candidate.version, candidate.requires):
            yield Finding(candidate.collection, "requirements", problem, fault=True)


def _packages(candidates: Sequence[Candidate]) -> dict[str, str | None]:
    """Return the versions of what takes part; ``None`` for what is not installed."""
    names = {name for candidate in candidates for name, _ in requirements(candidate.requires)}
    return {name: installed_version(name) for name in (*OURS, *sorted(names - {*OURS}))}
