"""One call of a graph: its ports are known and connected, and the types of every connection fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from nm_core.application.checking.context import Context
from nm_core.application.names import listed, suggest
from nm_core.application.problems import Path
from nm_core.application.schema import CallEntry, Input, Reference, Value
from nm_core.errors import NmError
from nm_core.module import Signature
from nm_core.ports import Port
from nm_core.wiring import CastPolicy
from nm_types import CallTyping, Edge, Fix, NeuralType, NeuralTypeError, Problem, type_call


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gives: the type of each output, the class that declares them, and those that have no value in it."""

    types: Mapping[str, NeuralType] = field(default_factory=dict)
    declared: str = ""
    unavailable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Finder(Protocol):
    """Knows what the references in a graph name."""

    def find(self, reference: Reference, at: Path) -> NeuralType | None:
        """Return the type of what a reference names; None where there is none, after complaining if nobody has yet."""

    def declared(self, reference: Reference) -> str:
        """Return the class that declares what a reference names, or an empty text."""


@dataclass(frozen=True, slots=True)
class Callee:
    """What is called: the label of the call, the ports, and the class that declares them."""

    label: str
    signature: Signature
    declared: str = ""


def check_call(
    context: Context, entry: CallEntry, callee: Callee, names: Finder, casts: CastPolicy, at: Path
) -> Outcome | None:
    """Return what a call gives, or None when anything about it is wrong or unknown; every fault is recorded."""
    edges, whole = _check_ports(context, entry, callee, names, at)
    typing = check_edges(context, edges, callee, casts, (*at, "inputs"))
    if typing is None or not whole:
        return None
    for port in typing.casts:
        _note(context, callee, port, at, "its axes are transposed")
    for port in typing.deferred:
        _note(context, callee, port, at, "its sizes are compared when it runs")
    unavailable = {
        port.name: port.needs
        for port in callee.signature.outputs.values()
        if any(need not in entry.inputs for need in port.needs)
    }
    return Outcome(dict(typing.outputs), callee.declared, unavailable)


def check_edges(context: Context, edges: list[Edge], callee: Callee, casts: CastPolicy, at: Path) -> CallTyping | None:
    """Return the verdict of the type system on a call, or None after recording each bad edge at its port."""
    outputs = {port.name: port.type for port in callee.signature.outputs.values()}
    try:
        return type_call(edges, outputs, owner=callee.label, casts=casts)
    except NeuralTypeError as error:
        for problem in error.problems:
            context.complain(str(_for_files(problem)), (*at, *_port_path(problem.port)))
    except NmError as error:
        context.complain(str(error), at)
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
    """Return a problem with the fix that a file can hold."""
    if problem.code != "NM104":
        return problem
    return replace(
        problem, fixes=(Fix("write casts: transpose in this graph; the cast is then part of it", safe=True),)
    )


def _note(context: Context, callee: Callee, port: str, at: Path, what: str) -> None:
    context.problems.note(f"{context.location((*at, 'inputs', *_port_path(port)))}: {callee.label}.{port}: {what}.")


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


def _port_path(port: str) -> Path:
    name, _, index = port.partition("[")
    return (name, int(index.removesuffix("]"))) if index else (name,)


def _listed(ports: Mapping[str, Port]) -> str:
    return listed(f"{port.name} (optional)" if port.optional else port.name for port in ports.values())
