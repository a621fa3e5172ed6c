"""Sketch a graph of an application from classes and parameters alone, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from nm_core.application.checking import Checked, check
from nm_core.application.checking.calls import Outcome, TypedGraph
from nm_core.application.checking.topological import references
from nm_core.application.form.entries import ApplicationEntry, CallEntry, GraphEntry, Input, Reference, Value
from nm_core.application.form.overrides import Changes
from nm_core.application.saved.document import read_document
from nm_core.application.text.names import suggest
from nm_core.application.text.problems import Path, Problem, Report
from nm_core.drawing import Edge, InPort, Mark, Node, Role, Sketch
from nm_core.drawing.sketch import Unfold, box, end, mark_of, nested, opened, out_port
from nm_core.errors import ApplicationError
from nm_core.modules.composite import CompositeModule
from nm_core.plugins import Collections
from nm_types import NeuralType

_WORDS = 48


def sketch_file(
    path: str | FilePath,
    graph: str | None,
    changes: Changes | None = None,
    *,
    backend: str = "torch",
    unfold: Unfold = (),
) -> tuple[Sketch, Report, list[str]]:
    """Sketch one graph of a file: the one named, else `train` or the first.

    Returns:
        the sketch, what is wrong with the file, and the names of its other graphs.

    Raises:
        ApplicationError: the file is no application, or has no such graph.
        GraphError: a name or pattern to unfold meets no nested graph.
    """
    document = read_document(path, changes)
    checked = check(document.application(), document.problems, Collections.load(), root=document.root, backend=backend)
    graphs = checked.entry.graphs
    if not graphs:
        raise ApplicationError(f"{path} has no graphs to draw.")
    name = graph or main_graph(checked.entry)
    if name not in graphs:
        raise ApplicationError(f'{path} has no graph "{name}".{suggest(name, graphs)}\n  It has {", ".join(graphs)}.')
    report = document.problems.report()
    return sketch_graph(name, checked, report, unfold=unfold), report, [other for other in graphs if other != name]


def main_graph(entry: ApplicationEntry) -> str:
    """Return the graph that is drawn when none is named: `train`, else the first."""
    return "train" if "train" in entry.graphs else next(iter(entry.graphs))


def sketch_graph(name: str, checked: Checked, problems: Iterable[Problem] = (), *, unfold: Unfold = ()) -> Sketch:
    """Sketch one graph of an application that was checked.

    Args:
        problems: what is wrong with the application; it is shown where it is.
        unfold: the nested graphs whose inside is drawn, by name or pattern; those around them are opened, too.

    Raises:
        GraphError: a name or pattern to unfold meets no nested graph.
    """
    faults = _Faults(checked, name, problems)
    typed = checked.seen.get(name)
    outcomes = typed.calls if typed else {}
    paths = list(_nested(checked, checked.entry.graphs[name], outcomes, faults))
    names = opened(unfold, [path[-1] for path in paths])
    known = {path[:length] for path in paths if path[-1] in names for length in range(1, len(path) + 1)}
    inputs = typed.inputs if typed else {}
    return _Level(checked, checked.entry.graphs[name], name, outcomes, faults, known).sketch(inputs)


_Labels = tuple[str, ...]
"""A call of a nested graph: its label after those of the calls around it."""


def _nested(
    checked: Checked, entry: GraphEntry, outcomes: Mapping[str, Outcome], faults: _Faults, around: _Labels = ()
) -> Iterator[_Labels]:
    for call in entry.calls:
        outcome = outcomes.get(call.label)
        graph = _graph_of(checked, call)
        if graph and outcome and outcome.inside is not None and not (around == () and faults.touch(call.label)):
            path = (*around, call.label)
            yield path
            yield from _nested(checked, checked.entry.graphs[graph], outcome.inside.calls, faults, path)


@dataclass(slots=True)
class _Faults:
    """What is wrong with one graph: at connections, by label and port, and with whole calls, by label."""

    edges: dict[tuple[str, str], str]
    calls: set[str]

    def __init__(self, checked: Checked, graph: str, problems: Iterable[Problem]) -> None:
        self.edges, self.calls = {}, set()
        modules: set[str] = set()
        graphs: set[str] = set()
        entry = checked.entry.graphs[graph]
        places = {path: label for label, path in checked.places.get(graph, {}).items()}
        for problem in problems:
            path = problem.path
            label = places.get(path[:4])
            if label is not None and path[4:5] == ("inputs",) and len(path) > 5:
                self.edges.setdefault((label, _port(path[5:])), _words(problem))
            elif label is not None:
                self.calls.add(label)
            elif path[:1] == ("modules",) and len(path) > 1:
                modules.add(str(path[1]))
            elif path[:1] == ("graphs",) and len(path) > 1:
                graphs.add(str(path[1]))
        for call in entry.calls:
            if call.module not in checked.entry.modules or call.module in modules or _graph_of(checked, call) in graphs:
                self.calls.add(call.label)

    def touch(self, label: str) -> bool:
        """Tell whether a call or one of its connections is wrong."""
        return label in self.calls or any(one == label for one, _ in self.edges)


class _Level:
    """The calls of one graph; outcomes that are not known leave outputs without types."""

    def __init__(
        self,
        checked: Checked,
        entry: GraphEntry,
        name: str,
        outcomes: Mapping[str, Outcome],
        faults: _Faults | None,
        opened: Collection[_Labels],
        around: _Labels = (),
    ) -> None:
        self.checked = checked
        self.entry = entry
        self.name = name
        self.outcomes = outcomes
        self.faults = faults
        self.opened = opened
        self.around = around
        self.labels = {call.label: f"call {call.label}" for call in entry.calls}

    def sketch(self, inputs: Mapping[str, NeuralType]) -> Sketch:
        """Sketch the graph between its inputs and outputs, whose nodes are ports inside of another graph."""
        ins, outs = (Role.PORT, Role.PORT) if self.around else (Role.INPUT, Role.OUTPUT)
        calls = {call.label: call for call in self.entry.calls}
        given = {label: list(self._given(call)) for label, call in calls.items()}
        edges = [edge for call in calls.values() for edge in self._edges_into(call, given[call.label])]
        edges += [
            Edge(start, reference.port, f"out {name}", name)
            for name, reference in self.entry.outputs.items()
            if (start := self._start(reference)) is not None
        ]
        used: dict[str, dict[str, None]] = {}
        for edge in edges:
            used.setdefault(edge.source, {})[edge.port] = None
        nodes = [end(f"in {name}", name, ins, inputs.get(name), out=False) for name in self.entry.inputs]
        nodes += [self._node(call, given[label], used.get(self.labels[label], {})) for label, call in calls.items()]
        nodes += [
            end(f"out {name}", name, outs, self._type(reference, inputs), out=True)
            for name, reference in self.entry.outputs.items()
        ]
        return Sketch.arranged(self.name, nodes, edges)

    def _type(self, reference: Reference, inputs: Mapping[str, NeuralType]) -> NeuralType | None:
        if reference.call is None:
            return inputs.get(reference.port)
        outcome = self.outcomes.get(reference.call)
        return outcome.types.get(reference.port) if outcome else None

    def _start(self, reference: Reference) -> str | None:
        if reference.call is None:
            return f"in {reference.port}" if reference.port in self.entry.inputs else None
        return self.labels.get(reference.call)

    def _given(self, call: CallEntry) -> Iterator[tuple[str, Reference | Value]]:
        """Yield what each input was given, in the order of the ports; a list as one input per value."""
        declared = self.checked.modules.get(call.module)
        graph = _graph_of(self.checked, call)
        known: Iterable[str] = declared.signature.inputs if declared else ()
        known = self.checked.entry.graphs[graph].inputs if graph else known
        place = {port: number for number, port in enumerate(known)}
        for port, value in sorted(call.inputs.items(), key=lambda item: place.get(item[0], len(place))):
            yield from _flat(port, value)

    def _edges_into(self, call: CallEntry, given: Iterable[tuple[str, Reference | Value]]) -> Iterator[Edge]:
        outcome = self.outcomes.get(call.label)
        for port, value in given:
            start = self._start(value) if isinstance(value, Reference) else None
            if start is None or not isinstance(value, Reference):
                continue
            fault = self.faults.edges.get((call.label, port)) if self.faults else None
            if fault is not None:
                mark = Mark.BAD, fault
            elif outcome is None or (*self.around, call.label) in self.opened:
                mark = Mark.PLAIN, ""
            else:
                casts, notes = self._seen(call, outcome, port)
                mark = mark_of(casts[0] if casts else None, notes)
            yield Edge(start, value.port, self.labels[call.label], port, *mark)

    def _seen(self, call: CallEntry, outcome: Outcome, port: str) -> tuple[list[tuple[int, ...]], list[str]]:
        """Return the casts and notes of an input; of a nested graph those of the calls inside that take the same."""
        graph = _graph_of(self.checked, call)
        if graph is None or outcome.inside is None:
            return [outcome.casts[port]] if port in outcome.casts else [], [outcome.check.note(port)]
        casts: list[tuple[int, ...]] = []
        notes: list[str] = []
        for inner in self.checked.entry.graphs[graph].calls:
            for name, value in (pair for item in inner.inputs.items() for pair in _flat(*item)):
                if value == Reference(None, port) and inner.label in outcome.inside.calls:
                    found = self._seen(inner, outcome.inside.calls[inner.label], name)
                    casts += found[0]
                    notes += found[1]
        return casts, notes

    def _node(self, call: CallEntry, given: list[tuple[str, Reference | Value]], used: Mapping[str, None]) -> Node:
        id, label = self.labels[call.label], call.label
        inputs = [InPort(port, repr(value.value) if isinstance(value, Value) else None) for port, value in given]
        declared = self.checked.modules.get(call.module)
        graph = _graph_of(self.checked, call)
        outcome = self.outcomes.get(label) or Outcome()
        bad = self.faults is not None and label in self.faults.calls
        if graph is not None:
            ports: Iterable[str] = self.checked.entry.graphs[graph].outputs
        else:
            known = declared.signature.outputs.values() if declared else ()
            ports = [port.name for port in known if all(need in call.inputs for need in port.needs)]
        outputs = [
            out_port(port, outcome.types.get(port), used=port in used) for port in dict.fromkeys([*ports, *used])
        ]
        if graph is not None:
            node = replace(nested(id, label, graph, inputs, outputs, owner=call.module), bad=bad)
            if outcome.inside is None or (*self.around, label) not in self.opened:
                return node
            return replace(node, inside=self._inside(label, graph, outcome.inside))
        if declared is None:
            entry = self.checked.entry.modules.get(call.module)
            kind = (entry.type if entry else None) or "unknown module"
            return Node(id, label, kind, Role.COMPOSITE, tuple(inputs), tuple(outputs), kind, bad)
        role = Role.COMPOSITE if issubclass(declared.cls, CompositeModule) else Role(declared.cls.segment)
        return box(id, label, declared.cls, declared.params, role, inputs, outputs, owner=call.module, bad=bad)

    def _inside(self, label: str, graph: str, typed: TypedGraph) -> Sketch:
        entry, around = self.checked.entry.graphs[graph], (*self.around, label)
        return _Level(self.checked, entry, label, typed.calls, None, self.opened, around).sketch(typed.inputs)


def _graph_of(checked: Checked, call: CallEntry) -> str | None:
    """Return the graph that a call calls, if it calls one that there is."""
    entry = checked.entry.modules.get(call.module)
    return entry.graph if entry and entry.graph in checked.entry.graphs else None


def _flat(port: str, value: Input) -> Iterator[tuple[str, Reference | Value]]:
    if isinstance(value, Reference | Value):
        yield port, value
    else:
        yield from ((f"{port}[{index}]", item) for index, item in enumerate(references(value)))


def _port(path: Path) -> str:
    return f"{path[0]}[{path[1]}]" if len(path) > 1 else str(path[0])


def _words(problem: Problem) -> str:
    """Return a problem in few words: its code and title, or how its message begins."""
    if problem.connection is not None:
        return f"{problem.code} {problem.connection.title}"
    words = problem.message.partition("\n")[0].partition(". ")[0].rstrip(".:")
    return words if len(words) <= _WORDS else f"{words[: _WORDS - 3]}..."
