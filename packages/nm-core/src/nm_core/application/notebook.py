"""What notebooks show of modules, tensors, graphs and applications: small, without colours of its own, no network.

A front end takes HTML before SVG, and text where both are missing. Text keeps the colours of the notebook's theme;
drawings bring a page of their own, and rules of style that hold inside them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from nm_core.drawing.layout import lay_out
from nm_core.drawing.render import render
from nm_core.drawing.sketch import Sketch, short
from nm_core.graphs.sketching import read, whole
from nm_core.symbols.ports import PortSpec

if TYPE_CHECKING:
    from nm_core.graphs.graph import Graph
    from nm_core.modules.module import NeuralModule
    from nm_core.symbols.tensor import NmTensor

MOST = 150
"""With more boxes than these a drawing is no longer looked at; it is then one box that says how many there are."""


def graph_svg(graph: Graph) -> str:
    """Return the drawing of a graph, a very large one as one box."""
    sketch = read(graph, ())
    return render(lay_out(sketch if sketch.count() <= MOST else whole(graph)))


def tensor_html(tensor: NmTensor) -> str:
    """Return what a symbolic tensor is: its name, its type, and that it has no value yet."""
    return f"<div><b>{escape(tensor.name)}</b> <code>{escape(str(tensor.type))}</code> <i>symbolic</i></div>"


def module_html(module: NeuralModule) -> str:
    """Return a module as its name, its ports with their types, and its parameters."""
    head = f"<b>{escape(module.name)}</b> {escape(type(module).__name__)}"
    rows = [*_ports("input", module.inputs), *_ports("output", module.outputs)]
    rows += [_row("parameter", name, short(value)) for name, value in module.params.items()]
    rows += [_row("parameter", name, "an object, which no file can keep") for name in sorted(module.opaque)]
    return f"<div>{head}</div>\n{_table(rows)}"


def application_html(title: str, about: str, graphs: Mapping[str, str], sketch: Sketch | None) -> str:
    """Return an application as a table of its graphs and the drawing of one of them.

    Args:
        title: its name.
        about: its description.
        graphs: for each graph what it leads from and to.
        sketch: the graph that is drawn.
    """
    parts = [f"<div><b>{escape(title)}</b> {escape(about)}</div>"]
    parts.append(_table(_row("graph", name, text) for name, text in graphs.items()))
    if sketch is not None:
        drawn = sketch.count() <= MOST
        more = "" if drawn else f" has {sketch.count():,} boxes, which nmod draw draws."
        parts += [f"<div>{escape(sketch.name)}{more or ':'}</div>", *([render(lay_out(sketch))] if drawn else [])]
    return "\n".join(parts)


def _ports(side: str, ports: PortSpec) -> Iterable[str]:
    for port in ports.values():
        extra = [word for word, holds in (("optional", port.optional), ("any number", port.variadic)) if holds]
        yield _row(side, port.name, str(port.type), ", ".join(extra))


def _row(*cells: str) -> str:
    kind, name, text, *extra = map(escape, cells)
    more = f" <i>{extra[0]}</i>" if extra and extra[0] else ""
    left = '<td style="text-align: left">'
    return f"<tr>{left}{kind}</td>{left}{name}</td>{left}<code>{text}</code>{more}</td></tr>"


def _table(rows: Iterable[str]) -> str:
    return f"<table>{''.join(rows)}</table>"
