"""Find installed collections by metadata alone: nothing of theirs is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from nm_core.plugins.compatibility import unmet
from nm_core.plugins.guard import guarded
from nm_core.plugins.hooks import GROUP
from nm_core.plugins.known import KNOWN, pip_line
from nm_core.plugins.records import Record, State, Step
from nm_core.plugins.settings import Settings

if TYPE_CHECKING:
    from importlib_metadata import Distribution


@dataclass(frozen=True, slots=True)
class Candidate:
    """One distribution that claims one namespace."""

    collection: str
    distribution: str
    version: str
    target: str
    summary: str | None
    requires: tuple[str, ...]

    def record(self, state: State, step: Step, error: str | None = None) -> Record:
        """Return a record of this candidate."""
        return Record(
            self.collection, self.distribution, self.version, self.target, state, step, error, summary=self.summary
        )


def discover(settings: Settings, path: Sequence[str] | None = None) -> tuple[list[Candidate], list[Record]]:
    """Return the candidates that may be loaded, and a record for everything that may not.

    Args:
        settings: which collections are wanted.
        path: where to look for distributions; ``sys.path`` by default.
    """
    candidates, records = _candidates(path)
    by_name: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.collection, []).append(candidate)
    wanted: list[Candidate] = []
    for name, claims in sorted(by_name.items()):
        refused = settings.refusal(name)
        if refused is not None:
            records += [claim.record(State.DISABLED, Step.SETTINGS, refused) for claim in claims]
            continue
        preferred, refused_claims = settings.choose(name, claims)
        records += refused_claims
        for claim in preferred:
            problem = unmet(claim.distribution, claim.version, claim.requires)
            if problem is None:
                wanted.append(claim)
            else:
                records.append(claim.record(State.INCOMPATIBLE, Step.REQUIREMENTS, problem))
    records += settings.missing(by_name)
    return wanted, records


def not_installed(found: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the official collections that are not installed, each with the line that installs it."""
    for name, distribution in KNOWN.items():
        if name not in found:
            yield name, pip_line(distribution)


def _candidates(path: Sequence[str] | None) -> tuple[list[Candidate], list[Record]]:
    import importlib_metadata as metadata

    context = {} if path is None else {"path": list(path)}
    distributions = cast("Iterable[Distribution]", metadata.distributions(**context))
    found: list[Candidate] = []
    records: list[Record] = []
    seen: set[str] = set()
    for distribution in distributions:
        outcome = guarded(partial(_claims, distribution, seen))
        if outcome.value is not None:
            found += outcome.value
        else:
            place = str(getattr(distribution, "_path", "?"))
            records.append(
                Record("?", place, None, None, State.FAILED, Step.METADATA, outcome.error, trace=outcome.trace)
            )
    return found, records


def _claims(distribution: Distribution, seen: set[str]) -> list[Candidate]:
    """Read one distribution; the first of a name on the path is the one that Python imports."""
    points = [point for point in distribution.entry_points if point.group == GROUP]
    if not points:
        return []
    name = distribution.metadata["Name"]
    if not name:
        raise ValueError(f"the metadata of {points[0].value} has no Name")
    normal = name.lower().replace("_", "-").replace(".", "-")
    if normal in seen:
        return []
    seen.add(normal)
    summary = distribution.metadata.get("Summary")
    requires = tuple(distribution.requires or ())
    return [Candidate(point.name, name, distribution.version, point.value, summary, requires) for point in points]
