"""Every target of a declaration, and the class that each has to be of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import click

from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.plugins.errors import TargetError
from nm_core.plugins.loader import LoadedCollection
from nm_core.plugins.targets import import_target
from nm_core.symbols.ports import as_ports
from nm_types import Kind, Tag

MEANINGS = {"tags": Tag, "kinds": Kind}
CHECKS = "doctor_checks"
_BASES = {"modules": NeuralModule, "metrics": Metric, **MEANINGS}


@dataclass(frozen=True, slots=True)
class Pointer:
    """One target of a declaration.

    Attributes:
        what: the name for it in messages.
        target: its place, ``package.module:Object``.
        sort: what it is declared as: modules, tags, kinds, or a sort of names.
        distribution: the distribution that declares it.
        extra: the optional dependencies without which it may be missing.
    """

    what: str
    target: str
    sort: str
    distribution: str | None
    extra: str | None = None

    def resolve(self) -> object:
        """Import the target.

        Raises:
            TargetError: it cannot be imported, or is something else than it is declared as.
        """
        value = import_target(self.target, what=self.what, distribution=self.distribution, extra=self.extra)
        base = _BASES.get(self.sort)
        expected = None
        if base is not None and not (isinstance(value, type) and issubclass(value, base)):
            expected = f"a subclass of {base.__module__}.{base.__qualname__}"
        elif self.sort == "commands" and not isinstance(value, click.Command):
            expected = "a Command of click"
        elif self.sort == CHECKS and not callable(value):
            expected = "a function without arguments"
        if expected is not None:
            raise TargetError(
                f"{self.what} is declared as {self.target}, and that is {value!r}.\n  Expected {expected}."
            )
        if isinstance(value, type) and issubclass(value, NeuralModule):
            as_ports(value.input_ports, f"The input ports of {value.__qualname__}")
            as_ports(value.output_ports, f"The output ports of {value.__qualname__}")
        return value


def find_pointers(loaded: LoadedCollection) -> Iterator[Pointer]:
    """Yield all that a collection declares: tags and kinds, modules and their upgrades, and names of all sorts."""
    declared, distribution = loaded.collection, loaded.distribution
    name = declared.name
    for sort in MEANINGS:
        for target in getattr(declared, sort):
            yield Pointer(f"{sort} of {name}", target, sort, distribution)
    for spec in declared.modules:
        for target in spec.targets.values():
            yield Pointer(f"{name}.{spec.name}", target, "modules", distribution, spec.extra)
        for names in spec.presets.values():
            for preset, target in names.items():
                yield Pointer(f"the preset {preset} of {name}.{spec.name}", target, "presets", distribution)
        for version, step in enumerate(spec.steps(1), start=1):
            if step.params is not None:
                yield Pointer(f"the upgrade of {name}.{spec.name}@{version}", step.params, "upgrades", distribution)
    for sort, names in loaded.offers.items():
        for own, target in names.items():
            yield Pointer(f"{name}.{own}" if sort == "metrics" else f"{sort}: {own}", target, sort, distribution)
