"""`Graph`: the calls that lead to some tensors, cut out of whatever else was built."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property
from typing import Any

from nm_core.errors import GraphError, PortError, did_you_mean
from nm_core.graphs.graph_module import GraphModule, Scopes
from nm_core.graphs.plan import Plan, permute
from nm_core.graphs.principal import principal_signature
from nm_core.modules.free_inputs import FreeInputs
from nm_core.modules.module import NeuralModule, Signature
from nm_core.modules.views import View
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, Constant, NmTensor
from nm_types import Equation, NeuralTypeError, check_equations
from nm_types.frames import boundary

Outputs = NmTensor | Sequence[NmTensor] | Mapping[str, NmTensor]


class Graph:
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
        self.name = name
        self.named = dict(named or {})
        self.outputs = named_outputs(outputs)
        self.inputs = dict(inputs or {})
        self.calls = tuple(_ancestors(self.outputs.values(), frozenset(self.inputs.values())))
        if inputs is None:
            for call in self.calls:
                if isinstance(call.module, FreeInputs):
                    self.inputs |= {tensor.port: tensor for tensor in call.tensors()}
            self.calls = tuple(call for call in self.calls if not isinstance(call.module, FreeInputs))
        else:
            self._check_cut()
        self.labels = _labels(self.calls, self.named)
        check_distinct_names(call.module for call in self.calls)
        problems = check_equations(self.equations)
        if problems:
            raise NeuralTypeError(problems)

    @property
    def equations(self) -> tuple[Equation, ...]:
        """What the calls leave open about sizes, each equation with its connection, in the order of the calls."""
        return tuple(equation for call in self.calls for equation in call.typing.equations)

    @property
    def modules(self) -> dict[str, NeuralModule]:
        """The modules called in the graph, by name, in order of first use."""
        return {call.module.name: call.module for call in self.calls}

    @property
    def needed(self) -> dict[str, NmTensor]:
        """The free inputs that lead to an output; nobody has to give the others a value."""
        used = {tensor for call in self.calls for tensor in call.sources_of_inputs()} | set(self.outputs.values())
        return {name: tensor for name, tensor in self.inputs.items() if tensor in used}

    @cached_property
    def signature(self) -> Signature:
        """The graph's ports: the most general inputs that its calls take together, and the outputs that follow."""
        return principal_signature(self)

    @cached_property
    def module(self) -> NeuralModule:
        """The graph as a module of other graphs: its ports are its inputs and outputs, its modules are shared."""
        return GraphModule(graph=self, name=self.name)

    def plan(self) -> Plan:
        """Order the graph for a backend: sources, one framework segment, a host suffix."""
        return Plan.of(self)

    def subgraph(self, outputs: Mapping[str, NmTensor], *, name: str | None = None) -> Graph:
        """Return the calls of the graph that lead to some of its tensors; nothing is cut or solved again.

        Args:
            outputs: tensors of calls of the graph, by the names that they have as outputs.
            name: what the part is called; like the graph when not given.
        """
        used = {tensor.call for tensor in outputs.values()}
        for call in reversed(self.calls):
            if call in used:
                used |= {tensor.call for tensor in call.sources_of_inputs()}
        part = Graph.__new__(Graph)
        part.name, part.named, part.outputs = name or self.name, {}, dict(outputs)
        part.calls = tuple(call for call in self.calls if call in used)
        part.labels = _labels(part.calls, part.named)
        part.inputs = self.inputs
        part.inputs = part.needed
        return part

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
        return recording.structured(self.name.title(), tuple(self.outputs), self.repeat(values, symbolic=False))

    def repeat(self, given: Mapping[str, Any], *, symbolic: bool) -> tuple[Any, ...]:
        """Run the calls once more on what its inputs are given; return the outputs.

        Args:
            symbolic: record calls; without it, compute values.
        """
        known: dict[NmTensor, Any] = {tensor: given[name] for name, tensor in self.inputs.items()}
        scopes = Scopes()
        for call in self.calls:
            with scopes.around(call) if symbolic else nullcontext():
                result = _repeat(call, known, symbolic)
            results = (result,) if len(call.types) == 1 else result
            known |= dict(zip(call.tensors(), results, strict=True))
        scopes.finish(known)
        return tuple(known[tensor] for tensor in self.outputs.values())

    def _repr_svg_(self) -> str:
        """Return the drawing that notebooks show."""
        from nm_core.application.notebook import graph_svg

        return graph_svg(self)

    def _check_cut(self) -> None:
        needed = self.needed
        for name, tensor in self.inputs.items():
            if name not in needed:
                raise GraphError(f'The input "{name}" ({tensor.name}) of {self.name} leads to none of its outputs.')
        self.check_no_source()

    def check_no_source(self) -> None:
        """Check that the graph computes from its inputs alone.

        Raises:
            GraphError: a data layer leads to its outputs.
        """
        for call in self.calls:
            if call.module.segment == "source":
                path = _path(call, self.calls, frozenset(self.inputs.values()))
                raise GraphError(
                    f"{self.name} is cut at {', '.join(self.inputs) or 'no inputs'}, yet a path from "
                    f"{call.module.name} is open:\n    {path}\n"
                    "  Name a tensor of that path among the inputs, or leave inputs out to keep the data layer."
                )

    def __repr__(self) -> str:
        ends = f"{', '.join(self.inputs) or 'no inputs'} -> {', '.join(self.outputs)}"
        return f"<graph {self.name}: {len(self.calls)} calls, {ends}>"


def named_outputs(outputs: Outputs) -> dict[str, NmTensor]:
    """Return outputs by name; a list is named by ports, and by module and port where two ports agree."""
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    else:
        tensors = [outputs] if isinstance(outputs, NmTensor) else list(outputs)
        if not all(isinstance(tensor, NmTensor) for tensor in tensors):
            raise GraphError("The outputs of a graph are symbolic tensors; call the modules on symbolic tensors first.")
        ports = [tensor.port for tensor in tensors]
        named = {}
        for tensor in tensors:
            base = tensor.port if ports.count(tensor.port) == 1 else tensor.name.replace(".", "_")
            named[_free_name(base, named)] = tensor
    if not named:
        raise GraphError("A graph needs at least one output.")
    for name, tensor in named.items():
        if not isinstance(tensor, NmTensor):
            raise GraphError(f'The output "{name}" is a {type(tensor).__name__}, not a symbolic tensor.')
        if tensor.port in tensor.call.unavailable:
            needs = " and ".join(tensor.call.unavailable[tensor.port])
            raise GraphError(f"{tensor.name} has no value in that call: it needs {needs} to be connected.")
    return named


def _ancestors(tensors: Iterable[NmTensor], stop: frozenset[NmTensor]) -> Iterator[Call]:
    """Yield calls so that each comes after those it uses; depth first without recursion, in order of ports."""
    done: set[Call] = set()
    stack: list[tuple[Call, Iterator[NmTensor]]] = []
    for tensor in tensors:
        if tensor in stop or tensor.call in done:
            continue
        done.add(tensor.call)
        stack.append((tensor.call, tensor.call.sources_of_inputs()))
        while stack:
            call, above = stack[-1]
            for parent in above:
                if parent not in stop and parent.call not in done:
                    done.add(parent.call)
                    stack.append((parent.call, parent.call.sources_of_inputs()))
                    break
            else:
                stack.pop()
                yield call


def _labels(calls: Sequence[Call], named: Mapping[Call, str]) -> dict[Call, str]:
    labels: dict[Call, str] = {}
    taken: set[str] = {label for call in calls if (label := named.get(call, call.label))}
    for call in calls:
        label = named.get(call, call.label)
        if label is None:
            label = _free_name(call.module.name, taken)
            taken.add(label)
        labels[call] = label
    return labels


def _free_name(base: str, taken: Iterable[str]) -> str:
    if base not in taken:
        return base
    number = 2
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"


def check_distinct_names(modules: Iterable[NeuralModule]) -> None:
    """Refuse two modules with weights and one name, since names prefix weights in graphs and checkpoints."""
    seen: dict[str, NeuralModule] = {}
    for module in modules:
        other = seen.setdefault(module.name, module)
        if other is not module and (module.has_weights() or other.has_weights()):
            raise GraphError(
                f'Two modules are named "{module.name}" ({type(other).__name__} and {type(module).__name__}), '
                "and names prefix weights.\n"
                f'  Give one of them a name of its own: {type(module).__name__}(..., name="another_{module.name}").'
            )


def _path(call: Call, calls: Sequence[Call], cut: frozenset[NmTensor]) -> str:
    """Follow a call down to an output along tensors that are not cut."""
    path, current = call.module.name, call
    for later in calls:
        used = [tensor for tensor in later.sources_of_inputs() if tensor.call is current and tensor not in cut]
        if used:
            path += f".{used[0].port} -> {later.module.name}"
            current = later
    return path


def _repeat(call: Call, known: Mapping[NmTensor, Any], symbolic: bool) -> Any:
    def cast(port: str, value: Any) -> Any:
        axes = call.typing.casts.get(port)
        return permute(value, axes) if axes and not symbolic else value

    arguments: dict[str, Any] = {}
    for port, argument in call.inputs.items():
        if isinstance(argument, Constant):
            arguments[port] = argument.value
        elif isinstance(argument, tuple):
            arguments[port] = [cast(f"{port}[{place}]", known[tensor]) for place, tensor in enumerate(argument)]
        else:
            arguments[port] = cast(port, known[argument])
    if isinstance(call.module, View) and not symbolic:
        return call.module.forward(**arguments)
    if not symbolic:
        arguments |= call.module.typed_arguments(call)
    policy: recording.CastPolicy = "transpose" if call.typing.casts else "error"
    if symbolic and arguments and not recording.is_symbolic((), arguments):  # constants are part of a graph, no values
        tensors = recording.record(call.module, (), arguments, policy=policy).tensors()
        return tensors[0] if len(tensors) == 1 else tensors
    with recording.casts(policy):
        return call.module(**arguments)
