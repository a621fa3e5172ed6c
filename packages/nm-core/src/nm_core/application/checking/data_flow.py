"""How values flow through a graph as a whole: from one kind of source, through the framework, to outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nm_core.application.checking.context import Context
from nm_core.application.checking.declared import Declared
from nm_core.application.checking.topological import ancestors, references
from nm_core.application.form.entries import CallEntry, GraphEntry, Reference
from nm_core.application.text.problems import Path
from nm_core.modules.composite import CompositeModule


@dataclass(frozen=True, slots=True)
class Flow:
    """The calls of one graph by label, where each stands in the file, and what is known of their modules."""

    context: Context
    at: Path
    entry: GraphEntry
    modules: Mapping[str, Declared]
    calls: Mapping[str, CallEntry]
    paths: Mapping[str, Path]

    def check_uses(self) -> None:
        """Refuse calls and inputs that lead to no output: they would be left out in silence."""
        labels, inputs = ancestors(self.calls, self.entry.outputs.values())
        for label in self.calls:
            if label not in labels:
                self.context.complain(
                    f"{label} leads to none of the outputs.\n"
                    "  Leave the call out, or name one of its outputs under outputs.",
                    (*self.paths[label], "call"),
                )
        for name in self.entry.inputs:
            if name not in inputs:
                message = f'The input "{name}" leads to none of the outputs.\n  Connect it, or leave it out.'
                self.context.complain(message, (*self.at, "inputs", name), key=True)

    def check_drivers(self) -> None:
        """Refuse data layers beside free inputs, and modules of the host before those of the framework."""
        for label, call in self.calls.items():
            module = self.modules.get(call.module)
            if module is None:
                continue
            if module.cls.segment == "source" and self.entry.inputs:
                self.context.complain(
                    f"{call.module} is a data layer, and this graph has free inputs.\n"
                    "  A graph is driven by data layers or by what its user gives, not by both.",
                    (*self.paths[label], "call"),
                )
            if module.cls.segment == "framework":
                self._check_order(label, call)

    def _maker(self, reference: Reference) -> Declared | None:
        """Return the module that makes a value, behind the views through which it is seen."""
        for _ in self.calls:  # views may stand in a circle
            producer = self.calls.get(reference.call or "")
            module = self.modules.get(producer.module) if producer else None
            seen = producer.inputs.get("x") if producer and module and module.cls.segment == "view" else None
            if not isinstance(seen, Reference):
                return module
            reference = seen
        return None

    def _check_order(self, label: str, call: CallEntry) -> None:
        for port, given in call.inputs.items():
            for reference in references(given):
                module = self._maker(reference)
                if module is None or module.cls.segment != "host" or issubclass(module.cls, CompositeModule):
                    continue
                self.context.complain(
                    f"{reference} is computed in Python and feeds {label}, which runs in the framework.\n"
                    "  What runs in Python comes last: decoders to text, metrics, writers.",
                    (*self.paths[label], "inputs", port),
                )
