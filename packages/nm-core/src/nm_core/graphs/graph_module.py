"""A graph used as a module in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, Unpack

from nm_core.modules.composite import CompositeCall, CompositeModule
from nm_core.modules.module import NeuralModule
from nm_core.symbols import recording
from nm_core.symbols.parameters import ModuleOptions
from nm_core.symbols.tensor import Call, NmTensor

if TYPE_CHECKING:
    from nm_core.graphs.graph import Graph


class GraphModule(CompositeModule):
    """Repeats the calls of a graph wherever it is called; its modules are shared with whoever else calls them.

    Args:
        graph: the graph, with free inputs.
    """

    def __init__(self, *, graph: Graph, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.graph = graph
        self._nm.signature = graph.signature

    def children(self) -> dict[str, NeuralModule]:
        """Return no modules of its own: those of its graph keep their own names."""
        return {}

    def build(self, **inputs: Any) -> Any:
        """Repeat the graph's calls on what is given."""
        outputs = self.graph.repeat(inputs, symbolic=recording.current_scope() is not None)
        return outputs[0] if len(outputs) == 1 else outputs


class Scopes:
    """The composite calls that the calls of a graph came out of, each once more where the graph is repeated."""

    def __init__(self) -> None:
        self._again: dict[CompositeCall, CompositeCall] = {}
        self._around = recording.current_scope()

    @contextmanager
    def around(self, call: Call) -> Iterator[None]:
        """Record the calls of the block as having come out of what the given call came out of."""
        scope = self._repeated(call.scope)
        if scope is None:
            yield
        else:
            with recording.inside(scope):
                yield

    def finish(self, known: Mapping[NmTensor, Any]) -> None:
        """Give the composite calls the tensors that took the place of theirs."""
        for old, new in self._again.items():
            given = {port: _replaced(value, known) for port, value in old.inputs.items()}
            new.inputs = {port: value for port, value in given.items() if value is not None}
            new.outputs = {port: known[tensor] for port, tensor in old.outputs.items() if tensor in known}

    def _repeated(self, scope: CompositeCall | None) -> CompositeCall | None:
        if scope is None:
            return self._around
        if scope not in self._again:
            self._again[scope] = again = copy(scope)
            again.scope = self._repeated(scope.scope)
        return self._again[scope]


def _replaced(value: Any, known: Mapping[NmTensor, Any]) -> Any:
    """Return what an input of a composite call is given; None for a tensor that the graph does without."""
    if isinstance(value, NmTensor):
        return known.get(value)
    if isinstance(value, tuple):
        return tuple(known[one] for one in value if one in known)
    return value
