"""A graph of an application used as a module in another."""

from __future__ import annotations

from typing import Any

from nm_core.composite import CompositeModule
from nm_core.graph import Graph
from nm_core.module import NeuralModule, Signature
from nm_core.ports import Port, PortSpec
from nm_types import NeuralType


class GraphModule(CompositeModule):
    """Repeats the calls of a graph wherever it is called; its modules are those of the application, shared.

    Args:
        graph: the graph, with free inputs.
        types: the types of its free inputs as they are declared.
    """

    def __init__(self, *, graph: Graph, types: dict[str, NeuralType]) -> None:
        self.graph = graph
        inputs = PortSpec(Port(port, types[port]) for port in graph.inputs)
        outputs = PortSpec(Port(port, NeuralType({})) for port in graph.outputs)
        self._nm.signature = Signature(inputs, outputs)

    def children(self) -> dict[str, NeuralModule]:
        """Return no modules of its own: those of its graph stand in the application under their own names."""
        return {}

    def build(self, **inputs: Any) -> Any:
        """Repeat the graph's calls on what is given."""
        return self.graph(**inputs)
