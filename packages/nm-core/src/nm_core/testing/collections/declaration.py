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
from nm_core.testing.collections.suite import Suite
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import hold
from nm_types import Kind, Tag

PATIENCE = 60.0
"""Seconds in which a declaration is read."""


def _installed(suite: Suite) -> Candidate | None:
    """Return the installed collection; there is none where it was given as an object."""
    candidates, _ = discover(CollectionSettings.read(os.environ))
    target = next((one.target for one in suite.collections.records if one.collection == suite.name), None)
    return next((one for one in candidates if (one.collection, one.target) == (suite.name, target)), None)


@check(since=1, applies=lambda suite: _installed(suite) is not None)
def light(suite: Suite) -> None:
    """Listing what the collection offers imports no framework."""
    candidate = _installed(suite)
    assert candidate is not None  # it applies
    found = examine_in_process(candidate, deep=False, timeout=PATIENCE)
    hold(found.record.ok, f"{candidate.target}: {found.record.error}", f"Run nmod doctor {suite.name} --deep.")
    hold(
        not found.heavy,
        f"{candidate.collection}: {describe_heavy(candidate.target, found.heavy)}",
        "Where the package's __init__ offers its parts, let it import them on demand: __getattr__, PEP 562.",
    )


@check(since=1)
def offers(suite: Suite) -> None:
    """Every name that a hook offers leads to an object."""
    problems = []
    for what in NAMES:
        for name in suite.offered(what):
            try:
                suite.collections.lookup(what, f"{suite.name}.{name}")
            except Exception as error:  # noqa: BLE001 - what a target raises when it is imported
                problems.append(f"{what}: {name}: {error}")
    hold(not problems, "\n".join(problems), "Correct the targets that the hooks return.")


@check(since=1)
def names(suite: Suite) -> None:
    """Examples and exemptions name modules, metrics and tests that there are."""
    from nm_core.testing.collections import CHECKS

    tests = [one.name for one in DECLARED] + [one.name for one in CHECKS]
    asked = [("nm_examples", name, suite.members) for name in suite.offered("examples")]
    for name, reasons in suite.collection.exempt.items():
        asked += [("exempt", name, (*suite.members, suite.name))]
        asked += [(f"exempt of {name}", test, tuple(tests)) for test in reasons]
    wrong = [f'{where}: "{name}" is unknown.{did_you_mean(name, known)}' for where, name, known in asked
             if name not in known]  # fmt: skip
    hold(
        not wrong, "\n".join(wrong), f"Modules and metrics are named without the collection; tests: {', '.join(tests)}."
    )


@check(since=1, applies=lambda suite: bool(suite.collection.tags or suite.collection.kinds))
def meanings(suite: Suite) -> None:
    """Tags and kinds are classes of their sort, with ids in the collection's namespace."""
    bases: tuple[tuple[str, type, tuple[type, ...]], ...] = (
        ("tag", Tag, suite.collections.tags(suite.name)),
        ("kind", Kind, suite.collections.kinds(suite.name)),
    )
    for what, base, found in bases:
        for one in found:
            hold(
                issubclass(one, base), f"{one!r} is declared as a {what}.", f"Derive it from nm_types.{base.__name__}."
            )
            id: str = getattr(one, "id", "")
            wanted = f"{suite.name}.{one.__name__.removesuffix('Tag')}"
            hold(
                id.startswith(f"{suite.name}."),
                f'The {what} {one.__qualname__} has the id "{id}", outside the namespace of {suite.name}.',
                f'Write class {one.__qualname__}(..., id="{wanted}").',
            )


DECLARED = (light, offers, names, meanings)
"""The checks of a collection."""
