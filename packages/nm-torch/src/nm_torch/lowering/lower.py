"""Lowering: the framework segment of a plan becomes one plain `torch.nn.Module` with straight-line code.

The code is written by `torch.fx`, which drops every value after its last use and shows the source in tracebacks. It
calls `nn.Module.__call__` of each module, so hooks run and no symbolic dispatch is paid; submodules are registered
under their names, so parameters are called `encoder.blocks.0.weight`.
"""

from collections import namedtuple
from collections.abc import Collection, Iterable, Mapping
from operator import getitem
from typing import Any, ClassVar

from torch import fx, nn

from nm_core import NmTensor
from nm_core.errors import GraphError
from nm_core.graphs.open_checks import checks
from nm_core.graphs.plan import Plan
from nm_core.graphs.size_readers import Place
from nm_core.modules.views import View
from nm_core.symbols.tensor import Argument, Call, Constant
from nm_torch.loss import LossModule
from nm_torch.lowering.shape_checks import element_by_element, length_of, shape_check
from nm_torch.module import TorchModule


class Lowered(nn.Module):
    """The framework segment of a graph; each graph has a subclass of its own with generated `forward`.

    Attributes:
        input_names: arguments of `forward`, in order: `train_data__spec`, or the name of a free input.
        output_names: what `forward` returns, in order: one value bare, several as a named tuple.
    """

    input_names: ClassVar[tuple[str, ...]] = ()
    output_names: ClassVar[tuple[str, ...]] = ()


def lower(plan: Plan, *, totals: bool | Collection[Call] = False) -> Lowered:
    """Lower the framework segment of a plan to one plain module.

    The module deep-copies, shares the weights of the graph's modules, and is taken whole by `torch.compile`.

    Args:
        plan: its framework inputs become the arguments, its framework outputs the results.
        totals: give the totals of loss modules whose value only leaves the graph, instead of their means: of all of
            them, or of these calls.

    Raises:
        GraphError: the plan has no framework segment.
    """
    if not plan.framework:
        raise GraphError(
            f"{plan.graph.name} has nothing that runs in the framework; there is no module to lower it to.\n"
            "  Connect a module with weights, or call the Python modules directly."
        )
    return _Writer(plan, totals).lowered()


class _Writer:
    """Writes the code of one lowered graph."""

    def __init__(self, plan: Plan, totals: bool | Collection[Call]) -> None:
        self.plan = plan
        self.code = fx.Graph()
        self.root = nn.Module()
        self.paths: dict[int, str] = {}
        self.values: dict[NmTensor, fx.Node] = {}
        self.totals = calls_with_totals(plan) if totals is True else frozenset(totals or ())
        self.used = {tensor for call in plan.framework for tensor in call.sources_of_inputs()}
        self.used.update(plan.framework_outputs)
        open_calls = checks(plan)
        self.checks = {call: shape_check(call, open_calls.get(call)) for call in plan.framework}
        self.measured: dict[NmTensor, list[Place[NmTensor]]] = {}
        for place in dict.fromkeys(place for check in self.checks.values() if check for place in check.places):
            self.measured.setdefault(place.tensor, []).append(place)
        self.used.update(self.measured)
        self.lengths: dict[Place[NmTensor], fx.Node] = {}

    def lowered(self) -> Lowered:
        plan = self.plan
        needed = [place for place, tensor in enumerate(plan.framework_inputs) if _must_have(tensor, plan)]
        for place, tensor in enumerate(plan.framework_inputs):
            default = (None,) if place > max(needed, default=-1) else ()  # in Python those with a default come last
            self.values[tensor] = self.code.placeholder(plan.argument_name(tensor), None, *default)
        self._measure(plan.framework_inputs)
        for call in plan.framework:
            self._call(call)
            self._measure(call.tensors())
        names = tuple(_output_name(tensor, plan) for tensor in plan.framework_outputs)
        results = tuple(self.values[tensor] for tensor in plan.framework_outputs)
        # a call of its own: releases of torch before 2.9 do not know the class where a return statement writes it
        self.code.output(results[0] if len(results) == 1 else self.code.call_function(_structure(names), results))
        title = "".join(part.title() for part in plan.graph.name.replace(".", "_").split("_")) or "Graph"
        written = fx.GraphModule(self.root, self.code, class_name=title)
        body = {
            "__doc__": written.code.strip(),
            "forward": type(written).forward,
            "input_names": tuple(plan.argument_name(tensor) for tensor in plan.framework_inputs),
            "output_names": names,
        }
        lowered: Lowered = type(f"Lowered{title}", (Lowered,), body)()
        for name, child in self.root.named_children():
            lowered.add_module(name, child)
        return lowered

    def _call(self, call: Call) -> None:
        arguments = {port: self._argument(call, port) for port in call.module.inputs}
        self._check(call, arguments)
        if isinstance(call.module, View):
            (self.values[call.tensor("y")],) = arguments.values()
            return
        method = "summed" if call in self.totals else "compute"
        module = self.code.get_attr(self._path(call))
        label = self.plan.graph.labels[call].replace(".", "__")
        ports = list(call.types)
        name = f"{label}__{ports[0]}" if len(ports) == 1 else f"{label}__outputs"
        arguments |= call.module.typed_arguments(call)
        result = self.code.create_node("call_method", method, (module,), arguments, name=name)
        if len(ports) == 1:
            self.values[call.tensor(ports[0])] = result
            return
        for place, port in enumerate(ports):
            tensor = call.tensor(port)
            if tensor in self.used:
                self.values[tensor] = self.code.create_node(
                    "call_function", getitem, (result, place), name=f"{label}__{port}"
                )

    def _measure(self, tensors: Iterable[NmTensor]) -> None:
        """Read the lengths that later checks ask for now, so that no check keeps a value beyond its last use."""
        for tensor in tensors:
            for place in self.measured.get(tensor, ()):
                self.lengths[place] = self.code.call_function(length_of, (self.values[tensor], place.axis))

    def _check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        check = self.checks[call]
        if check is None:
            return
        given = element_by_element(arguments)
        lengths = [self.lengths[place] for place in check.places]
        self.code.call_function(check.function, (*(given[port] for port in check.ports), *lengths))

    def _argument(self, call: Call, port: str) -> Any:
        argument: Argument | None = call.inputs.get(port)
        if argument is None:
            return None
        if isinstance(argument, Constant):
            return argument.value
        if isinstance(argument, tuple):
            return [self._value(call, f"{port}[{place}]", item) for place, item in enumerate(argument)]
        return self._value(call, port, argument)

    def _value(self, call: Call, port: str, tensor: NmTensor) -> fx.Node:
        value = self.values[tensor]
        axes = call.typing.casts.get(port)
        return self.code.call_method("permute", (value, tuple(axes))) if axes else value

    def _path(self, call: Call) -> str:
        """Register the called module under its name, once, and return the name."""
        module = call.module
        known = self.paths.get(id(module))
        if known is not None:
            return known
        name = module.name
        if name in self.paths.values():  # only modules without weights may share a name
            name = self.plan.graph.labels[call]
        assert isinstance(module, TorchModule)
        _check_attribute(module)
        owner = self.root
        *parents, last = name.split(".")
        for parent in parents:
            if not hasattr(owner, parent):
                owner.add_module(parent, nn.Module())
            owner = owner.get_submodule(parent)
        owner.add_module(last, module)
        self.paths[id(module)] = name
        return name


def _check_attribute(module: TorchModule) -> None:
    """Refuse a name that is something else in every `nn.Module`, whose attributes its submodules are."""
    for part in module.name.split("."):
        if part in _TAKEN:
            raise GraphError(
                f'The module "{module.name}" cannot be lowered: "{part}" has a meaning of its own in PyTorch.\n'
                f'  Give it another name: {type(module).__name__}(..., name="my_{module.name}").'
            )


_TAKEN = frozenset(dir(Lowered()))


def calls_with_totals(plan: Plan) -> frozenset[Call]:
    """Return the calls of loss modules whose output nothing in the graph uses: those that can give totals."""
    used = {tensor.call for call in plan.calls for tensor in call.sources_of_inputs()}
    leaving = {tensor.call for tensor in plan.framework_outputs} - used
    return frozenset(call for call in leaving if isinstance(call.module, LossModule))


def may_leave_unused(plan: Plan) -> bool:
    """Tell whether some weights of a graph may have no part in its outputs.

    They may where a module with weights has an output that nothing takes, or an optional input left open. Outputs of
    whole numbers (lengths, indices) carry no gradient and do not count.
    """
    used = {tensor for call in plan.calls for tensor in call.sources_of_inputs()} | set(plan.outputs.values())
    for call in plan.framework:
        module = call.module
        if not isinstance(module, nn.Module) or not any(weight.requires_grad for weight in module.parameters()):
            continue
        unused = [tensor for tensor in call.tensors() if tensor not in used and tensor.port not in call.unavailable]
        if any(_carries_gradient(tensor) for tensor in unused) or len(call.inputs) < len(module.inputs):
            return True
    return False


def _carries_gradient(tensor: NmTensor) -> bool:
    kind = tensor.type.kind
    return not tensor.type.is_object and (kind is None or kind.dtype == "float")


def _must_have(tensor: NmTensor, plan: Plan) -> bool:
    """Tell whether some port that takes a tensor may not stay open."""
    for call in plan.framework:
        for port, argument in call.inputs.items():
            given = argument if isinstance(argument, tuple) else (argument,)
            if tensor in given and not call.module.inputs[port].optional:
                return True
    return False


def _output_name(tensor: NmTensor, plan: Plan) -> str:
    for name, output in plan.outputs.items():
        if output == tensor and name.isidentifier():
            return name
    return plan.argument_name(tensor)


def _structure(names: tuple[str, ...]) -> Any:
    return namedtuple("Outputs", names)
