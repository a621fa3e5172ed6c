"""Every part that a collection declares can be imported from its package, and no part is forgotten in a declaration."""

import ast
import pkgutil
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

from nm_core import Callback, Metric, NeuralModule
from nm_core.plugins.hooks import NAMES
from nm_torch.optim import OptimizerSpec, Policy

PACKAGES = ("nm_core", "nm_torch", "nm_asr", "nm_nlp")
ALL = ("nm_types", *PACKAGES)
KINDS = (NeuralModule, Metric, Callback, Policy, OptimizerSpec)

# Declared parts that users import under no name, each with its reason.
UNEXPORTED = {
    "nm_core.modules.views:Transpose": "made by nm_core.transpose",
    "nm_core.modules.views:Assume": "made by nm_core.assume",
    "nm_torch.strategies.single:SingleStrategy": "chosen by its name",
    "nm_torch.strategies.ddp:DistributedStrategy": "chosen by its name",
}
# Public classes of these kinds that no declaration names, each with its reason.
UNDECLARED = {
    "NeuralModule": "the base of all modules",
    "CompositeModule": "the base of composite modules",
    "Metric": "the base of all metrics",
    "Callback": "the base of all callbacks",
    "TorchModule": "the base of modules of PyTorch",
    "LossModule": "the base of losses",
    "DataLayer": "the base of data layers",
    "Policy": "the base of learning-rate policies",
    "OptimizerSpec": "the base of optimizers",
    "View": "the base of modules that only say something of a value",
    "ErrorRate": "the base of word and character error rates",
    "FreeInputs": "made by nm_core.inputs",
    "GraphModule": "made where a graph is called inside another",
    "Undeclared": "stands for a wrong module while a file is checked",
    "FactsCallback": "what nmod train --quiet shows",
    "RunRecorder": "added by the factory to each training with a work directory",
    "RunLog": "added by the factory to each training with a work directory",
    "WrappedModule": "made by nm_torch.from_torch; it holds a live object, which no file can name",
    "TorchOptimizer": "made for the classes of torch.optim, which are known by their names",
    "ScoreCallback": "made by a search, which it reports to",
    "BeamSearchTranslatorNM": "it holds live modules, which no file can name",
}


def declared_targets() -> Iterator[tuple[str, str, str]]:
    """Yield package, kind and target of all that the collections of this repository declare for users."""
    for package in PACKAGES:
        declaration = import_module(f"{package}._collection")
        for spec in declaration.nm_collection().modules:
            yield from ((package, "modules", target) for target in spec.targets.values())
        for kind in ("backends", "strategies", "callbacks", "metrics", "optimizers", "policies", "tokenizers", "tasks"):
            hook = getattr(declaration, NAMES[kind], None)
            yield from ((package, kind, target) for target in (hook().values() if hook else ()))


TARGETS = sorted(declared_targets())


def load_target(target: str) -> object:
    """Import what a target names."""
    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def public_rooms() -> Iterator[ModuleType]:
    """Yield the packages and the rooms directly in them."""
    for package in map(import_module, PACKAGES):
        yield package
        for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not info.name.rpartition(".")[2].startswith("_"):
                yield import_module(info.name)


def public_places(obj: object) -> list[str]:
    """Return where a class or function can be imported by users: packages or rooms that export it."""
    name = getattr(obj, "__name__", "")
    rooms = [room for room in public_rooms() if name in exported_names(room)]
    return [f"{room.__name__}.{name}" for room in rooms if getattr(room, name) is obj]


def exported_names(room: ModuleType) -> list[str]:
    """Return `__all__` of a room; where it has none, the names that it defines itself."""
    own = [name for name, value in vars(room).items() if getattr(value, "__module__", "") == room.__name__]
    return list(getattr(room, "__all__", own))


def defined_classes() -> Iterator[type]:
    """Yield the public classes of the declared kinds that any file of the packages defines."""
    for package in map(import_module, PACKAGES):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.endswith(".__main__") or ".testing" in info.name:  # importing the first runs the command
                continue
            module = import_module(info.name)
            for name, value in vars(module).items():
                if isinstance(value, type) and value.__module__ == info.name and not name.startswith("_"):
                    if issubclass(value, KINDS):
                        yield value


@pytest.mark.parametrize(("package", "kind", "target"), TARGETS, ids=[target for _, _, target in TARGETS])
def test_what_is_declared_is_exported(package: str, kind: str, target: str) -> None:
    """A part of a collection can be imported from its package or from a room directly in it."""
    part = load_target(target)

    assert bool(public_places(part)) != (target in UNEXPORTED), (
        f"{kind}: {target} is declared in {package}._collection, and neither {package} nor a room of it exports it."
    )


def test_no_part_is_forgotten() -> None:
    """Each public module, metric, callback, policy and optimizer is declared, or is a base with a reason."""
    declared = {id(load_target(target)) for _, _, target in TARGETS}

    undeclared = {cls.__name__: cls.__module__ for cls in defined_classes() if id(cls) not in declared}

    assert undeclared.keys() - UNDECLARED.keys() == set(), undeclared
    assert UNDECLARED.keys() - undeclared.keys() == set(), "declared today, or gone: take the reasons out"


def explained_constants() -> set[str]:
    """Return the names that files of the packages assign at their top and explain in a text below."""
    names: set[str] = set()
    for package in ALL:
        for file in Path(import_module(package).__path__[0]).rglob("*.py"):
            for statement, text in pairwise(ast.parse(file.read_text(encoding="utf-8")).body):
                if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
                    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
                    names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_public_constants_are_explained() -> None:
    """The reference shows the text below each; classes and functions have docstrings, as the linter demands."""
    public = {(room, name) for room in map(import_module, ALL) for name in room.__all__ if name != "__version__"}
    values = {name: getattr(room, name) for room, name in public}
    constants = {
        name
        for name, value in values.items()
        if getattr(value, "__name__", None) != name and not isinstance(value, ModuleType)
    }

    assert constants - explained_constants() == set()
    assert "PositiveInt" in constants
