"""One call of a graph: its ports are known and connected, and the types of every connection fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from nm_core.application.checking.context import Context
from nm_core.application.form.entries import CallEntry, Input, Reference, Value
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.errors import NmError
from nm_core.graphs.open_checks import Check, left_open
from nm_core.graphs.size_readers import Reach
from nm_core.modules.module import Signature
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.recording import CastPolicy
from nm_core.symbols.size_origins import Made, with_makers
from nm_types import CallTyping, Edge, Equation, Fix, NeuralType, NeuralTypeError, Problem, type_call


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gives.

    Attributes:
        types: the type of each output.
        declared: the class that declares them.
        unavailable: outputs that have no value in it, with the inputs they need.
        equations: what it leaves open about sizes.
        casts: the order in which the axes of an input are put.
        check: what of its inputs is left to a run, or to nobody.
        inside: the types in a nested graph, with what it is given here; None for any other module.
    """

    types: Mapping[str, NeuralType] = field(default_factory=dict)
    declared: str = ""
    unavailable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    equations: tuple[Equation, ...] = ()
    casts: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    check: Check[Reference] = field(default_factory=Check)
    inside: TypedGraph | None = None


@dataclass(frozen=True, slots=True)
class TypedGraph:
    """The types of a graph's free inputs and of its outputs, and what each call gives."""

    inputs: Mapping[str, NeuralType]
    outputs: Mapping[str, NeuralType]
    calls: Mapping[str, Outcome]


class Finder(Protocol):
    """Knows what the references in a graph name, and which of them a run can measure."""

    reach: Reach[Reference]

    def find(self, reference: Reference, at: Path) -> NeuralType | None:
        """Return the type of what a reference names; None where there is none, after complaining if nobody has yet."""

    def declared(self, reference: Reference) -> str:
        """Return the class that declares what a reference names, or an empty text."""

    def maker(self, size: str) -> Made | None:
        """Return who made a size, given as text."""


@dataclass(frozen=True, slots=True)
class Callee:
    """What is called.

    Attributes:
        label: the label of the call.
        signature: its ports.
        declared: the class that declares them.
        judge: how its calls are judged.
        segment: where it runs; "graph" for a nested graph, whose own calls are looked at when it runs.
    """

    label: str
    signature: Signature
    declared: str = ""
    judge: Callable[..., CallTyping] = type_call
    segment: str = "framework"


def check_call(
    context: Context, entry: CallEntry, callee: Callee, names: Finder, casts: CastPolicy, at: Path
) -> Outcome | None:
    """Return what a call gives, or None when anything about it is wrong or unknown; every fault is recorded."""
    edges, whole = _check_ports(context, entry, callee, names, at)
    policy = casts if casts == "transpose" else frozenset(entry.casts)
    if not whole:  # what is connected can be judged, what comes out cannot
        if edges:
            ends = replace(callee, signature=Signature(callee.signature.inputs, PortSpec()))
            check_edges(context, edges, ends, policy, (*at, "inputs"), names.maker)
        return None
    typing = check_edges(context, edges, callee, policy, (*at, "inputs"), names.maker)
    if typing is None:
        return None
    _check_casts(context, entry, callee, typing, at)
    for port in typing.casts:
        _note(context, callee, port, at, "its axes are transposed")
    check = left_open(edges, typing, names.reach.axes(callee.segment))
    _note_open(context, callee, check, at)
    unavailable = {
        port.name: port.needs
        for port in callee.signature.outputs.values()
        if any(need not in entry.inputs for need in port.needs)
    }
    equations = tuple(
        replace(one, location=context.location((*at, "inputs", *port_path(one.port)))) for one in typing.equations
    )
    return Outcome(dict(typing.outputs), callee.declared, unavailable, equations, typing.casts, check)


def call_equations(outcomes: Iterable[Outcome | None]) -> Iterator[Equation]:
    """Yield what the calls of a graph leave open about sizes, in their order."""
    for outcome in outcomes:
        if outcome is not None:
            yield from outcome.equations


def _check_casts(context: Context, entry: CallEntry, callee: Callee, typing: CallTyping, at: Path) -> None:
    """Hold the casts that a file stores against those that the types need."""
    for port, order in entry.casts.items():
        needed = typing.casts.get(port)
        if needed == order:
            continue
        if needed is None:
            message = f"{callee.label}.{port} is stored with the cast {list(order)}, and its types need none."
            hint = "Leave the cast out."
        else:
            message = f"{callee.label}.{port} is stored with the cast {list(order)}, and its types need {list(needed)}."
            hint = f"Write {port}: {list(needed)}, or leave the cast out and write casts: transpose in this graph."
        context.complain(f"{message}\n  {hint}", (*at, "casts", port))


def check_edges(
    context: Context,
    edges: list[Edge],
    callee: Callee,
    casts: CastPolicy | frozenset[str],
    at: Path,
    maker: Callable[[str], Made | None] = lambda size: None,
) -> CallTyping | None:
    """Return the verdict of the type system on a call, or None after recording each bad edge at its port.

    Args:
        maker: tells who made a size, for the messages.
    """
    outputs = {port.name: port.type for port in callee.signature.outputs.values()}
    try:
        return callee.judge(edges, outputs, owner=callee.label, casts=casts, location="")
    except NeuralTypeError as error:
        for problem in with_makers(error, maker).problems:
            context.complain(_for_files(problem), (*at, *port_path(problem.port)))
    except NmError as error:
        context.complain(error, at)
    return None


def _check_ports(
    context: Context, entry: CallEntry, callee: Callee, names: Finder, at: Path
) -> tuple[list[Edge], bool]:
    """Return the edges that can be judged, and whether these are all."""
    ports = callee.signature.inputs
    edges: list[Edge] = []
    unknown: list[str] = []
    whole = not context.is_broken((*at, "inputs"))
    for name, given in entry.inputs.items():
        where = (*at, "inputs", name)
        if name not in ports:
            unknown.append(name)
            context.complain(
                f'{callee.label} has no input port "{name}".{suggest(name, ports)}\n'
                f"  Its input ports: {_listed(ports)}.",
                where,
                key=True,
            )
            whole = False
            continue
        found = _connect(context, given, ports[name], callee, names, where)
        whole = whole and found is not None
        edges += found or []
    missing = [port for port in ports.values() if not port.optional and port.name not in entry.inputs]
    missing = [port for port in missing if not context.is_broken((*at, "inputs", port.name))]
    if len(missing) > len(unknown) and not context.is_broken((*at, "inputs")):
        needs = " and ".join(f'"{port.name}" ({port.type})' for port in missing)
        context.complain(
            f"{callee.label} needs its {'input' if len(missing) == 1 else 'inputs'} {needs}, left open here.\n"
            f"  Its input ports: {_listed(ports)}.",
            (*at, "call"),
        )
    return edges, whole and not missing and not any(context.is_broken((*at, "inputs", port)) for port in ports)


def _for_files(problem: Problem) -> Problem:
    """Return a problem with the fixes that a file can hold: a file has no call to wrap, but modules."""
    if problem.alternative:
        fix = Fix("write casts: transpose in this graph; the cast is then part of it.", safe=problem.fixes[0].safe)
        return replace(problem, fixes=(fix,), alternative="")
    fixes = tuple(
        replace(fix, text="call a module in between:", needs="") if fix.module else fix for fix in problem.fixes
    )
    return replace(problem, fixes=fixes)


def _note_open(context: Context, callee: Callee, check: Check[Reference], at: Path) -> None:
    if callee.segment != "graph":
        for port in check.ports:
            _note(context, callee, port, at, "checked in use, by the shape of what it is given")
        for port, (what, why) in check.unchecked.items():
            _note(context, callee, port, at, f"not checked: {what}, since {why}")


def _note(context: Context, callee: Callee, port: str, at: Path, what: str) -> None:
    context.problems.note(f"{context.location((*at, 'inputs', *port_path(port)))}: {callee.label}.{port}: {what}.")


def _connect(context: Context, given: Input, port: Port, callee: Callee, names: Finder, at: Path) -> list[Edge] | None:
    if isinstance(given, Value):
        return []
    if isinstance(given, Reference):
        edge = _edge(given, port.name, port, callee, names, at)
        return None if edge is None else [edge]
    if not port.variadic:
        context.complain(f"{callee.label}.{port.name} takes one value, not a list.\n  Name one output of a call.", at)
        return None
    edges = [
        _edge(reference, f"{port.name}[{index}]", port, callee, names, (*at, index))
        for index, reference in enumerate(given)
    ]
    found = [edge for edge in edges if edge is not None]
    return found if len(found) == len(edges) else None


def _edge(reference: Reference, name: str, port: Port, callee: Callee, names: Finder, at: Path) -> Edge | None:
    source = names.find(reference, at)
    if source is None:
        return None
    return Edge(callee.label, name, str(reference), port.type, source, callee.declared, names.declared(reference))


def port_path(port: str) -> Path:
    """Return where a port's value stands among a call's inputs: `xs[0]` is the first of a list."""
    name, _, index = port.partition("[")
    return (name, int(index.removesuffix("]"))) if index else (name,)


def _listed(ports: Mapping[str, Port]) -> str:
    return listed(f"{port.name} (optional)" if port.optional else port.name for port in ports.values())
