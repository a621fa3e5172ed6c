"""From a graph to its sketch: which node each call belongs to, and where each tensor comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nm_core.drawing.sketch import (
    Edge,
    InPort,
    Mark,
    Node,
    Role,
    Sketch,
    Unfold,
    box,
    end,
    mark_of,
    nested,
    opened,
    out_port,
)
from nm_core.errors import GraphError
from nm_core.graphs.graph_module import GraphModule
from nm_core.graphs.open_checks import Check, checks
from nm_core.symbols.tensor import Call, Constant, NmTensor

if TYPE_CHECKING:
    from nm_core.graphs.graph import Graph
    from nm_core.modules.composite import CompositeCall

_Owner = Any
"""A `Call`, or the `CompositeCall` that it came out of."""


def read(graph: Graph, unfold: Unfold) -> Sketch:
    """Sketch a graph; composite modules are one node each, but those to unfold."""
    scopes = {scope: None for call in graph.calls for scope in _scopes(call)}
    names = opened(unfold, [_name(scope) for scope in scopes])
    known = {outer for scope in scopes if _name(scope) in names for outer in (scope, *_scopes(scope))}
    level = _Level(graph.calls, None, _checks(graph), known, graph.labels)
    ins = [(name, tensor) for name, tensor in graph.inputs.items()]
    return level.sketch(graph.name, ins, graph.outputs, (Role.INPUT, Role.OUTPUT))


def whole(graph: Graph) -> Sketch:
    """Sketch a graph as one box between its inputs and outputs."""
    ins, outs = graph.inputs, graph.outputs
    said = f"{len(graph.calls):,} calls: nm_core.drawing.svg draws them"
    node = Node(
        "graph",
        graph.name,
        said,
        Role.COMPOSITE,
        tuple(map(InPort, ins)),
        tuple(out_port(name, tensor.type) for name, tensor in outs.items()),
        repr(graph),
    )
    nodes = [end(f"in {name}", name, Role.INPUT, tensor.type, out=False) for name, tensor in ins.items()]
    nodes += [node, *(end(f"out {name}", name, Role.OUTPUT, tensor.type, out=True) for name, tensor in outs.items())]
    edges = [Edge(f"in {name}", name, "graph", name) for name in ins]
    edges += [Edge("graph", name, f"out {name}", name) for name in outs]
    return Sketch.arranged(graph.name, nodes, edges)


class _Level:
    """The calls of a graph, or those inside one composite call."""

    def __init__(
        self,
        calls: Sequence[Call],
        scope: CompositeCall | None,
        checks: Mapping[Call, Check[NmTensor]],
        opened: Collection[CompositeCall],
        labels: Mapping[Call, str],
    ) -> None:
        self.scope = scope
        self.checks = checks
        self.opened = opened
        self.labels = labels
        self.ids: dict[_Owner, str] = {}
        self.parts: dict[_Owner, list[Call]] = {}
        self.free: dict[NmTensor, tuple[str, str]] = {}
        self.leaving: dict[_Owner, dict[str, NmTensor]] = {}
        """By composite call, tensors that leave it by another way than its ports."""
        for call in calls:
            owner = self._owner(call)
            self.ids.setdefault(owner, f"n{len(self.ids)}")
            self.parts.setdefault(owner, []).append(call)
        self.given = {owner: self._given(owner) for owner in self.ids}
        self.titles = self._titles()

    def sketch(
        self, name: str, ins: Sequence[tuple[str, NmTensor]], outs: Mapping[str, NmTensor], ends: tuple[Role, Role]
    ) -> Sketch:
        """Read the edges first, since they tell which outputs are used."""
        for port, tensor in ins:
            self.free.setdefault(tensor, (f"in {port}", port))
        edges = [edge for owner in self.ids for edge in self._edges_into(owner)]
        for port, tensor in outs.items():
            start = self._start(tensor)
            edges += [] if start is None else [Edge(*start, f"out {port}", port)]
        used = {(edge.source, edge.port) for edge in edges}
        nodes = [end(f"in {port}", port, ends[0], tensor.type, out=False) for port, tensor in ins]
        nodes += [self._node(owner, used) for owner in self.ids]
        nodes += [end(f"out {port}", port, ends[1], tensor.type, out=True) for port, tensor in outs.items()]
        return Sketch.arranged(name, nodes, edges)

    def _owner(self, call: Call) -> _Owner:
        """Return the call itself or the composite call around it that belongs to this level; None for calls outside."""
        owner: Call | CompositeCall | None = call
        while owner is not None and owner.scope is not self.scope:
            owner = owner.scope
        return owner

    def _given(self, owner: _Owner) -> list[tuple[str, Any]]:
        """Return each input with what it was given; of a composite call also what its parts take past its ports."""
        given = list(_arguments(owner.inputs))
        if not isinstance(owner, Call):
            inner = set(self.parts[owner])
            known = {argument for _, argument in given}
            taken = {tensor: None for call in self.parts[owner] for tensor in call.sources_of_inputs()}
            given += [(one.name, one) for one in taken if one not in known and one.call not in inner]
        return given

    def _titles(self) -> dict[_Owner, str]:
        """Name the calls: as the graph does at the top, inside a composite call without its name."""
        titles: dict[_Owner, str] = {}
        prefix = "" if self.scope is None else f"{self.scope.module.name}."
        taken = {self.labels[owner] for owner in self.ids if self.scope is None and isinstance(owner, Call)}
        for owner in self.ids:
            if self.scope is None and isinstance(owner, Call):
                titles[owner] = self.labels[owner]
                continue
            title = base = owner.label or owner.module.name.removeprefix(prefix)
            number = 2
            while title in taken:
                title, number = f"{base}_{number}", number + 1
            taken.add(title)
            titles[owner] = title
        return titles

    def _start(self, tensor: NmTensor) -> tuple[str, str] | None:
        """Return the node and port where a tensor leaves, or ``None`` if it is outside the graph."""
        if tensor in self.free:
            return self.free[tensor]
        owner = self._owner(tensor.call)
        if owner not in self.ids:
            return None
        if isinstance(owner, Call):
            return self.ids[owner], tensor.port
        for port, output in owner.outputs.items():
            if output == tensor:
                return self.ids[owner], port
        self.leaving.setdefault(owner, {})[tensor.name] = tensor
        return self.ids[owner], tensor.name

    def _edges_into(self, owner: _Owner) -> Iterator[Edge]:
        for port, argument in self.given[owner]:
            if isinstance(argument, NmTensor) and (start := self._start(argument)) is not None:
                yield Edge(*start, self.ids[owner], port, *self._mark(owner, port, argument))

    def _mark(self, owner: _Owner, port: str, tensor: NmTensor) -> tuple[Mark, str]:
        """Return what is to be seen about an edge; of a folded module, about the edges inside that take the same."""
        if isinstance(owner, Call):
            return mark_of(owner.typing.casts.get(port), [self._note(owner, port)])
        if owner in self.opened:
            return Mark.PLAIN, ""
        inner = [
            (call, name) for call in self.parts[owner] for name, given in _arguments(call.inputs) if given == tensor
        ]
        casts = [call.typing.casts[name] for call, name in inner if name in call.typing.casts]
        return mark_of(casts[0] if casts else None, [self._note(call, name) for call, name in inner])

    def _note(self, call: Call, port: str) -> str:
        return self.checks[call].note(port) if call in self.checks else ""

    def _node(self, owner: _Owner, used: set[tuple[str, str]]) -> Node:
        module, id, title = owner.module, self.ids[owner], self.titles[owner]
        inputs = [
            InPort(port, constant=repr(argument.value) if isinstance(argument, Constant) else None)
            for port, argument in self.given[owner]
        ]
        if isinstance(owner, Call):
            tensors = {tensor.port: tensor for tensor in owner.tensors() if tensor.port not in owner.unavailable}
        else:
            tensors = owner.outputs | self.leaving.get(owner, {})
        outputs = [out_port(port, tensor.type, used=(id, port) in used) for port, tensor in tensors.items()]
        name = module.name if self.scope is None else module.name.removeprefix(f"{self.scope.module.name}.")
        if isinstance(module, GraphModule):
            node = nested(id, title, module.graph.name, inputs, outputs, owner=name)
        else:
            role = Role(module.segment) if isinstance(owner, Call) else Role.COMPOSITE
            node = box(id, title, type(module), module.params, role, inputs, outputs, owner=name)
        if owner not in self.opened:
            return node
        level = _Level(self.parts[owner], owner, self.checks, self.opened, self.labels)
        ins = [(port, argument) for port, argument in self.given[owner] if isinstance(argument, NmTensor)]
        return replace(node, inside=level.sketch(title, ins, tensors, (Role.PORT, Role.PORT)))


def _arguments(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each input with what it was given; a variadic one as one input per value."""
    for port, argument in inputs.items():
        if isinstance(argument, tuple):
            yield from ((f"{port}[{index}]", item) for index, item in enumerate(argument))
        else:
            yield port, argument


def _scopes(call: _Owner) -> Iterator[CompositeCall]:
    """Yield the composite calls around a call, from the inside out."""
    while (call := call.scope) is not None:
        yield call


def _name(scope: CompositeCall) -> str:
    return scope.label or scope.module.name


def _checks(graph: Graph) -> Mapping[Call, Check[NmTensor]]:
    """Return what the calls leave open; a graph that cannot run in its order is drawn without."""
    try:
        return checks(graph.plan())
    except GraphError:
        return {}
