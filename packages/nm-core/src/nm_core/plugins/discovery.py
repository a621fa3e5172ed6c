"""Find installed collections by metadata alone: nothing of theirs is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, cast

from nm_core.plugins.compatibility import find_unmet, installed_version
from nm_core.plugins.guard import run_guarded
from nm_core.plugins.hooks import GROUP
from nm_core.plugins.known import normal
from nm_core.plugins.records import Candidate, Record, State, Step
from nm_core.plugins.settings import CollectionSettings

if TYPE_CHECKING:
    from importlib_metadata import Distribution


def discover(settings: CollectionSettings, path: Sequence[str] | None = None) -> tuple[list[Candidate], list[Record]]:
    """Return the candidates that may be loaded, and a record for everything that may not.

    Args:
        settings: which collections the user wants.
        path: where to look for distributions; ``sys.path`` by default.
    """
    candidates, records = _find_candidates(path)
    by_name: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_name.setdefault(candidate.collection, []).append(candidate)
    loadable: list[Candidate] = []
    version_of = cache(installed_version)
    for name, rivals in sorted(by_name.items()):
        refusal = settings.refusal(name)
        if refusal is not None:
            records += [claim.record(State.DISABLED, Step.SETTINGS, refusal) for claim in rivals]
            continue
        preferred, refused_claims = settings.choose(name, rivals)
        records += refused_claims
        for claim in preferred:
            problem = find_unmet(claim.distribution, claim.version, claim.requires, version_of)
            if problem is None:
                loadable.append(claim)
            else:
                records.append(claim.record(State.INCOMPATIBLE, Step.REQUIREMENTS, problem))
    return loadable, records + settings.missing(by_name)


def installed_distributions(path: Sequence[str] | None = None) -> Iterator[Distribution]:
    """Yield the distributions on the path, in its order: the first of a name is the one that Python imports."""
    import importlib_metadata as metadata

    context = {} if path is None else {"path": list(path)}
    yield from cast("Iterable[Distribution]", metadata.distributions(**context))


def claims(distribution: Distribution) -> list[Candidate]:
    """Return the namespaces that one distribution claims; most claim none.

    Raises:
        ValueError: it claims one, and its metadata has no name.
    """
    # reading the raw text first spares parsing the entry points of the hundreds of packages that are no plugins
    if GROUP not in (distribution.read_text("entry_points.txt") or ""):
        return []
    points = [point for point in distribution.entry_points if point.group == GROUP]
    if not points:
        return []
    data = distribution.metadata  # a property that reads and parses anew each time
    name, version, summary = data["Name"], data["Version"] or "?", data.get("Summary")
    if not name:
        raise ValueError(f"the metadata of {points[0].value} has no Name")
    requires = tuple(data.get_all("Requires-Dist") or distribution.requires or ())
    return [Candidate(point.name, name, version, point.value, summary, requires) for point in points]


def metadata_folder(distribution: Distribution) -> str:
    """Return the folder of a distribution's metadata."""
    return str(getattr(distribution, "_path", "?"))


def _find_candidates(path: Sequence[str] | None) -> tuple[list[Candidate], list[Record]]:
    candidates: dict[str, list[Candidate]] = {}
    records: list[Record] = []
    for distribution in installed_distributions(path):
        outcome = run_guarded(partial(claims, distribution))
        if outcome.value:
            # of two distributions with one name, Python imports the first on the path
            candidates.setdefault(normal(outcome.value[0].distribution), outcome.value)
        elif outcome.error is not None:
            folder = metadata_folder(distribution)
            error = f"{outcome.error}\n  What to do: remove {folder}, and install again what it was."
            records.append(Record("?", folder, None, None, State.FAILED, Step.METADATA, error, trace=outcome.trace))
    return [claim for claims in candidates.values() for claim in claims], records
