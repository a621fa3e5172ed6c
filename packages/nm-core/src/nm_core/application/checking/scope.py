"""What references in a graph name: free inputs and outputs of calls, with their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nm_core.application.checking.calls import Outcome
from nm_core.application.checking.context import Context
from nm_core.application.checking.measurable import add_outputs
from nm_core.application.checking.topological import references
from nm_core.application.form.entries import CallEntry, Reference
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.graphs.size_readers import Reach
from nm_core.symbols.size_origins import Made, speaks_of
from nm_types import NeuralType


class Names:
    """The names of one graph.

    Attributes:
        at: where the graph stands.
        inputs: the types of its free inputs; None for those with problems.
        calls, paths: the calls by label, and where they stand.
        outcomes: what each call gives, filled in as calls are checked; None for those with problems.
        reach: what of it a run can measure, filled in likewise.
    """

    def __init__(
        self, context: Context, at: Path, inputs: Mapping[str, NeuralType | None], reach: Reach[Reference]
    ) -> None:
        self.at = at
        self.inputs = inputs
        self.calls: Mapping[str, CallEntry] = {}
        self.paths: Mapping[str, Path] = {}
        self.outcomes: dict[str, Outcome | None] = {}
        self.reach = reach
        add_outputs(reach, None, {name: type for name, type in inputs.items() if type is not None}, (), "source")
        self._context = context

    def add(self, label: str, outcome: Outcome | None, segment: str) -> None:
        """Take what a call gives."""
        self.outcomes[label] = outcome
        if outcome is not None:
            add_outputs(self.reach, label, outcome.types, outcome.unavailable, segment)

    @property
    def calls_are_known(self) -> bool:
        """Whether every call of the graph could be read."""
        at = (*self.at, "calls")
        return not self._context.is_broken(at) and not self._context.problems.broken.touches(at)

    def find(self, reference: Reference, at: Path) -> NeuralType | None:
        """Return the type of what a reference names; None where there is none, after complaining if nobody has yet."""
        if reference.call is None:
            return self._find_input(reference.port, at)
        if reference.call not in self.outcomes:
            if self.calls_are_known:
                self._no_call(reference.call, at)
            return None
        outcome = self.outcomes[reference.call]
        if outcome is None:
            return None
        needs = outcome.unavailable.get(reference.port)
        if needs:
            self._context.complain(
                f"{reference} has no value in that call.\n"
                f"  It needs {' and '.join(needs)} connected to {reference.call}.",
                at,
            )
            return None
        if reference.port not in outcome.types:
            meant = suggest(reference.port, outcome.types)
            self._context.complain(
                f'{reference.call} has no output port "{reference.port}".{meant}\n'
                f"  Its output ports: {listed(outcome.types)}.",
                at,
            )
        return outcome.types.get(reference.port)

    def declared(self, reference: Reference) -> str:
        """Return the class that declares what a reference names, or an empty text."""
        outcome = self.outcomes.get(reference.call or "")
        return outcome.declared if outcome else ""

    def maker(self, size: str) -> Made | None:
        """Return the call that made a size: it gives it out, and was not given it."""
        for label, outcome in self.outcomes.items():
            ports = [port for port, type in outcome.types.items() if speaks_of(type, size)] if outcome else []
            if ports and not any(speaks_of(type, size) for type in self._given(label)):
                location = self._context.location(self.paths[label])
                return Made(f"{label}.{ports[0]}", location, tuple(f"{label}.{port}" for port in ports[1:]))
        return None

    def _given(self, label: str) -> Iterator[NeuralType]:
        """Yield the types that a call is given, where they are known."""
        for given in self.calls[label].inputs.values():
            for reference in references(given):
                outcome = self.outcomes.get(reference.call or "")
                type = outcome.types.get(reference.port) if outcome else self.inputs.get(reference.port)
                if type is not None:
                    yield type

    def _find_input(self, name: str, at: Path) -> NeuralType | None:
        if name in self.inputs or self._context.is_broken((*self.at, "inputs")):
            return self.inputs.get(name)
        if name in self.outcomes:
            outcome = self.outcomes[name]
            ports = list(outcome.types) if outcome else []
            example = f": {name}.{ports[0]}" if ports else ""
            self._context.complain(f'"{name}" is a call.\n  Name one of its outputs{example}.', at)
        elif self.calls_are_known:
            inputs = listed(self.inputs)
            self._context.complain(
                f'This graph has no input "{name}".{suggest(name, [*self.inputs, *self.outcomes])}\n'
                f"  Its inputs: {inputs}. The output of a call is written call.port.",
                at,
            )
        return None

    def _no_call(self, name: str, at: Path) -> None:
        if name in self._context.entry.modules:
            hint = f"  {name} is a module: call it in this graph, - {{call: {name}}}."
        else:
            hint = f"  The calls: {listed(self.outcomes)}."
        self._context.complain(f'This graph has no call "{name}".{suggest(name, self.outcomes)}\n{hint}', at)
