"""Calls of a module on values, as a graph would make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nm_core.graphs.graph import Graph
from nm_core.modules.composite import CompositeModule
from nm_core.modules.free_inputs import inputs
from nm_core.modules.module import NeuralModule
from nm_core.probing.port_uses import Use
from nm_core.probing.slots import concrete
from nm_core.symbols.tensor import NmTensor
from nm_types import NeuralType


def by_port(module: NeuralModule, use: Use, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of slots by port: lists for variadic ports."""
    arguments: dict[str, Any] = {}
    for slot in use.inputs:
        if module.inputs[slot.port].variadic:
            arguments.setdefault(slot.port, []).append(values[slot.name])
        else:
            arguments[slot.port] = values[slot.name]
    return arguments


def symbols(use: Use, sizes: Mapping[str, int], changed: Mapping[str, NeuralType] | None = None) -> dict[str, NmTensor]:
    """Return a symbolic tensor for each slot, of the type that a value of these sizes has.

    Args:
        changed: other types, by slot.
    """
    types = {slot.name: concrete(slot, sizes) for slot in use.inputs} | dict(changed or {})
    named: dict[str, Any] = {f"input{index}": types[slot.name] for index, slot in enumerate(use.inputs)}
    free = inputs(**named)
    tensors = free if isinstance(free, tuple) else (free,)
    return dict(zip((slot.name for slot in use.inputs), tensors, strict=True))


def record_call(
    module: NeuralModule, use: Use, sizes: Mapping[str, int], changed: Mapping[str, NeuralType] | None = None
) -> tuple[NmTensor, ...]:
    """Call a module on symbolic tensors of the types that the values of a run have, or of other ones by slot."""
    result = module(**by_port(module, use, symbols(use, sizes, changed) if use.inputs else {}))
    return result if isinstance(result, tuple) else (result,)


def through_graph(module: CompositeModule, use: Use, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """Run the calls that a composite module expands into, with the types that they have in a graph."""
    graph = Graph(dict(zip(module.outputs, record_call(module, use, sizes), strict=True)))
    flat = {f"input{index}": values[slot.name] for index, slot in enumerate(use.inputs)}
    return graph(**{name: flat[name] for name in graph.inputs})
