"""Which tensors of a graph in a file a run can measure for the checks of its calls, before anything is built."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nm_core.application.checking.declared import Declared
from nm_core.application.checking.topological import references
from nm_core.application.form.entries import CallEntry, GraphEntry, Reference
from nm_core.graphs.size_readers import Reach
from nm_core.modules.composite import CompositeModule
from nm_types import NeuralType


def reach_of(entry: GraphEntry, modules: Mapping[str, Declared]) -> Reach[Reference]:
    """Return what the two parts of a graph are given, still without the types of anything."""
    used: set[Reference] = set()
    kept = set(entry.outputs.values())
    for call in entry.calls:
        taken = {reference for given in call.inputs.values() for reference in references(given)}
        (kept if segment_of(call, modules) == "host" else used).update(taken)
    return Reach(used, kept)


def segment_of(call: CallEntry, modules: Mapping[str, Declared]) -> str:
    """Return where a call runs; composite modules and nested graphs stand for calls in the framework."""
    declared = modules.get(call.module)
    if declared is None or issubclass(declared.cls, CompositeModule) or declared.cls.segment == "view":
        return "framework"
    return declared.cls.segment


def add_outputs(
    reach: Reach[Reference], label: str | None, types: Mapping[str, NeuralType], without: Collection[str], segment: str
) -> None:
    """Let the outputs of a call, or the free inputs of a graph, be measured as far as the parts are given them."""
    for port, type in types.items():
        if port not in without:
            reference = Reference(label, port)
            reach.add(reference, str(reference), type, segment)
