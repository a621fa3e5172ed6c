"""Everything that a declaration points to, and what each has to be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import click

from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.plugins.errors import TargetError
from nm_core.plugins.loader import Loaded
from nm_core.plugins.targets import import_target
from nm_core.symbols.ports import as_ports
from nm_types import Kind, Tag

MEANINGS = {"tags": Tag, "kinds": Kind}
CHECKS = "doctor_checks"
_OBJECTS = {"commands": click.Command}


@dataclass(frozen=True, slots=True)
class Pointer:
    """One target of a declaration.

    Attributes:
        what: what messages call it.
        target: where it is.
        sort: what it is declared as: modules, tags, kinds, or a sort of names.
        extra: the optional dependencies without which it may be missing.
        resolve: imports it and checks that it is what it is declared as.
    """

    what: str
    target: str
    sort: str
    extra: str | None
    resolve: Callable[[], object]


def pointers(loaded: Loaded) -> Iterator[Pointer]:
    """Yield all that a collection declares: tags and kinds, modules and their upgrades, and names of all sorts."""
    name, declared = loaded.collection.name, loaded.collection
    for sort in MEANINGS:
        for target in getattr(declared, sort):
            yield _pointer(loaded, f"{sort} of {name}", target, sort)
    for spec in declared.modules:
        for target in spec.targets.values():
            yield _pointer(loaded, f"{name}.{spec.name}", target, "modules", spec.extra)
        for version, step in enumerate(spec.steps(1), start=1):
            if step.params is not None:
                yield _pointer(loaded, f"the upgrade of {name}.{spec.name}@{version}", step.params, "upgrades")
    for sort, offered in loaded.offers.items():
        for own, target in offered.items():
            yield _pointer(loaded, f"{name}.{own}" if sort == "metrics" else f"{sort}: {own}", target, sort)


def _pointer(loaded: Loaded, what: str, target: str, sort: str, extra: str | None = None) -> Pointer:
    def resolve() -> object:
        found = import_target(target, what=what, distribution=loaded.distribution, extra=extra)
        _check(found, f"{what} is declared as {target}, and that", sort)
        return found

    return Pointer(what, target, sort, extra, resolve)


def _check(found: object, subject: str, sort: str) -> None:
    """Refuse what is something else than it is declared as."""
    base = {"modules": NeuralModule, "metrics": Metric, **MEANINGS}.get(sort)
    if base is not None and not (isinstance(found, type) and issubclass(found, base)):
        raise TargetError(f"{subject} is {found!r}.\n  Expected a subclass of {base.__module__}.{base.__qualname__}.")
    if sort in _OBJECTS and not isinstance(found, _OBJECTS[sort]):
        raise TargetError(f"{subject} is {found!r}.\n  Expected a {_OBJECTS[sort].__qualname__} of click.")
    if sort == CHECKS and not callable(found):
        raise TargetError(f"{subject} is {found!r}.\n  Expected a function without arguments.")
    if isinstance(found, type) and issubclass(found, NeuralModule):
        as_ports(found.input_ports, f"The input ports of {found.__qualname__}")
        as_ports(found.output_ports, f"The output ports of {found.__qualname__}")


def run_check(what: str, check: Callable[[], Iterable[object] | None]) -> list[str]:
    """Run a collection's own check and return the problems that it finds.

    Raises:
        TargetError: it returns anything but texts.
    """
    problems = [*(check() or ())]
    texts = [problem for problem in problems if isinstance(problem, str)]
    if len(texts) < len(problems):
        raise TargetError(f"{what} must return texts, one per problem; it returned {problems!r}.")
    return texts
