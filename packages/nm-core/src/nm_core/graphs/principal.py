"""The ports of a graph: what may be given to it, and what it makes of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from nm_core.modules.free_inputs import FreeInputs, free_inputs
from nm_core.modules.module import Signature
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Call, NmTensor
from nm_types import Kind, NeuralType, NeuralTypeError, Size
from nm_types.meanings import Nominal
from nm_types.notation import Axis, AxisType, Structure, axis_of
from nm_types.solving import Solution, eliminate
from nm_types.unifying import release_sizes, with_sizes

if TYPE_CHECKING:
    from nm_core.graphs.graph import Graph


def principal_signature(graph: Graph) -> Signature:
    """Return the ports of a graph: the most general inputs that its calls take, and the outputs that follow.

    What its calls leave open about the sizes of inputs is a constraint of its ports: where one of them decides a size,
    the port says so. What no port can say stays with the calls and is judged wherever they are repeated.
    """
    types = input_types(graph)
    again = _repeated(graph, types) or _repeated(graph, input_types(graph, widened=False))
    assert again is not None, "a graph that was built can be built again"
    inputs, outputs = again
    own = {name for tensor in inputs.values() for size in _sizes(tensor.type) for name in size.symbols()}
    solution = Solution(traced=False)
    equations = type(graph)(outputs).equations if inputs else ()
    eliminate(equations, solution, lambda name: name in own)
    sizes = {name: solution.apply(Size(name)) for name in solution.values}
    solved = {
        f"{side}.{port}": with_sizes(tensor.type, sizes)
        for side, tensors in (("inputs", inputs), ("outputs", outputs))
        for port, tensor in tensors.items()
    }
    declared = iter(release_sizes(solved).values())
    return Signature(*(PortSpec(Port(port, next(declared)) for port in side) for side in (inputs, outputs)))


def input_types(graph: Graph, *, widened: bool = True) -> dict[str, NeuralType]:
    """Return the types of a graph's free inputs as ports declare them.

    Inputs that were made with a type keep it. Where a graph is cut at the output of a call, an input means what its
    consumers ask for, which may be more general than what happened to be connected; its sizes are those it had.
    """
    consumers: dict[NmTensor, list[NeuralType]] = {tensor: [] for tensor in graph.inputs.values()}
    for call in graph.calls if widened else ():
        for tensor, expected in _uses(call):
            if tensor in consumers and not isinstance(tensor.call.module, FreeInputs):
                consumers[tensor].append(expected)
    leaving = set(graph.outputs.values())
    return release_sizes(
        {
            name: tensor.type if tensor in leaving else _widened(tensor.type, consumers[tensor])
            for name, tensor in graph.inputs.items()
        }
    )


def _repeated(graph: Graph, types: Mapping[str, NeuralType]) -> tuple[dict[str, NmTensor], dict[str, NmTensor]] | None:
    """Return the inputs and outputs of the graph's calls on inputs of some types; nothing where these do not fit."""
    inputs = dict(zip(types, free_inputs(PortSpec(Port(*item) for item in types.items()), location=""), strict=True))
    try:
        outputs = graph.repeat(inputs, symbolic=True)
    except NeuralTypeError:
        return None
    return inputs, dict(zip(graph.outputs, outputs, strict=True))


def _uses(call: Call) -> Iterator[tuple[NmTensor, NeuralType]]:
    """Yield each value that a call is given with the type that its port asks for; the value's own where it is cast."""
    for port, argument in call.inputs.items():
        for index, tensor in enumerate(argument if isinstance(argument, tuple) else (argument,)):
            if isinstance(tensor, NmTensor):
                name = f"{port}[{index}]" if isinstance(argument, tuple) else port
                yield tensor, tensor.type if name in call.typing.casts else call.module.inputs[port].type


def _widened(type: NeuralType, expected: list[NeuralType]) -> NeuralType:
    """Return a type with the tags and kind that all consumers can do with, where they ask for tensors of its rank."""
    if not expected or any(one.form != "tensor" or one.rank != type.rank for one in expected):
        return type
    axes = tuple(_narrowest(mine, [one.axes[place] for one in expected]) for place, mine in enumerate(type.axes))
    kind = type.kind
    if kind is not None and not kind.sizes:
        asked = [one.kind.__class__ for one in expected if one.kind is not None]
        kind = max(asked, key=_depth)() if asked else None
    return NeuralType(Structure("tensor", axes, kind))


def _narrowest(mine: Axis, asked: list[Axis]) -> Axis:
    tags = [one.tag for one in asked if isinstance(one, AxisType) and isinstance(one.tag, Nominal)]
    if not isinstance(mine, AxisType) or len(tags) < len(asked):
        return mine
    return axis_of(max(tags, key=_depth), mine.size)


def _depth(name: Nominal) -> int:
    """How far below the top a tag or a kind is; of the ancestors of one name, the deepest is below all others."""
    return len(name.chain)


def _sizes(type: NeuralType) -> Iterator[Size]:
    kinds = (type.kind,) if isinstance(type.kind, Kind) else ()
    for size in (*(getattr(one, "size", None) for one in type.axes), *(one for kind in kinds for one in kind.sizes)):
        if isinstance(size, Size):
            yield size
