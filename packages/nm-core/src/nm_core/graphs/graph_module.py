"""A graph used as a module in another: its ports, and its calls repeated wherever it is called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Unpack

from nm_core.graphs.calls import OrderedCalls
from nm_core.modules.composite import CompositeModule
from nm_core.modules.free_inputs import FreeInputs, free_inputs
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import Signature
from nm_core.symbols import recording
from nm_core.symbols.component import Segment
from nm_core.symbols.parameters import ModuleOptions
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Call, NmTensor, flat_arguments
from nm_types import Kind, NeuralType, NeuralTypeError, Size
from nm_types.meanings import KindVariable, Nominal
from nm_types.notation import Axis, AxisType, Structure, axis_of
from nm_types.solving import Solution, eliminate
from nm_types.unifying import release_sizes, with_sizes


class GraphModule(CompositeModule):
    """Repeats the calls of a graph wherever it is called; its modules are shared with whoever else calls them.

    Args:
        graph: the graph, with free inputs.
        signature: its ports, where they are declared; the most general ones when not given.
    """

    segment: ClassVar[Segment] = "composite"

    def __init__(
        self, *, graph: OrderedCalls, signature: Signature | None = None, **options: Unpack[ModuleOptions]
    ) -> None:
        super().__init__(**options)
        self.graph = graph
        self._nm.signature = principal_signature(graph) if signature is None else signature

    def children(self) -> dict[str, NeuralModule]:
        """Return no modules of its own: those of its graph keep their own names."""
        return {}

    def build(self, **inputs: Any) -> Any:
        """Repeat the graph's calls on symbolic tensors, or compute them on values."""
        outputs = self.graph.compute(inputs) if recording.current_scope() is None else self.graph.repeat(inputs)
        return outputs[0] if len(outputs) == 1 else outputs


def principal_signature(graph: OrderedCalls) -> Signature:
    """Return the ports of a graph: the most general inputs that its calls take, and the outputs that follow.

    What its calls leave open about the sizes of inputs is a constraint of its ports: where one of them decides a size,
    the port says so. What no port can say stays with the calls and is judged wherever they are repeated.
    """
    types = input_types(graph)
    # each consumer takes the widened types, but two of them together may not: then those that were connected are taken
    ends = _record_on(types, graph) or _record_on(input_types(graph, widened=False), graph)
    assert ends is not None, "calls that were recorded can be recorded again"
    inputs, outputs = ends
    own = {name for tensor in inputs.values() for size in _sizes(tensor.type) for name in size.symbols()}
    solution = Solution(traced=False)  # no message will ask which ports took part
    equations = OrderedCalls(outputs, {}).equations if inputs else ()
    eliminate(equations, solution, lambda name: name in own)
    sizes = {name: solution.apply(Size(name)) for name in solution.values}
    solved = {
        f"{side}.{port}": with_sizes(tensor.type, sizes)
        for side, tensors in (("inputs", inputs), ("outputs", outputs))
        for port, tensor in tensors.items()
    }
    declared = iter(release_sizes(solved).values())
    return Signature(*(PortSpec(Port(port, next(declared)) for port in side) for side in (inputs, outputs)))


def input_types(graph: OrderedCalls, *, widened: bool = True) -> dict[str, NeuralType]:
    """Return the types of a graph's free inputs as ports declare them.

    Inputs that were made with a type keep it. Where a graph is cut at the output of a call, an input means what its
    consumers ask for, which may be more general than what happened to be connected; its sizes are those it had.
    """
    consumers: dict[NmTensor, list[NeuralType]] = {tensor: [] for tensor in graph.inputs.values()}
    for call in graph.calls if widened else ():
        for tensor, expected in _uses(call):
            if tensor in consumers and not isinstance(tensor.call.module, FreeInputs):
                consumers[tensor].append(expected)
    leaving = set(graph.outputs.values())  # an input that is an output too keeps its type: somebody outside reads it
    return release_sizes(
        {
            name: tensor.type if tensor in leaving else _widen(tensor.type, consumers[tensor])
            for name, tensor in graph.inputs.items()
        }
    )


def _record_on(
    types: Mapping[str, NeuralType], graph: OrderedCalls
) -> tuple[dict[str, NmTensor], dict[str, NmTensor]] | None:
    """Record the graph's calls on inputs of some types; return inputs and outputs, or None where these do not fit."""
    inputs = dict(zip(types, free_inputs(PortSpec(Port(*item) for item in types.items()), location=""), strict=True))
    try:
        outputs = graph.repeat(inputs)
    except NeuralTypeError:
        return None
    return inputs, dict(zip(graph.outputs, outputs, strict=True))


def _uses(call: Call) -> Iterator[tuple[NmTensor, NeuralType]]:
    """Yield each value that a call is given with the type that its port asks for; the value's own where it is cast."""
    for port, value in flat_arguments(call.inputs):
        if isinstance(value, NmTensor):
            yield value, value.type if port in call.typing.casts else call.module.inputs[port.partition("[")[0]].type


def _widen(type: NeuralType, expected: list[NeuralType]) -> NeuralType:
    """Return a type with the tags and kind that all consumers can do with, where they ask for tensors of its rank."""
    if not expected or any(port.form != "tensor" or port.rank != type.rank for port in expected):
        return type
    axes = tuple(_widen_axis(own, [port.axes[index] for port in expected]) for index, own in enumerate(type.axes))
    kind = type.kind
    if kind is not None and not kind.sizes:
        kinds = [port.kind.__class__ for port in expected if not isinstance(port.kind, KindVariable | None)]
        kind = max(kinds, key=_depth)() if kinds else None
    return NeuralType(Structure("tensor", axes, kind))


def _widen_axis(own: Axis, expected: list[Axis]) -> Axis:
    """Return an axis with the most specific of the tags that its consumers ask for."""
    tags = [port.tag for port in expected if isinstance(port, AxisType) and isinstance(port.tag, Nominal)]
    if not isinstance(own, AxisType) or len(tags) < len(expected):
        return own
    return axis_of(max(tags, key=_depth), own.size)


def _depth(name: Nominal) -> int:
    """How far below the top a tag or a kind is; of the ancestors of one name, the deepest is below all others."""
    return len(name.chain)


def _sizes(type: NeuralType) -> Iterator[Size]:
    kinds = (type.kind,) if isinstance(type.kind, Kind) else ()
    for size in (*(getattr(own, "size", None) for own in type.axes), *(size for kind in kinds for size in kind.sizes)):
        if isinstance(size, Size):
            yield size
