"""Find installed collections by metadata alone: nothing of theirs is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from nm_core.plugins.compatibility import installed_version, unmet
from nm_core.plugins.guard import guarded
from nm_core.plugins.hooks import GROUP
from nm_core.plugins.known import KNOWN, pip_line
from nm_core.plugins.records import Record, State, Step
from nm_core.plugins.settings import Settings, normal

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
    version_of = cache(installed_version)
    for name, rivals in sorted(by_name.items()):
        refused = settings.refusal(name)
        if refused is not None:
            records += [claim.record(State.DISABLED, Step.SETTINGS, refused) for claim in rivals]
            continue
        preferred, refused_claims = settings.choose(name, rivals)
        records += refused_claims
        for claim in preferred:
            problem = unmet(claim.distribution, claim.version, claim.requires, version_of)
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


def installed(path: Sequence[str] | None = None) -> Iterator[Distribution]:
    """Yield the distributions on the path, in its order: the first of a name is the one that Python imports."""
    import importlib_metadata as metadata

    context = {} if path is None else {"path": list(path)}
    yield from cast("Iterable[Distribution]", metadata.distributions(**context))


def claims(distribution: Distribution) -> list[Candidate]:
    """Return the namespaces that one distribution claims; most claim none.

    Raises:
        ValueError: it claims one, and its metadata has no name.
    """
    if GROUP not in (distribution.read_text("entry_points.txt") or ""):  # at once, for the hundred that are no plugins
        return []
    points = [point for point in distribution.entry_points if point.group == GROUP]
    if not points:
        return []
    data = distribution.metadata  # read and taken apart anew each time that it is asked for
    name, version, summary = data["Name"], data["Version"] or "?", data.get("Summary")
    if not name:
        raise ValueError(f"the metadata of {points[0].value} has no Name")
    requires = tuple(data.get_all("Requires-Dist") or distribution.requires or ())
    return [Candidate(point.name, name, version, point.value, summary, requires) for point in points]


def place_of(distribution: Distribution) -> str:
    """Return the folder of a distribution's metadata."""
    return str(getattr(distribution, "_path", "?"))


def _candidates(path: Sequence[str] | None) -> tuple[list[Candidate], list[Record]]:
    found: dict[str, list[Candidate]] = {}
    records: list[Record] = []
    for distribution in installed(path):
        outcome = guarded(partial(claims, distribution))
        if outcome.value:
            found.setdefault(normal(outcome.value[0].distribution), outcome.value)
        elif outcome.error is not None:
            place = place_of(distribution)
            error = f"{outcome.error}\n  What to do: remove {place}, and install again what it was."
            records.append(Record("?", place, None, None, State.FAILED, Step.METADATA, error, trace=outcome.trace))
    return [candidate for candidates in found.values() for candidate in candidates], records
