"""Recording calls on symbolic tensors: arguments are bound to ports, and the type system decides on every edge."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import lru_cache
from typing import Any

from nm_core.errors import PortError, did_you_mean
from nm_core.symbols.arguments import CONTAINERS, explain_argument, holds_symbolic
from nm_core.symbols.component import CastPolicy, Component
from nm_core.symbols.constants import as_constant, constant_problems
from nm_core.symbols.corrections import correct_problems
from nm_core.symbols.distinct_names import DistinctNames
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.size_origins import find_origin, note_size_origins
from nm_core.symbols.tensor import Argument, Call, CompositeCall, NmTensor, flat_arguments
from nm_core.symbols.user_call import UserCall, read_user_call
from nm_core.symbols.user_location import user_location
from nm_types import CallTyping, DefinitionError, Edge, NeuralType, NeuralTypeError

_casts: ContextVar[CastPolicy] = ContextVar("nm_core_casts", default="error")
_scope: ContextVar[CompositeCall | None] = ContextVar("nm_core_scope", default=None)


@contextmanager
def casts(policy: CastPolicy) -> Iterator[None]:
    """Let calls inside the block insert visible transpose casts (`"transpose"`), or refuse them (`"error"`)."""
    if policy not in ("error", "transpose"):
        raise ValueError(f'casts must be "error" or "transpose", not {policy!r}.')
    token = _casts.set(policy)
    try:
        yield
    finally:
        _casts.reset(token)


def current_casts() -> CastPolicy:
    """Return the cast policy of the enclosing `casts` block."""
    return _casts.get()


def current_scope() -> CompositeCall | None:
    """Return the composite call whose `build` is running, if any."""
    return _scope.get()


@contextmanager
def inside(call: CompositeCall | None) -> Iterator[None]:
    """Record the calls of the block as having come out of a composite call."""
    token = _scope.set(call)
    try:
        yield
    finally:
        _scope.reset(token)


def is_symbolic(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    """Tell whether any argument is a symbolic tensor, or a container that holds one."""
    for value in args:
        kind = type(value)  # faster than isinstance, which asks a real tensor for its class
        if kind is NmTensor or (issubclass(kind, CONTAINERS) and holds_symbolic(value)):
            return True
    for value in kwargs.values():
        kind = type(value)
        if kind is NmTensor or (issubclass(kind, CONTAINERS) and holds_symbolic(value)):
            return True
    return False


def is_constant_inside(args: Sequence[object], kwargs: Mapping[str, object]) -> bool:
    """Tell whether a call in the `build` of a composite module is given constants of the graph and nothing else."""
    if _scope.get() is None:
        return False
    values = [value for value in (*args, *kwargs.values()) if value is not None]
    return bool(values) and all(as_constant(value) is not None for value in values)


def record(
    module: Component,
    args: Sequence[object],
    kwargs: Mapping[str, object],
    *,
    label: str | None = None,
    location: str | None = None,
    policy: CastPolicy | frozenset[str] | None = None,
) -> Call:
    """Record a call of a module on symbolic tensors.

    Args:
        label: a name for this call in its graph.
        location: where the call is written; found from the Python stack when not given.
        policy: what to do about axes in another order, or the ports at which they may be; that of the enclosing
            `casts` block when not given.

    Raises:
        PortError: an unknown, doubled or missing port, or a value that no graph can hold.
        NeuralTypeError: an edge whose types do not fit; all bad edges of the call at once.
    """
    owner = label or module.name
    where = user_location() if location is None else location
    inputs = symbolic_arguments(owner, module.inputs, bind_arguments(owner, module.inputs, args, kwargs), where)
    return record_arguments(module, inputs, label=label, location=where, policy=policy)


def record_arguments(
    module: Component,
    inputs: Mapping[str, Argument],
    *,
    label: str | None = None,
    location: str = "",
    policy: CastPolicy | frozenset[str] | None = None,
) -> Call:
    """Record a call whose arguments are bound to ports; see `record`."""
    owner = label or module.name
    typing = type_arguments(module, inputs, module.outputs, owner=owner, location=location, policy=policy)
    missing = unavailable(module, inputs)
    return Call(module, inputs, typing, unavailable=missing, location=location, label=label, scope=_scope.get())


def type_arguments(
    module: Component,
    inputs: Mapping[str, Argument],
    outputs: PortSpec,
    *,
    owner: str,
    location: str,
    policy: CastPolicy | frozenset[str] | None = None,
) -> CallTyping:
    """Check the edges of a call and give its outputs their types.

    Values whose own call failed are left out. Constants are held against their ports as outputs of calls are.

    Raises:
        NeuralTypeError: some edges do not fit; the error says where derived sizes come from.
    """
    problems = [*constant_problems(owner, module.inputs, inputs, declared=declared_in(module), location=location)]
    try:
        typing = module.type_edges(
            edges(owner, module, inputs),
            {port.name: port.type for port in outputs.values()},
            owner=owner,
            casts=_casts.get() if policy is None else policy,
            location=location,
        )
    except NeuralTypeError as error:
        explained = _explain_error(error, module, inputs, owner, location, policy)
        raise (NeuralTypeError([*problems, *explained.problems]) if problems else explained) from None
    except DefinitionError:
        if problems:  # what a constant stands for decides no output
            raise NeuralTypeError(problems) from None
        raise
    if problems:
        raise NeuralTypeError(problems)
    return typing


def _explain_error(
    error: NeuralTypeError,
    module: Component,
    inputs: Mapping[str, Argument],
    owner: str,
    location: str,
    policy: CastPolicy | frozenset[str] | None,
) -> NeuralTypeError:
    """Tell an error again with names that are of one call each, as the user writes them, and its true cause first."""
    tensors = [value for _, value in flat_arguments(inputs) if isinstance(value, NmTensor)]
    names = DistinctNames(tensors, owner)
    source = read_user_call(module.inputs, location)

    def type_inputs(values: Mapping[str, Argument], outputs: Mapping[str, NeuralType]) -> None:
        module.type_edges(
            [_spell_edge(edge, tensor, names, source) for edge, tensor in _edges(names.owner, module, values)],
            outputs,
            owner=names.owner,
            casts=_casts.get() if policy is None else policy,
            location=location,
        )

    def find_bad_ports(values: Mapping[str, Argument]) -> frozenset[str]:
        try:
            type_inputs(values, {})
        except NeuralTypeError as failure:
            return frozenset(problem.port for problem in failure.problems)
        return frozenset()

    try:
        type_inputs(inputs, {port.name: port.type for port in module.outputs.values()})
    except NeuralTypeError as told_apart:
        error = told_apart
    problems = correct_problems(error.problems, inputs, find_bad_ports, names.name)
    if names.repeated:
        problems = tuple(replace(problem, notes=(*problem.notes, *names.notes())) for problem in problems)
    return note_size_origins(NeuralTypeError(problems), lambda size: find_origin(size, tensors, names))


def _spell_edge(edge: Edge, tensor: NmTensor, names: DistinctNames, source: UserCall | None) -> Edge:
    """Write an edge with the names of its calls in the message, and the expressions of the user's code."""
    value, caller = "", ""
    if source is not None:
        value, caller = source.arguments.get(edge.port, ""), source.function
    return replace(edge, producer=names.name(tensor), given=names.type(tensor), value=value, caller=caller)


def unavailable(module: Component, inputs: Mapping[str, Argument]) -> dict[str, tuple[str, ...]]:
    """Return the outputs that have no value where only these inputs are connected, with the inputs that they need."""
    ports = module.outputs.values()
    return {port.name: port.needs for port in ports if not all(need in inputs for need in port.needs)}


def bind_arguments(
    owner: str, ports: PortSpec, args: Sequence[object], kwargs: Mapping[str, object]
) -> dict[str, object]:
    """Give positional and keyword arguments their port names, in the order of the ports.

    Raises:
        PortError: there are too many, an unknown or doubled name, or a required port is left open.
    """
    problems = []
    names = list(ports)
    if len(args) > len(names):
        problems.append(f"{owner} has {len(names)} input ports and was given {len(args)} values.")
    arguments: dict[str, object] = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in ports:
            problems.append(unknown_port(owner, name, ports))
        elif name in arguments:
            problems.append(f'{owner} was given "{name}" twice.')
        else:
            arguments[name] = value
    # None means open, as for an optional parameter of Python; ports come in their own order whatever that of the call
    arguments = {name: arguments[name] for name in names if arguments.get(name) is not None}
    missing = [port for port in ports.values() if not port.optional and port.name not in arguments]
    problems += [f'{owner} needs its input "{port.name}" ({port.type}), which was left open.' for port in missing]
    if problems:
        raise PortError("\n  ".join(problems) + f"\n  {list_ports(ports)}")
    return arguments


def unknown_port(owner: str, name: str, ports: PortSpec) -> str:
    """Say that there is no such input port, and which one was perhaps meant."""
    return f'{owner} has no input port "{name}".{did_you_mean(name, ports)}'


def list_ports(ports: PortSpec) -> str:
    """Say which input ports there are."""
    names = (f"{port.name}{' (optional)' if port.optional else ''}" for port in ports.values())
    return f"Its input ports: {', '.join(names) or 'none'}."


def symbolic_arguments(owner: str, ports: PortSpec, given: Mapping[str, object], location: str) -> dict[str, Argument]:
    """Convert the arguments of a call to parts of a graph.

    Raises:
        PortError: a value that no graph can hold, or one that has no value in its call.
    """
    arguments: dict[str, Argument] = {}
    for name, value in given.items():
        port = ports[name]
        if isinstance(value, NmTensor):
            _check_available(owner, name, value)
            arguments[name] = (value,) if port.variadic else value  # a variadic port holds a list, also of one
        elif port.variadic and isinstance(value, list | tuple) and all(isinstance(v, NmTensor) for v in value):
            for item in value:
                _check_available(owner, name, item)
            arguments[name] = tuple(value)
        else:
            constant = as_constant(value)
            if constant is None:
                raise PortError(explain_argument(owner, port, value, location))
            arguments[name] = constant
    return arguments


def _check_available(owner: str, port: str, value: NmTensor) -> None:
    if value.port in value.call.unavailable:
        raise PortError(f'{owner} was given {value.name} for "{port}", which {no_value(value)}')


def no_value(tensor: NmTensor) -> str:
    """Say that an output has no value in its call, and what has to be connected for one."""
    needs = " and ".join(tensor.call.unavailable[tensor.port])
    return f"has no value in that call.\n  It needs {needs} connected to {tensor.call.name}."


def edges(owner: str, module: Component, inputs: Mapping[str, Argument]) -> list[Edge]:
    """Return the edges of a call: for each tensor what the port expects and what it is given, but for failed ones."""
    return [edge for edge, _ in _edges(owner, module, inputs)]


def _edges(owner: str, module: Component, inputs: Mapping[str, Argument]) -> list[tuple[Edge, NmTensor]]:
    declared = declared_in(module)
    return [
        (
            Edge(
                owner,
                port,
                tensor.name,
                module.inputs[port.partition("[")[0]].type,
                tensor.type,
                declared,
                declared_at(tensor),
            ),
            tensor,
        )
        for port, tensor in flat_arguments(inputs)
        if isinstance(tensor, NmTensor) and not tensor.is_failed
    ]


def declared_at(tensor: NmTensor) -> str:
    """Return where the type of a tensor is declared: the class of its module, or the line of a free input."""
    return declared_in(tensor.call.module) or tensor.call.location


def declared_in(module: Component) -> str:
    """Return the class that declares a module's ports; none does for free inputs, a transpose, a claim."""
    path = module.class_path  # made anew each time, and asked for by every edge
    return "" if path.startswith("nm_core.") else path


# making a named tuple compiles a class, which costs more than the call that returns it
@lru_cache(maxsize=1024)
def _structure(owner: str, names: tuple[str, ...]) -> Any:
    return namedtuple(f"{owner}Outputs", names)


def structured(owner: str, names: tuple[str, ...], values: Sequence[Any]) -> Any:
    """Return one output bare and several as a named tuple in port order."""
    if len(names) == 1:
        return values[0]
    return _structure(owner, names)._make(values)
