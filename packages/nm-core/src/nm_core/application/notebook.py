"""HTML that notebooks show for applications: small, and without the network.

A front end takes HTML before SVG, and text where both are missing. Text keeps the colours of the notebook's theme;
drawings bring a page of their own, and rules of style that hold inside them alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from nm_core.drawing.layout import lay_out
from nm_core.drawing.render import render
from nm_core.drawing.sketch import Sketch
from nm_core.graphs.sketching import MOST_BOXES
from nm_core.symbols.html_tables import table, table_row


def application_html(title: str, about: str, graphs: Mapping[str, str], sketch: Sketch | None) -> str:
    """Return an application as a table of its graphs and the drawing of one of them.

    Args:
        title: its name.
        about: its description.
        graphs: for each graph what it leads from and to.
        sketch: the graph that is drawn.
    """
    parts = [f"<div><b>{escape(title)}</b> {escape(about)}</div>"]
    parts.append(table(table_row("graph", name, text) for name, text in graphs.items()))
    if sketch is not None:
        drawn = sketch.count() <= MOST_BOXES
        more = "" if drawn else f" has {sketch.count():,} boxes, which nmod draw draws."
        parts += [f"<div>{escape(sketch.name)}{more or ':'}</div>", *([render(lay_out(sketch))] if drawn else [])]
    return "\n".join(parts)
