"""The graphs of an application: every call typed in order, from free inputs or data layers to outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar, cast

from nm_core.application.checking.calls import Callee, Outcome, TypedGraph, call_equations, check_call, port_path
from nm_core.application.checking.context import Context
from nm_core.application.checking.data_flow import Flow
from nm_core.application.checking.declared import Declared
from nm_core.application.checking.measurable import reach_of, segment_of
from nm_core.application.checking.scope import Names
from nm_core.application.checking.topological import all_references, ancestors, in_order, references
from nm_core.application.form.entries import CallEntry, GraphEntry, Input, Reference, Value
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path, Problems, TooManyProblems
from nm_core.errors import NmError
from nm_core.modules.free_inputs import OWNER
from nm_core.modules.module import Signature
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.recording import CastPolicy
from nm_types import Equation, NeuralType, check_equations, type_call

T = TypeVar("T")

_EXPANDED = 5_000
"""How many calls nested graphs may expand into: each may call the next twice, and so on."""
_DEPTH = 24
_LONGEST_TYPE = 1000


class GraphChecker:
    """Types the graphs of an application, nested ones before those that use them.

    Attributes:
        seen: what is known of each graph, of one with problems as far as it could be typed.
        places: where the calls of each graph stand, by label.
    """

    def __init__(self, context: Context, modules: Mapping[str, Declared]) -> None:
        self.context = context
        self.modules = modules
        self.left = _EXPANDED
        self.seen: dict[str, TypedGraph] = {}
        self.places: dict[str, Mapping[str, Path]] = {}
        self._typed: dict[str, TypedGraph | None] = {}
        self._open: list[str] = []

    def check(self, graph: str) -> TypedGraph | None:
        """Return the types of a graph, or None when it has problems; they are recorded the first time."""
        if graph in self._open:
            circle = " -> ".join([*self._open[self._open.index(graph) :], graph])
            self.context.complain(f"The graph {graph} contains itself: {circle}.", ("graphs", graph), key=True)
            return None
        if len(self._open) > _DEPTH:
            self.context.complain(f"Graphs nest more than {_DEPTH} deep.", ("graphs", graph), key=True)
            return None
        if graph not in self._typed:
            self._open.append(graph)
            self._typed[graph] = _Check(self, self.context, graph).run()
            self._open.pop()
        return self._typed[graph]

    def declared_inputs(self, context: Context, graph: str) -> dict[str, NeuralType]:
        """Return the types of a graph's free inputs as they are written; those with problems are left out."""
        tags, kinds = self.context.tags, self.context.kinds
        declared = {}
        for name, text in context.entry.graphs[graph].inputs.items():
            if len(text) > _LONGEST_TYPE:
                at = ("graphs", graph, "inputs", name)
                context.complain(f"This type has more than {_LONGEST_TYPE} characters.\n  Types are short.", at)
                continue
            try:
                declared[name] = NeuralType(text, tags=tags, kinds=kinds).bind(context.entry.params)
            except NmError as error:
                context.complain(error, ("graphs", graph, "inputs", name))
        return declared


class _Check:
    """One pass over the calls of one graph."""

    def __init__(self, checker: GraphChecker, context: Context, graph: str) -> None:
        self.checker = checker
        self.context = context
        self.graph = graph
        self.entry: GraphEntry = context.entry.graphs[graph]
        self.at: Path = ("graphs", graph)
        self.alone: Mapping[str, Outcome] | None = None
        """Inside another graph, what the calls give where this graph stands alone."""
        self.used: set[Reference] = set()
        """What is given to the calls that lead to the outputs, and these."""
        self.constants: dict[str, Value] = {}
        self.paths: dict[str, Path] = {}
        self.calls: dict[str, CallEntry] = {}

    def run(
        self,
        given: Mapping[str, NeuralType] | None = None,
        alone: TypedGraph | None = None,
        wanted: Collection[Reference] = (),
        constants: Mapping[str, Value] | None = None,
    ) -> TypedGraph | None:
        """Type the calls, with free inputs as declared or, inside another graph, of the types given there.

        Args:
            alone: inside another graph, the types in this one where it stands alone. Calls that cast there may cast.
            wanted: inside another graph, what of the outputs is used there; calls that lead elsewhere are left out.
            constants: inside another graph, the inputs that are given constants.
        """
        self.alone = None if alone is None else alone.calls
        self.constants = dict(constants or {})
        before = len(self.context.problems)
        for label, path, call in self._labelled():
            self.paths[label], self.calls[label] = path, call
        if given is None:
            self.checker.places[self.graph] = self.paths
        modules = self.checker.modules
        names = Names(self.context, self.at, self._inputs() if given is None else given, reach_of(self.entry, modules))
        ordered, circle = in_order(self.calls)
        names.calls, names.paths, names.outcomes = self.calls, self.paths, dict.fromkeys(self.calls)
        self._check_modules()
        ends = [*(self.entry.outputs.values() if given is None else wanted)]
        needed, _ = (self.calls, ()) if given is None else ancestors(self.calls, ends)
        self.used = {*ends, *(one for label in needed for one in all_references(self.calls[label]))}
        for call in ordered:
            names.add(call.label, self._call(call, names), segment_of(call, modules))
        self._check_equations(call_equations(outcome for label, outcome in names.outcomes.items() if label in needed))
        outputs = {name: names.find(ref, (*self.at, "outputs", name)) for name, ref in self.entry.outputs.items()}
        if circle:
            message = f"These calls wait for each other: {' <- '.join(circle)}.\n  A graph has no circles."
            self.context.complain(message, (*self.paths[circle[0]], "call"))
        if given is None:
            flow = Flow(self.context, self.at, self.entry, modules, self.calls, self.paths)
            flow.check_drivers()
            if names.calls_are_known and not circle and None not in outputs.values():
                flow.check_uses()
        typed = TypedGraph(_known(names.inputs), _known(outputs), _known(names.outcomes))
        if given is None:
            self.checker.seen[self.graph] = typed
        found = (names.inputs, typed.inputs), (outputs, typed.outputs), (names.outcomes, typed.calls)
        if len(self.context.problems) > before or any(self.context.is_broken(path) for path in self._parts()):
            return None
        return typed if all(len(known) == len(asked) for asked, known in found) else None

    def _parts(self) -> Iterator[Path]:
        yield self.at
        for part in ("inputs", "calls", "outputs"):
            yield (*self.at, part)

    def _labelled(self) -> Iterator[tuple[str, Path, CallEntry]]:
        seen = set[str]()
        for path, call in self.context.numbered((*self.at, "calls"), self.entry.calls):
            if call.label in seen:
                self.context.complain(
                    f'Two calls of this graph are named "{call.label}".\n'
                    f"  Give one a name of its own: {{call: {call.module}, as: another_{call.module}, ...}}.",
                    (*path, "as") if call.label != call.module else (*path, "call"),
                )
                continue
            seen.add(call.label)
            yield call.label, path, call

    def _inputs(self) -> dict[str, NeuralType | None]:
        declared = self.checker.declared_inputs(self.context, self.graph)
        try:
            typed = type_call([], declared, owner=OWNER).outputs
        except NmError as error:
            self.context.complain(error, (*self.at, "inputs"))
            typed = {}
        return {name: typed.get(name) for name in self.entry.inputs}

    def _call(self, call: CallEntry, names: Names) -> Outcome | None:
        path = self.paths[call.label]
        policy = cast("CastPolicy", self.entry.casts)
        if self.alone is not None:  # as when the calls of a graph that was built are repeated
            policy = "transpose" if self.alone[call.label].casts or self.alone[call.label].inside else "error"
            inputs = {port: self._constant(given, (*path, "inputs", port)) for port, given in call.inputs.items()}
            call = replace(call, inputs=inputs, casts={})
        entry = self.context.entry.modules.get(call.module)
        if entry is None:
            return None
        if entry.graph is not None:
            return self._nested(call, entry.graph, names, policy, path)
        module = self.checker.modules.get(call.module)
        if module is None:
            return None
        declared = f"{module.cls.__module__}.{module.cls.__qualname__}"
        segment = segment_of(call, self.checker.modules)
        callee = Callee(call.label, module.signature, declared, module.cls.type_edges, segment)
        return check_call(self.context, call, callee, names, policy, path)

    def _constant(self, given: Input, at: Path) -> Input:
        """Return the constant that this graph's input is given, where a call takes that input."""
        if isinstance(given, Reference):
            return self.constants.get(given.port, given) if given.call is None else given
        if isinstance(given, tuple) and any(one.call is None and one.port in self.constants for one in given):
            self.context.complain("One value of this list is a constant; lists hold outputs of calls.", at)
        return given

    def _check_modules(self) -> None:
        known = self.context.entry.modules
        for label, call in self.calls.items():
            if call.module in known or self.context.is_broken(("modules", call.module)):
                continue
            message = f'There is no module "{call.module}".{suggest(call.module, known)}'
            self.context.complain(f"{message}\n  The modules: {listed(known)}.", (*self.paths[label], "call"))
            if label == call.module:  # a misspelt module is a misspelt label too; who spells it right is not blamed
                self.context.problems.broken.add(self.paths[label])

    def _nested(self, call: CallEntry, graph: str, names: Names, policy: CastPolicy, path: Path) -> Outcome | None:
        """Type a call of a graph: against its declared inputs first, then its calls with what it is really given."""
        if graph not in self.context.entry.graphs or self.checker.check(graph) is None:
            return None
        inner = _Check(self.checker, self._quiet(), graph)
        declared = self.checker.declared_inputs(inner.context, graph)
        roots = PortSpec(Port(name, NeuralType({})) for name in inner.entry.outputs)
        inputs = PortSpec(Port(name, type) for name, type in declared.items())
        callee = Callee(call.label, Signature(inputs, roots), f"graphs.{graph}", segment="graph")
        outcome = check_call(self.context, call, callee, names, policy, path)
        if outcome is None:
            return None
        self.checker.left -= len(inner.entry.calls)
        if self.checker.left < 0:
            self.context.complain("Nested graphs expand into too many calls.", (*path, "call"))
            return None
        given = {}
        for port, value in call.inputs.items():
            found = [names.find(reference, path) for reference in references(value)]
            given[port] = found[0] if found and found[0] is not None else declared[port]
        try:
            alone = self.checker.seen[graph] if self.alone is None else self.alone[call.label].inside
            wanted = [ref for port, ref in inner.entry.outputs.items() if Reference(call.label, port) in self.used]
            constants = {port: value for port, value in call.inputs.items() if isinstance(value, Value)}
            typed = inner.run(given, alone, wanted, constants)
        except TooManyProblems:  # they are the inner graph's; outside they are one
            typed = None
        if typed is None:
            report = inner.context.problems.report()
            why = report.problems[0].message if report.problems else "it has problems"
            self.context.complain(f"Inside the graph {graph}, with what it is given here: {why}", (*path, "call"))
            return None
        needed, _ = ancestors(inner.calls, wanted)
        inside = tuple(
            replace(one, edge=replace(one.edge, consumer=f"{call.label}/{one.edge.consumer}"))
            for one in call_equations(outcome for label, outcome in typed.calls.items() if label in needed)
        )
        return Outcome(typed.outputs, callee.declared, equations=inside, casts=outcome.casts, inside=typed)

    def _quiet(self) -> Context:
        problems = Problems(self.context.problems.name)
        return Context(self.context.entry, problems, self.context.collections, backend=self.context.backend)

    def _check_equations(self, equations: Iterable[Equation]) -> None:
        """Judge what the calls leave open together; a contradiction is recorded at the connection it is blamed on."""
        for problem in check_equations(equations):
            label, inner, _ = problem.consumer.partition("/")
            port = ("call",) if inner else ("inputs", *port_path(problem.port))
            self.context.complain(replace(problem, location=""), (*self.paths[label], *port))


def _known(found: Mapping[str, T | None]) -> dict[str, T]:
    return {name: item for name, item in found.items() if item is not None}
