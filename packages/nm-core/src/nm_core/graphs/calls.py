"""`OrderedCalls`: the calls that lead from free inputs to outputs, in an order in which they can run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from copy import copy
from typing import Any

from nm_core.errors import GraphError
from nm_core.modules.free_inputs import FreeInputs
from nm_core.modules.module import NeuralModule
from nm_core.modules.views import View
from nm_core.symbols import recording
from nm_core.symbols.arguments import explain_item
from nm_core.symbols.component import CastPolicy, Component
from nm_core.symbols.tensor import Argument, Call, CompositeCall, ConstantInput, NmTensor
from nm_types import Equation

Outputs = NmTensor | Sequence[NmTensor] | Mapping[str, NmTensor]


class OrderedCalls:
    """The calls of a graph, each after those that it uses, between free inputs and outputs.

    Args:
        outputs: the graph's outputs by name.
        inputs: where to cut: what is above one of these tensors is left out. Free inputs are always cut.
        name: the graph's name in messages, files and drawings.
        named: names for some calls; all others are named by their label or their module.
        also: further tensors whose calls belong to the graph, such as those of a file that lead to no output.

    Attributes:
        calls: the calls in topological order.
        labels: a unique name for each call.
    """

    def __init__(
        self,
        outputs: Mapping[str, NmTensor],
        inputs: Mapping[str, NmTensor],
        *,
        name: str = "graph",
        named: Mapping[Call, str] | None = None,
        also: Iterable[NmTensor] = (),
    ) -> None:
        self.name = name
        self.outputs = dict(outputs)
        self.inputs = dict(inputs)
        self.named = dict(named or {})
        ordered = tuple(order_calls([*self.outputs.values(), *also], frozenset(self.inputs.values())))
        # free inputs are no calls to be run, though they are recorded as outputs of one
        self.free = tuple(call for call in ordered if isinstance(call.module, FreeInputs))
        self.calls = tuple(call for call in ordered if not isinstance(call.module, FreeInputs))
        self.labels = label_calls(self.calls, self.named)

    @property
    def modules(self) -> dict[str, NeuralModule]:
        """The live modules that are called, by name, in order of first use."""
        modules = {call.module.name: call.module for call in self.calls}
        return {name: module for name, module in modules.items() if isinstance(module, NeuralModule)}

    @property
    def equations(self) -> tuple[Equation, ...]:
        """The equations between sizes that the calls leave open, in the order of the calls."""
        return tuple(equation for call in self.calls for equation in call.typing.equations)

    @property
    def needed(self) -> dict[str, NmTensor]:
        """The free inputs that lead to an output; nobody has to give the others a value."""
        used = {tensor for call in self.calls for tensor in call.sources_of_inputs()} | set(self.outputs.values())
        return {name: tensor for name, tensor in self.inputs.items() if tensor in used}

    def repeat(self, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """Record the calls once more on other tensors, or constants, for the inputs; return the outputs."""
        values: dict[NmTensor, Any] = {tensor: inputs[name] for name, tensor in self.inputs.items()}
        scopes = _Scopes()
        for call in self.calls:
            values |= zip(call.tensors(), scopes.repeat(call, values).tensors(), strict=True)
        scopes.finish(values)
        for name, tensor in self.outputs.items():
            if not isinstance(values[tensor], NmTensor):
                raise GraphError(
                    f'The output "{name}" of {self.name} is an input that is given a constant: {values[tensor]!r}.\n'
                    "  Leave the output out: a graph gives what its calls compute."
                )
        return tuple(values[tensor] for tensor in self.outputs.values())

    def compute(self, inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        """Run the calls on values for the inputs; return the outputs."""
        values: dict[NmTensor, Any] = {tensor: inputs[name] for name, tensor in self.inputs.items()}
        for call in self.calls:
            result = _compute(call, values)
            values |= zip(call.tensors(), (result,) if len(call.types) == 1 else result, strict=True)
        return tuple(values[tensor] for tensor in self.outputs.values())


class _Scopes:
    """Repeats calls, each inside a copy of the composite calls that it came out of."""

    def __init__(self) -> None:
        self._copies: dict[CompositeCall, CompositeCall] = {}
        self._around = recording.current_scope()
        self._location = None if self._around is None else self._around.location

    def repeat(self, call: Call, values: Mapping[NmTensor, Any]) -> Call:
        """Record a call once more on the values that have taken the place of its arguments."""
        if not call.inputs:  # a data layer is one stream: its call is one in all graphs
            return call
        # what did not have to be cast must not be cast now, or the graph would take values that its ports refuse
        policy: CastPolicy = "transpose" if call.typing.casts else "error"
        with recording.inside(self._copy(call.scope)):
            return recording.record(
                call.module,
                (),
                replace_tensors(call.inputs, values),
                label=call.label,
                location=self._location,
                policy=policy,
            )

    def finish(self, values: Mapping[NmTensor, Any]) -> None:
        """Give the copies the tensors that took the place of those of the composite calls."""
        for call, repeated in self._copies.items():
            inputs = {port: _replace(argument, values) for port, argument in call.inputs.items()}
            repeated.inputs = {port: argument for port, argument in inputs.items() if argument is not None}
            repeated.outputs = {port: values[tensor] for port, tensor in call.outputs.items() if tensor in values}

    def _copy(self, scope: CompositeCall | None) -> CompositeCall | None:
        if scope is None:
            return self._around
        if scope not in self._copies:
            self._copies[scope] = repeated = copy(scope)
            repeated.scope = self._copy(scope.scope)
        return self._copies[scope]


def _replace(argument: Any, values: Mapping[NmTensor, Any]) -> Any:
    """Replace the tensors in an input of a composite call; None for a tensor that the graph does without."""
    if isinstance(argument, NmTensor):
        return values.get(argument)
    if isinstance(argument, tuple):
        return tuple(values[tensor] for tensor in argument if tensor in values)
    return argument


def replace_tensors(inputs: Mapping[str, Argument], values: Mapping[NmTensor, Any]) -> dict[str, Any]:
    """Return the arguments of a call with values in the place of tensors and constants."""
    arguments: dict[str, Any] = {}
    for port, argument in inputs.items():
        if isinstance(argument, ConstantInput):
            arguments[port] = argument.value
        else:
            arguments[port] = [values[t] for t in argument] if isinstance(argument, tuple) else values[argument]
    return arguments


def _compute(call: Call, values: Mapping[NmTensor, Any]) -> Any:
    arguments = replace_tensors(call.inputs, values)
    for path, axes in call.typing.casts.items():
        port, _, index = path.partition("[")
        if index:
            number = int(index.removesuffix("]"))
            arguments[port][number] = permute(arguments[port][number], axes)
        else:
            arguments[port] = permute(arguments[port], axes)
    module = call.module
    assert isinstance(module, NeuralModule), "a declared module computes nothing"
    if isinstance(module, View):  # what it does to the value, if anything, is the cast
        return module.forward(**arguments)
    return module(**arguments, **module.typed_arguments(call))


def order_calls(tensors: Iterable[NmTensor], stop: frozenset[NmTensor]) -> Iterator[Call]:
    """Yield calls so that each comes after those it uses; depth first without recursion, in order of ports."""
    # a stack of iterators instead of recursion: chains of calls are longer than Python's stack is deep
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


def named_outputs(outputs: Outputs) -> dict[str, NmTensor]:
    """Return outputs by name; a list is named by ports, and by module and port where two ports agree.

    Raises:
        GraphError: there is none, or one is no symbolic tensor or has no value in its call.
    """
    if isinstance(outputs, Mapping):
        named = dict(outputs)
    elif isinstance(outputs, Set):
        raise GraphError("The outputs of a graph have an order, and a set has none.\n  Give a list of them.")
    else:
        if not isinstance(outputs, Iterable):
            raise GraphError(
                f"{explain_item('The output', outputs)}\n"
                "  The outputs of a graph are symbolic tensors; call the modules on symbolic tensors first."
            )
        tensors = [outputs] if isinstance(outputs, NmTensor) else list(outputs)
        for index, tensor in enumerate(tensors):
            if not isinstance(tensor, NmTensor):
                raise GraphError(
                    f"{explain_item(f'outputs[{index}]', tensor)}\n"
                    "  The outputs of a graph are symbolic tensors; call the modules on symbolic tensors first."
                )
        ports = [tensor.port for tensor in tensors]
        named = {}
        for tensor in tensors:
            base = tensor.port if ports.count(tensor.port) == 1 else tensor.name.replace(".", "_")
            named[free_name(base, named)] = tensor
    if not named:
        raise GraphError("A graph needs at least one output.")
    for name, tensor in named.items():
        if not isinstance(name, str):
            raise GraphError(f"The name of an output is text, and {name!r} was given.")
        if not isinstance(tensor, NmTensor):
            raise GraphError(explain_item(f'The output "{name}"', tensor))
        if tensor.port in tensor.call.unavailable:
            needs = " and ".join(tensor.call.unavailable[tensor.port])
            raise GraphError(f"{tensor.name} has no value in that call: it needs {needs} to be connected.")
    return named


def label_calls(calls: Sequence[Call], named: Mapping[Call, str]) -> dict[Call, str]:
    """Name each call: as it was asked for, else by its module. Labels inside a composite call are its own affair."""
    explicit = {call: named.get(call, call.label if call.scope is None else None) for call in calls}
    used = {label for label in explicit.values() if label}
    labels: dict[Call, str] = {}
    for call, label in explicit.items():
        if label is None:
            label = free_name(call.module.name, used)
            used.add(label)
        labels[call] = label
    return labels


def free_name(base: str, names: Iterable[str]) -> str:
    """Return a name that is not among `names`: the base, else with the first number that is free."""
    if base not in names:
        return base
    number = 2  # the first of a name has none, as people count
    while f"{base}_{number}" in names:
        number += 1
    return f"{base}_{number}"


def check_distinct_names(modules: Iterable[Component]) -> None:
    """Refuse two modules with weights and one name, since names prefix weights in graphs and checkpoints.

    Raises:
        GraphError: there are two.
    """
    by_name: dict[str, Component] = {}
    for module in modules:
        first = by_name.setdefault(module.name, module)
        if first is not module and (module.has_weights() or first.has_weights()):
            kind = type(module).__name__
            raise GraphError(
                f'Two modules are named "{module.name}" ({type(first).__name__} and {kind}), '
                "and names prefix weights.\n"
                f'  Give one of them a name of its own: {kind}(..., name="another_{module.name}").'
            )


def permute(value: Any, permutation: Sequence[int]) -> Any:
    """Reorder the axes of a value that knows how: axis i of the result is axis `permutation[i]` of the value."""
    if hasattr(value, "permute"):
        return value.permute(tuple(permutation))
    return value.transpose(tuple(permutation))
