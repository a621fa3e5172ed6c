"""Sketch a graph of an application file from classes and parameters alone, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from nm_core.application.changes import Changes
from nm_core.application.checking import Checked, check
from nm_core.application.checking.order import in_order, references
from nm_core.application.checking.reach import add_outputs, reach_of, segment_of
from nm_core.application.document import read_document
from nm_core.application.problems import Report
from nm_core.application.schema import ApplicationEntry, CallEntry, Input, Reference, Value
from nm_core.composite import CompositeModule
from nm_core.deferred import left_open
from nm_core.drawing import Edge, InPort, Mark, Node, OutPort, Role, Sketch
from nm_core.drawing.sketch import mark_of
from nm_core.errors import ApplicationError, did_you_mean
from nm_core.inputs import OWNER
from nm_core.parameters import thaw
from nm_core.plugins import Collections
from nm_core.wiring import CastPolicy
from nm_types import Edge as TypeEdge
from nm_types import NeuralType, NeuralTypeError, NmError, type_call

_MINOR = ("Lengths", "Mask")


def sketch_file(
    path: str | Path, graph: str | None, changes: Changes | None = None, *, backend: str = "torch"
) -> tuple[Sketch, Report, list[str]]:
    """Sketch one graph of a file.

    Returns:
        the sketch, what is wrong with the file, and the names of its other graphs.

    Raises:
        ApplicationError: the file is no application, or has no such graph.
    """
    document = read_document(path, changes)
    if document.entry is None:
        document.problems.report().raise_if_bad()
        raise ApplicationError(f"{path} is no application.")
    checked = check(document.entry, document.problems, Collections.load(), root=document.root, backend=backend)
    graphs = checked.entry.graphs
    if not graphs:
        raise ApplicationError(f"{path} has no graphs to draw.")
    name = graph or ("train" if "train" in graphs else next(iter(graphs)))
    if name not in graphs:
        raise ApplicationError(
            f'{path} has no graph "{name}".{did_you_mean(name, graphs)}\n  It has {", ".join(graphs)}.'
        )
    sketch = _GraphSketch(name, checked.entry, checked).sketch()
    return sketch, document.problems.report(), [other for other in graphs if other != name]


class _GraphSketch:
    """One pass over the calls of a graph; a call whose types do not fit leaves its outputs without types."""

    def __init__(self, name: str, application: ApplicationEntry, checked: Checked) -> None:
        self.name = name
        self.entry = entry = application.graphs[name]
        self.modules = application.modules
        self.params = application.params
        self.checked = checked
        self.ids = {call.label: f"n{index}" for index, call in enumerate(entry.calls)}
        self.ids |= {f"in {port}": f"in{index}" for index, port in enumerate(entry.inputs)}
        self.types: dict[Reference, NeuralType] = {}
        self.reach = reach_of(entry, checked.modules)
        self.edges: list[Edge] = []
        self.marks: dict[tuple[str, str], tuple[Mark, str]] = {}

    def sketch(self) -> Sketch:
        self._type_inputs()
        ordered, _ = in_order({call.label: call for call in self.entry.calls})
        calls = [*ordered, *(call for call in self.entry.calls if call not in ordered)]
        for call in calls:
            self._type(call)
        done: set[str] = set()
        for call in calls:
            self.edges += self._edges_into(call, done)
            done.add(call.label)
        ends = [
            Edge(start, reference.port, f"out{index}", name)
            for index, (name, reference) in enumerate(self.entry.outputs.items())
            if (start := self._start(reference)) is not None
        ]
        self.edges += ends
        nodes = [*self._inputs(), *(self._node(call) for call in calls), *self._outputs()]
        return Sketch(self.name, tuple(nodes), tuple(self.edges))

    def _type_inputs(self) -> None:
        checked = self.checked
        try:
            declared = {
                port: NeuralType(text, tags=checked.tags, kinds=checked.kinds).bind(self.params)
                for port, text in self.entry.inputs.items()
            }
            typed = type_call([], declared, owner=OWNER).outputs
        except NmError:
            return
        self._take(None, typed, (), "source")

    def _take(self, label: str | None, types: Mapping[str, NeuralType], without: Collection[str], segment: str) -> None:
        self.types |= {Reference(label, port): type for port, type in types.items()}
        add_outputs(self.reach, label, types, without, segment)

    def _type(self, call: CallEntry) -> None:
        declared = self.checked.modules.get(call.module)
        if declared is None:
            self._type_nested(call)
            return
        known = [
            (port, reference)
            for port, reference in _pairs(call.inputs)
            if port.partition("[")[0] in declared.signature.inputs and reference in self.types
        ]
        edges = [
            TypeEdge(
                call.label, port, str(ref), declared.signature.inputs[port.partition("[")[0]].type, self.types[ref]
            )
            for port, ref in known
        ]
        whole = len(known) == sum(1 for _ in _pairs(call.inputs))
        if not whole and not edges:
            return
        outputs = {port.name: port.type for port in declared.signature.outputs.values() if whole}
        policy: CastPolicy | frozenset[str] = "transpose" if self.entry.casts == "transpose" else frozenset(call.casts)
        try:
            typing = declared.cls.type_edges(edges, outputs, owner=call.label, casts=policy, location="")
        except NeuralTypeError as error:
            for problem in error.problems:
                self.marks[call.label, problem.port] = Mark.BAD, f"{problem.code} {problem.title}"
            return
        except NmError:  # an input that decides the outputs is missing, which the report says
            return
        segment = segment_of(call, self.checked.modules)
        check = left_open(edges, typing, self.reach.axes(segment))
        for edge in edges:
            self.marks[call.label, edge.port] = mark_of(typing.casts.get(edge.port), [check.note(edge.port)])
        if whole:
            needs = {port.name: port.needs for port in declared.signature.outputs.values()}
            without = [port for port, wanted in needs.items() if any(need not in call.inputs for need in wanted)]
            self._take(call.label, typing.outputs, without, segment)

    def _type_nested(self, call: CallEntry) -> None:
        entry = self.modules.get(call.module)
        typed = self.checked.graphs.get(entry.graph or "") if entry else None
        if typed is not None:
            self._take(call.label, typed.outputs, (), "framework")

    def _start(self, reference: Reference) -> str | None:
        return self.ids.get(f"in {reference.port}" if reference.call is None else reference.call)

    def _edges_into(self, call: CallEntry, done: set[str]) -> Iterator[Edge]:
        """Yield the edges into a call; one that closes a circle is left out, since a picture has rows."""
        for port, reference in _pairs(call.inputs):
            start = self._start(reference)
            if start is not None and (reference.call is None or reference.call in done):
                mark, note = self.marks.get((call.label, port), (Mark.PLAIN, ""))
                yield Edge(start, reference.port, self.ids[call.label], port, mark, note)

    def _node(self, call: CallEntry) -> Node:
        entry = self.modules.get(call.module)
        declared = self.checked.modules.get(call.module)
        id = self.ids[call.label]
        kind = "unknown module" if entry is None else entry.type or f"graph {entry.graph}"
        used = {edge.port: None for edge in self.edges if edge.source == id}
        inputs = [InPort(port, repr(value.value) if isinstance(value, Value) else None) for port, value in _given(call)]
        if declared is not None:
            composite = issubclass(declared.cls, CompositeModule)
            role = Role.COMPOSITE if composite else Role(declared.cls.segment)
            ports = declared.signature.outputs.values()
            known = [port.name for port in ports if all(need in call.inputs for need in port.needs)]
            details = "\n".join(
                [declared.id, *(f"{name} = {thaw(value)!r:.60}" for name, value in declared.params.items())]
            )
            kind = declared.cls.__name__
        else:
            role, known, details = Role.COMPOSITE, [], kind
        bad = declared is None and (entry is None or entry.graph not in self.checked.graphs)
        subtitle = kind if call.label == call.module else f"{kind}, weights of {call.module}"
        if declared is not None and role is Role.VIEW:
            subtitle = " ".join(map(str, declared.params.values()))
        outputs = [self._port(call.label, port, port in used) for port in dict.fromkeys([*known, *used])]
        return Node(id, call.label, subtitle, role, tuple(inputs), tuple(outputs), details, bad)

    def _port(self, call: str | None, port: str, used: bool) -> OutPort:
        type = self.types.get(Reference(call, port))
        text = "" if type is None else str(type)
        return OutPort(port, text, used, text.rpartition(";")[2].strip().startswith(_MINOR))

    def _inputs(self) -> Iterator[Node]:
        for port, text in self.entry.inputs.items():
            outputs = (self._port(None, port, True),)
            yield Node(self.ids[f"in {port}"], port, "input", Role.INPUT, outputs=outputs, details=f"{port}: {text}")

    def _outputs(self) -> Iterator[Node]:
        for index, (name, reference) in enumerate(self.entry.outputs.items()):
            details = f"{name}: {reference}"
            yield Node(f"out{index}", name, "output", Role.OUTPUT, inputs=(InPort(name),), details=details)


def _given(call: CallEntry) -> Iterator[tuple[str, Input]]:
    """Yield what each input was given; a list as one input per value."""
    for port, value in call.inputs.items():
        if isinstance(value, tuple):
            yield from ((f"{port}[{index}]", item) for index, item in enumerate(value))
        else:
            yield port, value


def _pairs(inputs: Mapping[str, Input]) -> Iterator[tuple[str, Reference]]:
    for port, value in inputs.items():
        if isinstance(value, Reference):
            yield port, value
        else:
            yield from ((f"{port}[{index}]", reference) for index, reference in enumerate(references(value)))
