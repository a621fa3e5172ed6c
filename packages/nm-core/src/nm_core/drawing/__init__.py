"""Pictures of graphs: SVG of our own, Mermaid and DOT as text; no network, no other program.

`svg(graph)` returns a stand-alone document that is readable on light and dark pages; `mermaid(graph)` and `dot(graph)`
return text for tools that draw themselves.
"""

from __future__ import annotations

from nm_core.drawing.layout import lay_out
from nm_core.drawing.render import render
from nm_core.drawing.sketch import Drawable, InPort, Mark, Node, OutPort, Role, Sketch, SketchEdge, Unfold
from nm_core.drawing.text import to_dot, to_mermaid

Edge = SketchEdge
"""The former name."""

__all__ = [
    "Drawable",
    "Edge",
    "SketchEdge",
    "InPort",
    "Mark",
    "Node",
    "OutPort",
    "Role",
    "Sketch",
    "dot",
    "mermaid",
    "svg",
]


def svg(graph: Drawable | Sketch, *, unfold: Unfold = ()) -> str:
    """Return a graph as an SVG document.

    Args:
        graph: a graph, or a sketch of one.
        unfold: the composite modules and nested graphs whose inside is drawn, by name or by a pattern such as `"*"`;
            those around them are opened, too. The others are one box each.

    Raises:
        GraphError: a name or pattern to unfold meets nothing.
    """
    return render(lay_out(_sketch(graph, unfold)))


def mermaid(graph: Drawable | Sketch, *, unfold: Unfold = ()) -> str:
    """Return a graph as a Mermaid flow chart; arguments as for `svg`."""
    return to_mermaid(_sketch(graph, unfold))


def dot(graph: Drawable | Sketch, *, unfold: Unfold = ()) -> str:
    """Return a graph in the language of Graphviz; arguments as for `svg`."""
    return to_dot(_sketch(graph, unfold))


def _sketch(graph: Drawable | Sketch, unfold: Unfold) -> Sketch:
    return graph if isinstance(graph, Sketch) else Sketch.of(graph, unfold=unfold)
