"""Rules for a graph of a file as a whole, beyond its single calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nm_core.application.checking.calls import input_path
from nm_core.application.checking.context import Context
from nm_core.application.checking.topological import ancestors
from nm_core.application.form.entries import CallEntry, GraphEntry
from nm_core.application.text.problems import Path
from nm_core.errors import GraphError
from nm_core.graphs.calls import OrderedCalls, check_distinct_names
from nm_core.graphs.open_checks import checks
from nm_core.graphs.plan import Plan, explain_order_fault
from nm_core.symbols.tensor import Call, Step
from nm_types import Equation, check_equations


@dataclass(frozen=True, slots=True)
class GraphRules:
    """The calls of one graph by label: as they are written, where, and as they were recorded."""

    context: Context
    at: Path
    entry: GraphEntry
    entries: Mapping[str, CallEntry]
    paths: Mapping[str, Path]
    steps: Mapping[str, Step]
    calls: OrderedCalls

    def check(self, *, complete: bool) -> None:
        """Complain about everything that is wrong with the graph, and note what should be seen.

        Args:
            complete: whether all of it is known, so that a call that leads to no output is at fault itself.
        """
        plan = Plan.draft(self.calls)
        labels = {step: label for label, step in self.steps.items()}
        self._check_equations(labels)
        self._check_order(plan, labels)
        self._check_names()
        self._check_drivers()
        if complete:
            self._check_uses()
        self._note_open(plan)

    def _check_equations(self, labels: Mapping[Step, str]) -> None:
        """Solve what the calls leave open together; a contradiction stands at the connection that is blamed for it."""
        for problem in check_equations(self._equations(labels)):
            label, inner, _ = problem.consumer.partition("/")
            path = self._path(label, None if inner else problem.port)
            self.context.complain(replace(problem, location=""), path)

    def _equations(self, labels: Mapping[Step, str]) -> Iterator[Equation]:
        """Yield the open equations, each with its place; inside a nested graph, that of the call of the graph."""
        for call in self.calls.calls:
            for equation in call.typing.equations:
                label = labels.get(call.outermost)
                if label is None:  # a data layer of a nested graph, whose call is shared with that graph
                    continue
                if call.scope is None:  # the file has a place for each port of its own calls alone
                    yield replace(equation, location=self.context.location(self._path(label, equation.port)))
                else:
                    edge = replace(equation.edge, consumer=f"{label}/{equation.edge.consumer}")
                    yield replace(equation, edge=edge)

    def _check_order(self, plan: Plan, labels: Mapping[Step, str]) -> None:
        """Refuse modules of the host before those of the framework."""
        for call, port, tensor in plan.order_faults():
            path = self._path(labels[call.outermost], port if call.scope is None else None)
            self.context.complain(explain_order_fault(call, tensor), path)

    def _check_names(self) -> None:
        try:
            check_distinct_names(call.module for call in self.calls.calls)
        except GraphError as error:
            self.context.complain(error, self.at, key=True)

    def _check_drivers(self) -> None:
        """Refuse data layers beside free inputs."""
        for label, step in self.steps.items():
            if self.entry.inputs and step.module.segment == "source":
                self.context.complain(
                    f"{step.module.name} is a data layer, and this graph has free inputs.\n"
                    "  A graph is driven by data layers or by what its user gives, not by both.",
                    self._path(label),
                )

    def _check_uses(self) -> None:
        """Refuse calls and inputs that lead to no output: they would be left out in silence."""
        labels, inputs = ancestors(self.entries, self.entry.outputs.values())
        for label in self.entries:
            if label not in labels:
                message = f"{label} leads to none of the outputs.\n"
                message += "  Leave the call out, or name one of its outputs under outputs."
                self.context.complain(message, self._path(label))
        for name in self.entry.inputs:
            if name not in inputs:
                message = f'The input "{name}" leads to none of the outputs.\n  Connect it, or leave it out.'
                self.context.complain(message, (*self.at, "inputs", name), key=True)

    def _note_open(self, plan: Plan) -> None:
        """Note which axes are transposed, what is left to a run, and what nobody checks."""
        open_checks = checks(plan)
        for label, step in self.steps.items():
            for port in step.casts:
                self._note(label, port, "its axes are transposed")
            check = open_checks.get(step) if isinstance(step, Call) else None
            if check is not None:
                for port in check.ports:
                    self._note(label, port, "checked in use, by the shape of what it is given")
                for port, (what, why) in check.unchecked.items():
                    self._note(label, port, f"not checked: {what}, since {why}")

    def _note(self, label: str, port: str, what: str) -> None:
        self.context.problems.note(f"{self.context.location(self._path(label, port))}: {label}.{port}: {what}.")

    def _path(self, label: str, port: str | None = None) -> Path:
        """Return where the value of a port stands, or the call itself."""
        at = self.paths[label]
        return (*at, "call") if port is None else input_path(self.entries[label].inputs, at, port)
