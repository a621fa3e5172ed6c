"""Running a module on values as a graph would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from nm_core import CompositeModule, NeuralModule
from nm_core.probing.calling import by_port, record_call, through_graph
from nm_core.probing.port_uses import Use
from nm_torch.checking.module_copy import networks_of
from nm_torch.module import TorchModule


def run_module(module: NeuralModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """Run a module on values, by slot, as a graph would, and return its result; it may write into the values."""
    with torch.no_grad():
        if isinstance(module, TorchModule):
            left_open = dict.fromkeys(use.open)
            return module.compute(**by_port(module, use, values), **left_open, **_typed_arguments(module, use, sizes))
        if isinstance(module, CompositeModule) and use.inputs:
            return through_graph(module, use, values, sizes)
        return cast("Any", module).forward(**by_port(module, use, values))


def set_mode(module: NeuralModule, training: bool) -> None:
    """Put the networks of a module into training or evaluation mode."""
    for network in networks_of(module):
        network.train(training)


def copy_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return copies of values, which a module may write into."""
    return {name: value.clone() if isinstance(value, Tensor) else value for name, value in values.items()}


def _typed_arguments(module: TorchModule, use: Use, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return the arguments that a graph makes from the types of a call, for modules that take some."""
    if type(module).typed_arguments is TorchModule.typed_arguments or not use.inputs:
        return {}
    return module.typed_arguments(record_call(module, use, sizes)[0].call)


def on_cpu(value: Any) -> Any:
    """Return a tensor, or tensors in a list, on the CPU and without history."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    return [on_cpu(item) for item in value] if isinstance(value, list) else value
