"""One call of a graph in a file: its ports are known and connected, and the types of every connection fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nm_core.application.checking.context import Context
from nm_core.application.checking.scope import GraphScope
from nm_core.application.form.entries import CallEntry, Input, Reference, Value
from nm_core.application.text.problems import Path
from nm_core.errors import NmError
from nm_core.symbols import recording
from nm_core.symbols.component import CastPolicy, Component
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Argument, Call, ConstantInput, NmTensor
from nm_types import Fix, NeuralTypeError, Problem


@dataclass(frozen=True, slots=True)
class BoundCall:
    """A call of a file whose inputs are bound to the ports of a component.

    Attributes:
        entry: the call as it is written.
        module: what is called.
        arguments: what its ports are given, in their order; failed tensors where nothing is known.
        stray: what is given to ports that it does not have.
        complete: whether all is known and every port that needs a value has one.
        at: where the call stands.
        location: the same in words.
    """

    entry: CallEntry
    module: Component
    arguments: Mapping[str, Argument]
    stray: Mapping[str, Argument]
    complete: bool
    at: Path
    location: str

    @property
    def label(self) -> str | None:
        """The name asked for the call, where it is not that of its module."""
        return None if self.entry.label == self.module.name else self.entry.label

    def fail(self) -> Call:
        """Return a failed call, from which nothing follows."""
        inputs = {**self.arguments, **self.stray}
        return Call.failed(self.module, inputs, label=self.label, location=self.location)


def cast_policy(entry: CallEntry, casts: str) -> CastPolicy | frozenset[str]:
    """Return at which ports of a call, in a graph with the policy `casts`, the axes of a value may be transposed."""
    return "transpose" if casts == "transpose" else frozenset(entry.casts)


def bind_call(
    context: Context, entry: CallEntry, module: Component, scope: GraphScope, at: Path, *, silent: bool = False
) -> BoundCall:
    """Bind the inputs of a call to ports, and complain about those that do not fit, unless the module is to blame."""
    ports = module.inputs
    arguments: dict[str, Argument] = {}
    stray: dict[str, Argument] = {}
    complete = not silent and not context.problems.broken.touches((*at, "inputs"))
    bound = [name for name in ports if name in entry.inputs]
    for name in [*bound, *(name for name in entry.inputs if name not in ports)]:
        where = None if silent else (*at, "inputs", name)
        port = ports.get(name)
        if port is not None:
            arguments[name] = _bind(entry.inputs[name], port, scope, where)
            complete = complete and not any(value.is_failed for value in _tensors(arguments[name]))
        else:
            stray[name] = _bind(entry.inputs[name], None, scope, where)
        if where is None:
            continue
        if port is None:
            message = recording.unknown_port(entry.label, name, ports)
            context.complain(f"{message}\n  {recording.list_ports(ports)}", where, key=True)
        elif isinstance(entry.inputs[name], tuple) and not port.variadic:
            complete = False
            message = f"{entry.label}.{name} takes one value, not a list.\n  Name one output of a call."
            context.complain(message, where)
    missing = [] if silent else _check_missing(context, entry, ports, len(stray), at)
    complete = complete and not stray and not missing and not context.is_broken((*at, "inputs"))
    return BoundCall(entry, module, arguments, stray, complete, at, context.location(at))


def _tensors(argument: Argument) -> tuple[NmTensor, ...]:
    return argument if isinstance(argument, tuple) else (argument,) if isinstance(argument, NmTensor) else ()


def record_call(context: Context, call: BoundCall, casts: str) -> Call:
    """Record a call; a failed one where anything about it is wrong or unknown, after complaining about each fault."""
    policy = cast_policy(call.entry, casts)
    try:
        if call.complete:
            recorded = recording.record_arguments(
                call.module, call.arguments, label=call.label, location=call.location, policy=policy
            )
            check_stored_casts(context, call, recorded.casts)
            return recorded
        check_known_edges(call, policy)
    except NmError as error:
        complain_about_edges(context, error, call.entry.inputs, call.at)
    return call.fail()


def check_known_edges(call: BoundCall, policy: CastPolicy | frozenset[str]) -> None:
    """Check those edges of a call that are known: what is connected can be judged, what comes out cannot.

    Raises:
        NmError: some do not fit.
    """
    owner = call.entry.label
    if any(not isinstance(value, NmTensor) or not value.is_failed for value in call.arguments.values()):
        recording.type_arguments(call.module, call.arguments, PortSpec(), owner=owner, location="", policy=policy)


def complain_about_edges(context: Context, error: NmError, inputs: Mapping[str, Input], at: Path) -> None:
    """Record each bad edge of a call at its port, any other error at its inputs.

    Args:
        inputs: what is given to the ports, as it is written.
        at: where the call stands.
    """
    if not isinstance(error, NeuralTypeError):
        context.complain(error, (*at, "inputs"))
        return
    for problem in error.problems:
        context.complain(for_files(problem), input_path(inputs, at, problem.port))


def check_stored_casts(context: Context, call: BoundCall, needed: Mapping[str, tuple[int, ...]]) -> None:
    """Hold the casts that a file stores against those that the types need."""
    label = call.entry.label
    for port, order in call.entry.casts.items():
        if needed.get(port) == order:
            continue
        cast, hint = "none", "Leave the cast out."
        if port in needed:
            cast = str(list(needed[port]))
            hint = f"Write {port}: {cast}, or leave the cast out and write casts: transpose in this graph."
        message = f"{label}.{port} is stored with the cast {list(order)}, and its types need {cast}."
        context.complain(f"{message}\n  {hint}", (*call.at, "casts", port))


def for_files(problem: Problem) -> Problem:
    """Return a problem with the fixes that a file can hold: a file has no call to wrap, but modules."""
    problem = replace(problem, location="")
    if problem.alternative:
        fix = Fix("write casts: transpose in this graph; the cast is then part of it.", safe=problem.fixes[0].safe)
        return replace(problem, fixes=(fix,), alternative="")
    fixes = tuple(
        replace(fix, text="call a module in between:", needs="") if fix.module else fix for fix in problem.fixes
    )
    return replace(problem, fixes=fixes)


def input_path(inputs: Mapping[str, Input], at: Path, port: str) -> Path:
    """Return where in a file the value of a port stands: `xs[0]` is the first of a list, if a list is written."""
    name, _, index = port.partition("[")
    path = (*at, "inputs", name)
    return (*path, int(index.removesuffix("]"))) if index and isinstance(inputs.get(name), tuple) else path


def _bind(given: Input, port: Port | None, scope: GraphScope, at: Path | None) -> Argument:
    if isinstance(given, Value):
        return ConstantInput(given.value)
    if isinstance(given, Reference):
        tensor = scope.find(given, at)
        return (tensor,) if port is not None and port.variadic else tensor
    return tuple(scope.find(reference, None if at is None else (*at, index)) for index, reference in enumerate(given))


def _check_missing(context: Context, entry: CallEntry, ports: PortSpec, strays: int, at: Path) -> list[Port]:
    """Return the ports that need a value and have none; one problem for all, none where a name is only misspelt."""
    missing = [port for port in ports.values() if not port.optional and port.name not in entry.inputs]
    missing = [port for port in missing if not context.is_broken((*at, "inputs", port.name))]
    # a misspelt port is one slip and not two: as many missing ports as strays are taken for these
    if len(missing) > strays and not context.is_broken((*at, "inputs")):
        needs = " and ".join(f'"{port.name}" ({port.type})' for port in missing)
        context.complain(
            f"{entry.label} needs its {'input' if len(missing) == 1 else 'inputs'} {needs}, left open here.\n"
            f"  {recording.list_ports(ports)}",
            (*at, "call"),
        )
    return missing
