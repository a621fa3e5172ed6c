"""A graph used as a module in another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nm_core.composite import CompositeModule
from nm_core.module import NeuralModule

if TYPE_CHECKING:
    from nm_core.graph import Graph


class GraphModule(CompositeModule):
    """Repeats the calls of a graph wherever it is called; its modules are shared with whoever else calls them.

    Args:
        graph: the graph, with free inputs.
    """

    def __init__(self, *, graph: Graph) -> None:
        self.graph = graph
        self._nm.signature = graph.signature

    def children(self) -> dict[str, NeuralModule]:
        """Return no modules of its own: those of its graph keep their own names."""
        return {}

    def build(self, **inputs: Any) -> Any:
        """Repeat the graph's calls on what is given."""
        outputs = self.graph.repeat(inputs)
        return outputs[0] if len(outputs) == 1 else outputs
