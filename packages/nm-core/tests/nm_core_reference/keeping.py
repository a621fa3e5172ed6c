"""Weights in files, ties, freezing, checkpoints: JSON, written beside its place and then renamed."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nm_core import BackendError, LoadedWeights, NeuralModule
from nm_core.errors import did_you_mean
from nm_core_reference.modules import ReferenceModule
from nm_core_reference.tensor import Tensor


def write(path: Path, data: Any) -> None:
    """Write plain data to a file that appears only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    partial.write_text(json.dumps(data), encoding="utf-8")
    os.replace(partial, path)


def read(path: Path) -> Any:
    """Read plain data from a file.

    Raises:
        BackendError: it is missing or damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BackendError(f"{path} cannot be read: {error}") from error


def weights_of(modules: Mapping[str, NeuralModule]) -> dict[str, Tensor]:
    """Return the weights of modules, by `module.weight`."""
    return {
        f"{name}.{key}": weight
        for name, module in modules.items()
        if isinstance(module, ReferenceModule)
        for key, weight in module.weights().items()
    }


def plain(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return weights as plain data."""
    return {name: {"shape": list(weight.shape), "values": weight.values} for name, weight in weights.items()}


def load(weights: Mapping[str, Tensor], data: Any, path: Path, *, partial: bool = False) -> LoadedWeights:
    """Take weights from plain data: all or none, or those that fit.

    Raises:
        BackendError: names or shapes differ.
    """
    if not isinstance(data, dict):
        raise BackendError(f"{path} holds no weights.")
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    report = LoadedWeights.compare("", str(path), shapes, {name: tuple(one["shape"]) for name, one in data.items()})
    if not (report.complete or partial):
        raise BackendError(f"{path} has other weights: {'; '.join(report.problems())}.")
    for name in report.loaded:
        weights[name].values[:] = data[name]["values"]
    return report


def tie(modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
    """Make two weights one."""
    weights = weights_of(modules)
    for name in (first, second):
        if name not in weights:
            raise BackendError(f'There is no weight "{name}".{did_you_mean(name, weights)}')
    if weights[first].shape != weights[second].shape:
        raise BackendError(f"{first} has shape {weights[first].shape} and {second} {weights[second].shape}.")
    owner, _, key = second.rpartition(".")
    setattr(modules[owner], key, weights[first])


def freeze(modules: Mapping[str, NeuralModule], pattern: str) -> int:
    """Stop weights that match from learning."""
    parts = (".+" if part == "**" else re.escape(part).replace(r"\*", "[^.]*") for part in pattern.split("."))
    wanted = re.compile(r"\.".join(parts))
    matching = [weight for name, weight in weights_of(modules).items() if wanted.fullmatch(name)]
    for weight in matching:
        weight.learns = False
    return len(matching)
