"""Running a plan: the framework segment as one callable, and the host suffix after it."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from nm_core import Call, GraphError, NmTensor, Plan
from nm_core.graphs.calls import permute
from nm_core.graphs.open_checks import checks
from nm_core.graphs.run_time_check import Observed, build_run_time_check
from nm_core.symbols.tensor import ConstantInput
from nm_core_reference.modules import ReferenceModule
from nm_core_reference.tensor import Tensor

Values = dict[NmTensor, Any]


class Steps:
    """Runs calls of a plan, in their order, over values by tensor."""

    def __init__(self, plan: Plan, calls: tuple[Call, ...], kept: set[NmTensor]) -> None:
        found = checks(plan)
        self.calls = calls
        self.last_use = {call: [one for one in plan.last_use[call] if one not in kept] for call in calls}
        self.checks = {call: found[call] for call in calls if call in found and found[call].ports}
        self.judges = {call: build_run_time_check(call, check, see) for call, check in self.checks.items()}
        self.measured = {place for check in self.checks.values() for place in check.places}

    def run(self, values: Values) -> Values:
        """Compute every call into `values`, drop what nothing needs after it, and return what is left."""
        lengths = {place: length_of(values.get(place.tensor), place.axis) for place in self.measured}
        for call in self.calls:
            given = {port: self.argument(call, port, values) for port in call.module.inputs}
            if call in self.judges:
                check = self.checks[call]
                looked = [_item(given, port) for port in check.ports]
                self.judges[call](looked, [lengths[place] for place in check.places])
                del looked
            result = call.module.forward(**given, **call.module.typed_arguments(call))
            del given
            for tensor, value in zip(call.tensors(), (result,) if len(call.types) == 1 else result, strict=True):
                values[tensor] = value
                lengths |= {p: length_of(value, p.axis) for p in self.measured if p.tensor == tensor}
            del result, value
            for tensor in self.last_use[call]:
                values.pop(tensor, None)
        return values

    def argument(self, call: Call, port: str, values: Values) -> Any:
        """Return what a port of a call is given."""
        argument = call.inputs.get(port)
        if argument is None:
            return None
        if isinstance(argument, ConstantInput):
            return argument.value
        if isinstance(argument, tuple):
            return [self.cast(call, f"{port}[{place}]", values.get(one)) for place, one in enumerate(argument)]
        return self.cast(call, port, values.get(argument))

    def cast(self, call: Call, port: str, value: Any) -> Any:
        """Return a value with the cast of its edge applied, if it has one."""
        axes = call.typing.casts.get(port)
        return permute(value, axes) if axes else value


class Lowered:
    """The framework segment of a plan as one callable.

    Attributes:
        modules: those it calls, by name; their weights are its own.
    """

    steps: Callable[..., Steps] = Steps

    def __init__(self, plan: Plan) -> None:
        if not plan.framework:
            raise GraphError(f"{plan.graph.name} has nothing that runs in the framework.")
        self.outputs = plan.framework_outputs
        self.names = [plan.argument_name(tensor) for tensor in plan.framework_inputs]
        self.inputs = dict(zip(self.names, plan.framework_inputs, strict=True))
        self.body = self.steps(plan, plan.framework, set(self.outputs))
        self.modules = {n: m for n, m in plan.graph.modules.items() if isinstance(m, ReferenceModule)}
        self.structure: Any = namedtuple("Outputs", [plan.argument_name(tensor) for tensor in self.outputs])

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs, one bare, several as a named tuple."""
        given = dict(zip(self.names, args, strict=False)) | kwargs
        values = self.body.run({self.inputs[name]: value for name, value in given.items()})
        results = [values[tensor] for tensor in self.outputs]
        return results[0] if len(results) == 1 else self.structure(*results)


class Execution:
    """A whole plan, ready to compute micro-batches."""

    def __init__(self, plan: Plan, lowered: Callable[[Plan], Lowered]) -> None:
        self.plan = plan
        self.lowered = lowered(plan) if plan.framework else None
        body = self.lowered.body if self.lowered else None
        steps = type(body) if body else Steps
        self.host = steps(plan, plan.host, set(plan.outputs.values()))
        self.modules: Mapping[str, ReferenceModule] = self.lowered.modules if self.lowered else {}

    def compute(self, known: Values) -> Values:
        """Return the values of the plan's outputs from those of its source or free inputs."""
        values = dict(known)
        if self.lowered is not None:
            made = self.lowered(*[known.get(tensor) for tensor in self.plan.framework_inputs])
            values |= dict(zip(self.lowered.outputs, (made,) if len(self.lowered.outputs) == 1 else made, strict=True))
        return self.host.run(values)


def see(value: Any) -> Observed | None:
    """Return what a check sees of a tensor."""
    return Observed(value.shape, value.family) if isinstance(value, Tensor) else None


def length_of(value: Any, axis: int) -> int | None:
    """Return the length of an axis of a tensor."""
    return value.shape[axis] if isinstance(value, Tensor) and axis < len(value.shape) else None


def _item(given: Mapping[str, Any], port: str) -> Any:
    """Return the value of a port, or of an item of a list: `xs[0]`."""
    name, _, place = port.partition("[")
    return given[name][int(place[:-1])] if place else given[name]
