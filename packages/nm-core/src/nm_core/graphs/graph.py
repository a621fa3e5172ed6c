"""`Graph`: the calls that lead to some tensors, cut out of whatever else was built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nm_core.errors import GraphError, PortError, did_you_mean
from nm_core.graphs.calls import OrderedCalls, Outputs, check_distinct_names, label_calls, named_outputs
from nm_core.graphs.graph_module import GraphModule, principal_signature
from nm_core.graphs.input_values import InputValues
from nm_core.graphs.plan import Plan
from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import Signature
from nm_core.symbols import recording
from nm_core.symbols.distinct_names import DistinctNames
from nm_core.symbols.tensor import Call, NmTensor
from nm_types import NeuralTypeError, check_equations
from nm_types.frames import boundary

if TYPE_CHECKING:
    from nm_core.drawing.sketch import Sketch, Unfold


class Graph(OrderedCalls):
    """The ancestors of some tensors, in an order in which they can run.

    Args:
        outputs: what the graph gives: a tensor, a list (named by their ports) or a mapping from name to tensor.
        inputs: where to cut: a mapping from name to tensor. What is above a cut is left out. Free inputs made with
            `nm_core.inputs` are cut without being named.
        name: the graph's name in messages, files and drawings.
        named: names for calls of data layers; their calls are one in all graphs, and may be called otherwise in each.

    Attributes:
        calls: the calls in topological order.
        inputs: the graph's free inputs by name.
        outputs: the graph's outputs by name.
        labels: a unique name for each call.
        named: the names asked for calls of data layers.

    Example:
        >>> from nm_core import Graph, NeuralModule, inputs, ports
        >>> class Double(NeuralModule):
        ...     input_ports = ports(x="B Channel:4")
        ...     output_ports = ports(y="B Channel:4")
        ...
        ...     def forward(self, x):
        ...         return [2 * value for value in x]
        >>> x = inputs(x="B Channel:4")
        >>> graph = Graph({"y": Double(name="double")(x=x)}, name="doubling")
        >>> graph
        <graph doubling: 1 calls, x -> y>
        >>> graph(x=[1, 2])
        [2, 4]

    Raises:
        GraphError: a data layer above an open path, an input that leads nowhere, or two modules with weights and
            one name.
        NeuralTypeError: calls that are possible one by one ask for sizes that cannot all hold together.
    """

    @boundary
    def __init__(
        self,
        outputs: Outputs,
        inputs: Mapping[str, NmTensor] | None = None,
        *,
        name: str = "graph",
        named: Mapping[Call, str] | None = None,
    ) -> None:
        super().__init__(named_outputs(outputs), inputs or {}, name=name, named=named)
        if inputs is None:
            self.inputs |= {tensor.port: tensor for call in self.free for tensor in call.tensors()}
        else:
            self._check_cut()
        check_distinct_names(call.module for call in self.calls)
        problems = check_equations(self.equations)
        if problems:  # told once more, with names that are of one call each
            names = DistinctNames([*self.outputs.values(), *(t for call in self.calls for t in call.tensors())])
            retold = check_equations(equation for call in self.calls for equation in names.equations(call))
            problems = tuple(replace(problem, notes=(*problem.notes, *names.notes())) for problem in retold)
            raise NeuralTypeError(problems)

    @cached_property
    def signature(self) -> Signature:
        """The graph's ports: the most general inputs that its calls take together, and the outputs that follow."""
        return principal_signature(self)

    @cached_property
    def module(self) -> NeuralModule:
        """The graph as a module of other graphs: its ports are its inputs and outputs, its modules are shared."""
        return GraphModule(graph=self, signature=self.signature, name=self.name)

    def plan(self) -> Plan:
        """Order the graph for a backend: sources, one framework segment, a host suffix."""
        return Plan.of(self)

    @cached_property
    def prepared(self) -> WeakKeyDictionary[Any, Any]:
        """What actions have made of the graph, by who made it: it lives as long as both of them, and no longer."""
        return WeakKeyDictionary()

    @cached_property
    def input_values(self) -> InputValues:
        """The converter and checker of values that are given for the graph's free inputs.

        Raises:
            GraphError: a data layer leads to its outputs beside its free inputs.
        """
        if self.needed:
            self.check_no_source()
        return InputValues(self)

    @cached_property
    def _parts(self) -> dict[Any, Graph]:
        return {}

    def subgraph(self, outputs: Mapping[str, NmTensor], *, name: str | None = None) -> Graph:
        """Return the calls of the graph that lead to some of its tensors; nothing is cut or solved again.

        The same part is the same graph, so that what was prepared for it serves again.

        Args:
            outputs: tensors of calls of the graph, by the names that they have as outputs.
            name: what the part is called; like the graph when not given.
        """
        key = name, tuple(outputs.items())
        if key not in self._parts:
            self._parts[key] = self._part(outputs, name)
        return self._parts[key]

    def _part(self, outputs: Mapping[str, NmTensor], name: str | None) -> Graph:
        used = {tensor.call for tensor in outputs.values()}  # grows from the end: consumers come after producers
        for call in reversed(self.calls):
            if call in used:
                used |= {tensor.call for tensor in call.sources_of_inputs()}
        part = Graph.__new__(Graph)  # not __init__, which would cut and solve once more
        part.name, part.named, part.outputs = name or self.name, {}, dict(outputs)
        part.calls = tuple(call for call in self.calls if call in used)
        part.labels = label_calls(part.calls, part.named)
        part.inputs = self.inputs
        part.inputs = part.needed
        return part

    def sketch(self, *, unfold: Unfold = ()) -> Sketch:
        """Sketch the graph for a drawing; each composite module and nested graph that `unfold` does not name is folded.

        Raises:
            GraphError: a name or pattern to unfold meets nothing.
        """
        from nm_core.graphs.sketching import sketch_calls  # most programs draw nothing

        return sketch_calls(self, unfold)

    @boundary
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the graph on values, or call it on symbolic tensors as the module that it is."""
        values = dict(zip(self.inputs, args, strict=False)) | kwargs
        for name in values:
            if name not in self.inputs:
                raise PortError(f'{self.name} has no input "{name}".{did_you_mean(name, self.inputs)}')
        missing = [name for name in self.inputs if name not in values]
        if missing:
            raise PortError(f"{self.name} needs its inputs {', '.join(missing)}, which were left open.")
        if recording.is_symbolic((), values) or not values:
            return self.module(**values)
        return recording.structured(self.name.title(), tuple(self.outputs), self.compute(values))

    def _repr_svg_(self) -> str:
        """Return the drawing that notebooks show."""
        from nm_core.graphs.sketching import graph_svg

        return graph_svg(self)

    def _check_cut(self) -> None:
        needed = self.needed
        for name, tensor in self.inputs.items():
            if name not in needed:
                raise GraphError(f'The input "{name}" ({tensor.name}) of {self.name} leads to none of its outputs.')
        self._check_no_source((*self.free, *self.calls))

    def check_no_source(self) -> None:
        """Check that the graph computes from its inputs alone.

        Raises:
            GraphError: a data layer leads to its outputs.
        """
        self._check_no_source(self.calls)

    def _check_no_source(self, calls: Iterable[Call]) -> None:
        for call in calls:
            if call.module.segment == "source":
                raise GraphError(
                    f"{self.name} is cut at {', '.join(self.inputs) or 'no inputs'}, yet a path from "
                    f"{call.module.name} is open:\n    {self._path_from(call)}\n"
                    "  Name a tensor of that path among the inputs, or leave inputs out to keep the data layer."
                )

    def _path_from(self, call: Call) -> str:
        """Follow a call down to an output along tensors that are not cut."""
        cut = frozenset(self.inputs.values())
        path = call.module.name
        for later in self.calls:
            used = [tensor for tensor in later.sources_of_inputs() if tensor.call is call and tensor not in cut]
            if used:
                path += f".{used[0].port} -> {later.module.name}"
                call = later
        return path

    def __repr__(self) -> str:
        ends = f"{', '.join(self.inputs) or 'no inputs'} -> {', '.join(self.outputs)}"
        return f"<graph {self.name}: {len(self.calls)} calls, {ends}>"
