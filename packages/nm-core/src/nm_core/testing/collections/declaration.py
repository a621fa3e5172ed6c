"""Checks of a declaration: light, complete, and true of what it points to."""

from __future__ import annotations

import os

from nm_core.errors import did_you_mean
from nm_core.plugins.discovery import discover
from nm_core.plugins.doctor.heavy import describe_heavy
from nm_core.plugins.doctor.isolation import examine_in_process
from nm_core.plugins.hooks import NAMES
from nm_core.plugins.records import Candidate
from nm_core.plugins.settings import CollectionSettings
from nm_core.testing.collections.checks import CHECKS
from nm_core.testing.collections.suite import Suite
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import hold
from nm_types import Kind, Tag

PATIENCE = 60.0
"""Seconds in which a declaration is read."""


def _find_candidate(suite: Suite) -> Candidate | None:
    """Return the installed collection; there is none where it was given as an object."""
    candidates, _ = discover(CollectionSettings.read(os.environ))
    installed = {(record.collection, record.target) for record in suite.collections.records}
    claims = (claim for claim in candidates if (claim.collection, claim.target) in installed)
    return next((claim for claim in claims if claim.collection == suite.name), None)


@check(since=1, applies=lambda suite: _find_candidate(suite) is not None)
def light(suite: Suite) -> None:
    """Listing what the collection offers imports no framework."""
    candidate = _find_candidate(suite)
    assert candidate is not None  # it applies
    examination = examine_in_process(candidate, deep=False, timeout=PATIENCE)
    record = examination.record
    hold(record.ok, f"{candidate.target}: {record.error}", f"Run nmod doctor {suite.name} --deep.")
    hold(
        not examination.heavy,
        f"{candidate.collection}: {describe_heavy(candidate.target, examination.heavy)}",
        "Where the package's __init__ offers its parts, let it import them on demand: __getattr__, PEP 562.",
    )


@check(since=1)
def offers(suite: Suite) -> None:
    """Every name that a hook offers leads to an object."""
    problems = []
    for what in NAMES:
        for name in suite.names(what):
            try:
                suite.collections.lookup(what, f"{suite.name}.{name}")
            except Exception as error:  # noqa: BLE001 - what a target raises when it is imported
                problems.append(f"{what}: {name}: {error}")
    hold(not problems, "\n".join(problems), "Correct the targets that the hooks return.")


@check(since=1)
def names(suite: Suite) -> None:
    """Examples and exemptions name modules, metrics and tests that there are."""
    tests = [law.name for law in DECLARED] + [law.name for law in CHECKS]
    uses = [("nm_examples", name, suite.members) for name in suite.names("examples")]
    for name, reasons in suite.collection.exempt.items():
        uses += [("exempt", name, (*suite.members, suite.name))]
        uses += [(f"exempt of {name}", test, tuple(tests)) for test in reasons]
    wrong = [
        f'{where}: "{name}" is unknown.{did_you_mean(name, choices)}'
        for where, name, choices in uses
        if name not in choices
    ]
    do = f"Modules and metrics are named without the collection; tests: {', '.join(tests)}."
    hold(not wrong, "\n".join(wrong), do)


@check(since=1, applies=lambda suite: bool(suite.collection.tags or suite.collection.kinds))
def meanings(suite: Suite) -> None:
    """Tags and kinds are classes of their sort, with ids in the collection's namespace."""
    declared: list[tuple[str, type, type]] = [("tag", Tag, cls) for cls in suite.collections.tags(suite.name)]
    declared += [("kind", Kind, cls) for cls in suite.collections.kinds(suite.name)]
    for what, base, cls in declared:
        hold(issubclass(cls, base), f"{cls!r} is declared as a {what}.", f"Derive it from nm_types.{base.__name__}.")
        id: str = getattr(cls, "id", "")
        expected = f"{suite.name}.{cls.__name__.removesuffix('Tag')}"
        hold(
            id.startswith(f"{suite.name}."),
            f'The {what} {cls.__qualname__} has the id "{id}", outside the namespace of {suite.name}.',
            f'Write class {cls.__qualname__}(..., id="{expected}").',
        )


DECLARED = (light, offers, names, meanings)
"""The checks of a collection."""
