"""The code of a lowered graph, written with `torch.fx`.

`torch.fx` drops every value after its last use and shows the source in tracebacks. The code calls `nn.Module.__call__`
of each module, so hooks run and no symbolic dispatch is paid; submodules are registered under their names, so
parameters are called `encoder.blocks.0.weight`.
"""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from operator import getitem
from typing import Any

from torch import fx, nn

from nm_core import NmTensor
from nm_core.errors import GraphError
from nm_core.graphs.open_checks import checks
from nm_core.graphs.plan import Plan
from nm_core.graphs.size_readers import Place
from nm_core.modules.views import View
from nm_core.symbols.tensor import Argument, Call, ConstantInput
from nm_torch.lowering.analysis import is_required
from nm_torch.lowering.lowered import Lowered
from nm_torch.lowering.shape_checks import element_by_element, length_of, shape_check
from nm_torch.module import TorchModule
from nm_types import NeuralType
from nm_types.unifying import release_sizes

RESERVED_NAMES = frozenset(dir(Lowered()))
"""Attributes of every `nn.Module`, which a submodule of the same name would hide."""


class CodeWriter:
    """Writes the code of one lowered graph.

    Args:
        plan: its framework segment is written.
        totals: the calls of losses that give their total instead of their mean.
    """

    def __init__(self, plan: Plan, totals: frozenset[Call]) -> None:
        self.plan = plan
        self.totals = totals
        self.code = fx.Graph()
        self.root = nn.Module()
        self.paths: dict[int, str] = {}
        self.values: dict[NmTensor, fx.Node] = {}
        self.used = {tensor for call in plan.framework for tensor in call.sources_of_inputs()}
        self.used.update(plan.framework_outputs)
        open_calls = checks(plan)
        self.checks = {call: shape_check(call, open_calls.get(call)) for call in plan.framework}
        self.measured_dims: dict[NmTensor, list[Place[NmTensor]]] = {}
        for dim in dict.fromkeys(dim for check in self.checks.values() if check for dim in check.dims):
            self.measured_dims.setdefault(dim.tensor, []).append(dim)
        self.used.update(self.measured_dims)
        self.lengths: dict[Place[NmTensor], fx.Node] = {}

    def write(self) -> Lowered:
        """Write all calls and return the module."""
        plan = self.plan
        self._write_placeholders()
        for call in plan.framework:
            self._write_call(call)
            self._write_lengths(call.tensors())
        names = tuple(_output_name(tensor, plan) for tensor in plan.framework_outputs)
        results = tuple(self.values[tensor] for tensor in plan.framework_outputs)
        # a call of its own: releases of torch before 2.9 do not know the class where a return statement writes it
        self.code.output(results[0] if len(results) == 1 else self.code.call_function(_named_tuple(names), results))
        title = "".join(part.title() for part in plan.graph.name.replace(".", "_").split("_")) or "Graph"
        # A plain module takes over the generated forward: a GraphModule has its own ways to be copied and pickled.
        written = fx.GraphModule(self.root, self.code, class_name=title)
        arguments = tuple(plan.argument_name(tensor) for tensor in plan.framework_inputs)
        types = _release_types((*plan.framework_inputs, *plan.framework_outputs))
        body = {
            "__doc__": written.code.strip(),
            "forward": type(written).forward,
            "input_names": arguments,
            "output_names": names,
            "input_types": dict(zip(arguments, types, strict=False)),
            "output_types": dict(zip(names, types[len(arguments) :], strict=True)),
        }
        lowered: Lowered = type(f"Lowered{title}", (Lowered,), body)()
        for name, child in self.root.named_children():
            lowered.add_module(name, child)
        return lowered

    def _write_placeholders(self) -> None:
        tensors = self.plan.framework_inputs
        last_required = max((i for i, tensor in enumerate(tensors) if is_required(tensor, self.plan)), default=-1)
        for i, tensor in enumerate(tensors):
            default = (None,) if i > last_required else ()  # in Python those with a default come last
            self.values[tensor] = self.code.placeholder(self.plan.argument_name(tensor), None, *default)
        self._write_lengths(tensors)

    def _write_call(self, call: Call) -> None:
        arguments = {port: self._argument(call, port) for port in call.module.inputs}
        self._write_check(call, arguments)
        if isinstance(call.module, View):
            # A view computes nothing: the cast of the edge, a permutation of axes, is in its argument already.
            (self.values[call.tensor("y")],) = arguments.values()
            return
        method = "summed" if call in self.totals else "compute"
        assert isinstance(call.module, TorchModule), "a declared module has no code"
        module = self.code.get_attr(self._register(call, call.module))
        label = self.plan.graph.labels[call].replace(".", "__")
        ports = list(call.types)
        name = f"{label}__{ports[0]}" if len(ports) == 1 else f"{label}__outputs"
        arguments |= call.module.typed_arguments(call)
        result = self.code.create_node("call_method", method, (module,), arguments, name=name)
        if len(ports) == 1:
            self.values[call.tensor(ports[0])] = result
            return
        for i, port in enumerate(ports):
            tensor = call.tensor(port)
            if tensor in self.used:
                self.values[tensor] = self.code.create_node(
                    "call_function", getitem, (result, i), name=f"{label}__{port}"
                )

    def _write_lengths(self, tensors: Iterable[NmTensor]) -> None:
        """Read the lengths that later checks ask for now, so that no check keeps a value beyond its last use."""
        for tensor in tensors:
            for dim in self.measured_dims.get(tensor, ()):
                self.lengths[dim] = self.code.call_function(length_of, (self.values[tensor], dim.axis))

    def _write_check(self, call: Call, arguments: Mapping[str, Any]) -> None:
        check = self.checks[call]
        if check is None:
            return
        elements = element_by_element(arguments)
        lengths = [self.lengths[dim] for dim in check.dims]
        self.code.call_function(check.function, (*(elements[port] for port in check.ports), *lengths))

    def _argument(self, call: Call, port: str) -> Any:
        argument: Argument | None = call.inputs.get(port)
        if argument is None:
            return None
        if isinstance(argument, ConstantInput):
            return argument.value
        if isinstance(argument, tuple):
            return [self._value(call, f"{port}[{i}]", tensor) for i, tensor in enumerate(argument)]
        return self._value(call, port, argument)

    def _value(self, call: Call, port: str, tensor: NmTensor) -> fx.Node:
        value = self.values[tensor]
        axes = call.typing.casts.get(port)
        return self.code.call_method("permute", (value, tuple(axes))) if axes else value

    def _register(self, call: Call, module: TorchModule) -> str:
        """Register the called module under its name, once, and return the name."""
        if id(module) in self.paths:
            return self.paths[id(module)]
        name = module.name
        if name in self.paths.values():  # only modules without weights may share a name
            name = self.plan.graph.labels[call]
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
        if part in RESERVED_NAMES:
            raise GraphError(
                f'The module "{module.name}" cannot be lowered: "{part}" has a meaning of its own in PyTorch.\n'
                f'  Give it another name: {type(module).__name__}(..., name="my_{module.name}").'
            )


def _release_types(tensors: Iterable[NmTensor]) -> list[NeuralType]:
    """Return the types of tensors as those of ports, whose names stand for the sizes of each run."""
    return list(release_sizes({str(number): tensor.type for number, tensor in enumerate(tensors)}).values())


def _output_name(tensor: NmTensor, plan: Plan) -> str:
    for name, output in plan.outputs.items():
        if output == tensor and name.isidentifier():
            return name
    return plan.argument_name(tensor)


def _named_tuple(names: tuple[str, ...]) -> Any:
    return namedtuple("Outputs", names)
