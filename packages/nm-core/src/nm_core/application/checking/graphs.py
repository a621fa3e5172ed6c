"""The graphs of an application, recorded call by call on modules that are declared and not made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from nm_core.application.checking.calls import (
    BoundCall,
    bind_call,
    cast_policy,
    check_known_edges,
    check_stored_casts,
    complain_about_edges,
    for_files,
    record_call,
)
from nm_core.application.checking.context import Context
from nm_core.application.checking.declared import Declared, Undeclared
from nm_core.application.checking.graph_rules import GraphRules
from nm_core.application.checking.scope import GraphScope
from nm_core.application.checking.topological import in_order
from nm_core.application.form.entries import CallEntry, GraphEntry
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.errors import NmError
from nm_core.graphs.calls import OrderedCalls
from nm_core.graphs.graph_module import GraphModule
from nm_core.modules.composite import record_composite
from nm_core.modules.free_inputs import call_free_inputs
from nm_core.modules.signature import Signature
from nm_core.symbols.component import Component
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Call, CompositeCall, ConstantInput, NmTensor, Step, flat_arguments
from nm_types import NeuralType, NeuralTypeError

_EXPANDED = 5_000
"""How many calls nested graphs may expand into: each may call the next twice, and so on."""
_DEPTH = 24
_LONGEST_TYPE = 1000


@dataclass(frozen=True, slots=True)
class CheckedGraph:
    """A graph of a file, recorded on declared modules; of one with problems as much as could be recorded.

    Attributes:
        calls: the graph as `nm_core.Graph` would cut it, nested graphs expanded.
        ports: the free inputs with their types as they are declared.
        steps: the calls of the file by label, failed ones too.
        paths: where these stand in the application, by label.
    """

    calls: OrderedCalls
    ports: PortSpec
    steps: Mapping[str, Step]
    paths: Mapping[str, Path]

    @property
    def inputs(self) -> dict[str, NeuralType]:
        """The types of the free inputs that are known."""
        return _types(self.calls.inputs)

    @property
    def outputs(self) -> dict[str, NeuralType]:
        """The types of the outputs that are known."""
        return _types(self.calls.outputs)

    def types(self, label: str) -> Mapping[str, NeuralType]:
        """Return the types of a call's outputs, as far as they are known."""
        return {port: tensor.type for port, tensor in self.steps[label].outputs.items()}


class GraphChecker:
    """Records the graphs of an application, nested ones before those that use them.

    Attributes:
        seen: each graph; of one with problems what could be recorded.
    """

    def __init__(self, context: Context, modules: Mapping[str, Declared]) -> None:
        self.context = context
        self.modules = modules
        self.seen: dict[str, CheckedGraph] = {}
        self.streams: dict[str, Call] = {}
        """The calls of data layers: one instance is one stream, in all graphs."""
        self._good: dict[str, bool] = {}
        self._open: list[str] = []
        self._graph_modules: dict[str, GraphModule] = {}
        self._expansions = _EXPANDED

    def check(self, graph: str) -> CheckedGraph | None:
        """Return a graph, or None when it has problems; they are recorded the first time."""
        if graph in self._open:
            circle = " -> ".join([*self._open[self._open.index(graph) :], graph])
            self.context.complain(f"The graph {graph} contains itself: {circle}.", ("graphs", graph), key=True)
            return None
        if len(self._open) > _DEPTH:
            self.context.complain(f"Graphs nest more than {_DEPTH} deep.", ("graphs", graph), key=True)
            return None
        if graph not in self._good:
            self._open.append(graph)  # the graphs around, by which one that contains itself is recognised
            self._good[graph] = _GraphRecorder(self, graph).record()
            self._open.pop()
        return self.seen[graph] if self._good[graph] else None

    def component(self, name: str) -> Component:
        """Return the component that calls of a module are recorded on; a graph is checked before it is one."""
        if name in self.modules:
            return self.modules[name]
        entry = self.context.entry.modules.get(name)
        graph = "" if entry is None else entry.graph or ""
        if graph not in self.context.entry.graphs:
            return Undeclared(id=(entry.type if entry else None) or "unknown module", name=name)
        checked = self.check(graph)
        if checked is None:
            return Undeclared(id=f"graph {graph}", name=name)
        if name not in self._graph_modules:
            outputs = PortSpec(Port(port, NeuralType({})) for port in checked.calls.outputs)
            signature = Signature(checked.ports, outputs)
            self._graph_modules[name] = GraphModule(graph=checked.calls, signature=signature, name=name)
        return self._graph_modules[name]

    def expand(self, count: int) -> bool:
        """Take some of the calls that nested graphs may expand into; tell whether so many were left."""
        self._expansions -= count
        return self._expansions >= 0


class _GraphRecorder:
    """Records the calls of one graph."""

    def __init__(self, checker: GraphChecker, graph: str) -> None:
        self.checker = checker
        self.context = checker.context
        self.graph = graph
        self.entry: GraphEntry = checker.context.entry.graphs[graph]
        self.at: Path = ("graphs", graph)
        self.paths: dict[str, Path] = {}
        self.entries: dict[str, CallEntry] = {}
        self.named: dict[Call, str] = {}

    def record(self) -> bool:
        """Record the graph, and hold it against the rules of graphs; return whether it has no problems."""
        before = len(self.context.problems)  # problems of nested graphs count, since these are checked on the way
        self._label_calls()
        self._check_modules()
        free = self._call_free_inputs()
        inputs = {name: free.tensor(name) for name in self.entry.inputs}
        scope = GraphScope(self.context, self.at, free, inputs, self.entries)
        ordered, circle = in_order(self.entries)
        self._record_calls(ordered, scope)
        outputs = {name: scope.find(ref, (*self.at, "outputs", name)) for name, ref in self.entry.outputs.items()}
        if circle:
            message = f"These calls wait for each other: {' <- '.join(circle)}.\n  A graph has no circles."
            self.context.complain(message, (*self.paths[circle[0]], "call"))
        calls = OrderedCalls(
            outputs, inputs, name=self.graph, named=self.named, also=_unreached(scope.steps.values(), outputs.values())
        )
        self.checker.seen[self.graph] = CheckedGraph(calls, free.module.outputs, scope.steps, self.paths)
        broken = any(self.context.problems.broken.touches(path) for path in self._parts())
        complete = scope.calls_are_known and not circle and not any(tensor.is_failed for tensor in outputs.values())
        GraphRules(self.context, self.at, self.entry, self.entries, self.paths, scope.steps, calls).check(
            complete=complete and not broken
        )
        if len(self.context.problems) > before or broken:
            return False
        failed = (isinstance(step, Call) and step.is_failed for step in scope.steps.values())
        return complete and not any(failed) and not any(tensor.is_failed for tensor in inputs.values())

    def _parts(self) -> Iterator[Path]:
        for part in ("inputs", "calls", "outputs"):
            yield (*self.at, part)

    def _label_calls(self) -> None:
        for path, call in self.context.numbered((*self.at, "calls"), self.entry.calls):
            if call.label in self.entries:
                self.context.complain(
                    f'Two calls of this graph are named "{call.label}".\n'
                    f"  Give one a name of its own: {{call: {call.module}, as: another_{call.module}, ...}}.",
                    (*path, "as") if call.label != call.module else (*path, "call"),
                )
            else:
                self.paths[call.label], self.entries[call.label] = path, call

    def _check_modules(self) -> None:
        modules = self.context.entry.modules
        for label, call in self.entries.items():
            if call.module in modules or self.context.is_broken(("modules", call.module)):
                continue
            self.context.complain(self._no_module(call.module), (*self.paths[label], "call"))
            if label == call.module:  # a misspelt module is a misspelt label too; who spells it right is not blamed
                self.context.problems.broken.add(self.paths[label])

    def _no_module(self, name: str) -> str:
        modules = self.context.entry.modules
        if name == self.graph:
            return f"{name} is this graph itself.\n  A graph cannot call itself; the modules: {listed(modules)}."
        if name in self.context.entry.graphs:
            advice = f"To call it, name it among the modules, my_{name}: {{graph: {name}}}, and write call: my_{name}."
            return f"{name} is a graph of this file, not a module.\n  {advice}"
        return f'There is no module "{name}".{suggest(name, modules)}\n  The modules: {listed(modules)}.'

    def _call_free_inputs(self) -> Call:
        """Record the call that free inputs come from; those with problems are none of its outputs."""
        declared = []
        for name, text in self.entry.inputs.items():
            at = (*self.at, "inputs", name)
            if len(text) > _LONGEST_TYPE:
                self.context.complain(f"This type has more than {_LONGEST_TYPE} characters.\n  Types are short.", at)
                continue
            try:
                type = NeuralType(text, tags=self.context.tags, kinds=self.context.kinds)
                declared.append(Port(name, type.bind(self.context.entry.params)))
            except NmError as error:
                self.context.complain(error, at)
        try:
            call = call_free_inputs(PortSpec(declared), location="")
        except NmError as error:
            self.context.complain(error, (*self.at, "inputs"))
            call = call_free_inputs(PortSpec(), location="")
        call.label = ""  # a file refers to free inputs by their names alone
        return call

    def _record_calls(self, ordered: Iterable[CallEntry], scope: GraphScope) -> None:
        """Record the calls in an order in which they can run; those in a circle, or behind one, fail."""
        waiting = dict(self.entries)
        for entry in ordered:
            del waiting[entry.label]
            scope.steps[entry.label] = self._record_call(entry, scope)
        # calls in a circle use each other, so all of them are there before any is connected
        for label, entry in waiting.items():
            scope.steps[label] = Call.failed(self.checker.component(entry.module), {}, label=label)
        for label, entry in waiting.items():
            call = bind_call(self.context, entry, scope.steps[label].module, scope, self.paths[label], silent=True)
            scope.steps[label].inputs = call.fail().inputs

    def _record_call(self, entry: CallEntry, scope: GraphScope) -> Step:
        module = self.checker.component(entry.module)
        silent = isinstance(module, Undeclared)  # something about the module is wrong, and the call is not to blame
        call = bind_call(self.context, entry, module, scope, self.paths[entry.label], silent=silent)
        if silent:
            return call.fail()
        if isinstance(module, GraphModule):
            return self._call_graph(call, module)
        if entry.inputs or not call.complete:
            return record_call(self.context, call, self.entry.casts)
        if entry.module not in self.checker.streams:
            stream = replace(call, entry=replace(entry, label=entry.module))  # it has a name of its own in each graph
            self.checker.streams[entry.module] = record_call(self.context, stream, self.entry.casts)
        self.named[self.checker.streams[entry.module]] = entry.label
        return self.checker.streams[entry.module]

    def _call_graph(self, call: BoundCall, module: GraphModule) -> Step:
        """Call a graph: its declared inputs are checked first, then its calls on the tensors that it takes here."""
        policy = cast_policy(call.entry, self.entry.casts)
        try:
            check_known_edges(call, policy)
        except NmError as error:
            complain_about_edges(self.context, error, call.entry.inputs, call.at)
            return call.fail()
        if not call.complete:
            return call.fail()
        if not self.checker.expand(len(module.graph.calls)):
            self.context.complain("Nested graphs expand into too many calls.", (*call.at, "call"))
            return call.fail()
        arguments = {
            port: value.value if isinstance(value, ConstantInput) else value for port, value in call.arguments.items()
        }
        try:
            step, _ = record_composite(module, (), arguments, label=call.label, location=call.location, policy=policy)
        except NmError as error:
            why = for_files(error.problems[0]) if isinstance(error, NeuralTypeError) else error
            message = f"Inside the graph {module.graph.name}, with what it is given here: {why}"
            self.context.complain(message, (*call.at, "call"))
            return call.fail()
        check_stored_casts(self.context, call, step.casts)
        return step


def _unreached(steps: Collection[Step], outputs: Iterable[NmTensor]) -> Iterator[NmTensor]:
    """Yield a tensor of each call, but of nested graphs of which something is used: the rest of these is left out."""
    nested = [step for step in steps if isinstance(step, CompositeCall)]
    used = {value for step in steps for _, value in flat_arguments(step.inputs)}.union(outputs) if nested else set()
    yield from (step.tensor("") for step in steps if isinstance(step, Call))
    for step in nested:
        if used.isdisjoint(step.outputs.values()):
            yield from step.outputs.values()


def _types(tensors: Mapping[str, NmTensor]) -> dict[str, NeuralType]:
    return {name: tensor.type for name, tensor in tensors.items() if not tensor.is_failed}
