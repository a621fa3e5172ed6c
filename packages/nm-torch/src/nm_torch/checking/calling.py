"""Calling a module on values as a graph would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor

from nm_core import CompositeModule, Graph, NeuralModule, NmTensor, inputs
from nm_torch.checking.isolation import networks_of
from nm_core.testing.probing.slots import concrete
from nm_core.testing.probing.uses import Use
from nm_torch.module import TorchModule


def result_of(
    module: NeuralModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int], *, training: bool | None
) -> Any:
    """Return what a module gives for values, by port, as it would in a graph."""
    for network in networks_of(module):
        network.train(bool(training))
    with torch.no_grad():
        if isinstance(module, TorchModule):
            left_open = dict.fromkeys(use.open)
            return module.compute(**by_port(module, use, values), **left_open, **_typed_arguments(module, use, sizes))
        if isinstance(module, CompositeModule) and use.inputs:
            return _through_graph(module, use, values, sizes)
        return cast("Any", module).forward(**by_port(module, use, values))


def by_port(module: NeuralModule, use: Use, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of slots by port: lists for variadic ports, copies of tensors, for a module may write to them."""
    arguments: dict[str, Any] = {}
    for slot in use.inputs:
        value = _own(values[slot.name])
        if module.inputs[slot.port].variadic:
            arguments.setdefault(slot.port, []).append(value)
        else:
            arguments[slot.port] = value
    return arguments


def _own(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else value


def _typed_arguments(module: TorchModule, use: Use, sizes: Mapping[str, int]) -> dict[str, Any]:
    """Return what a graph tells the module from the types of a call, for modules that ask for it."""
    if type(module).typed_arguments is TorchModule.typed_arguments or not use.inputs:
        return {}
    return module.typed_arguments(_recorded(module, use, sizes)[0].call)


def _through_graph(module: CompositeModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """Run the calls that a composite module expands into, with the types that they have in a graph."""
    graph = Graph(dict(zip(module.outputs, _recorded(module, use, sizes), strict=True)))
    flat = {_free(place): values[slot.name] for place, slot in enumerate(use.inputs)}
    return graph(**{name: _own(flat[name]) for name in graph.inputs})


def _recorded(module: NeuralModule, use: Use, sizes: Mapping[str, int]) -> tuple[NmTensor, ...]:
    """Call a module on symbolic tensors of the types that the values of a run have."""
    types = {_free(place): concrete(slot, sizes) for place, slot in enumerate(use.inputs)}
    free = inputs(**types)
    tensors = free if isinstance(free, tuple) else (free,)
    named = {slot.name: tensor for slot, tensor in zip(use.inputs, tensors, strict=True)}
    result = module(**by_port(module, use, named))
    return result if isinstance(result, tuple) else (result,)


def _free(place: int) -> str:
    """The name of a free input: elements of a variadic port have names that are no words."""
    return f"input{place}"


def on_cpu(value: Any) -> Any:
    """Return a tensor, or tensors in a list, on the CPU and without history."""
    if isinstance(value, Tensor):
        return value.detach().cpu()
    return [on_cpu(item) for item in value] if isinstance(value, list) else value
