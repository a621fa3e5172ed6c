"""A layout as one stand-alone SVG document: no network, no script, light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from nm_core.drawing.geometry import Box, Curve, Label, Layout
from nm_core.drawing.measure import width_of
from nm_core.drawing.shapes import LINE, NOTE, PILL, PORT, STRIP, SUBTITLE, TITLE, TYPE, chip_width
from nm_core.drawing.sketch import Mark, Role

_FACES = {"title": (TITLE, "bold"), "subtitle": (SUBTITLE, "regular"), "port": (PORT, "regular")}
_FACES |= {"type": (TYPE, "mono"), "note": (NOTE, "regular")}

_LIGHT = f"""
text {{ font-family: Helvetica, Arial, "Liberation Sans", sans-serif; text-anchor: middle; fill: #1f2328 }}
.title {{ font-size: {TITLE}px; font-weight: bold }}
.subtitle {{ font-size: {SUBTITLE}px; fill: #59636e }}
.port {{ font-size: {PORT}px; fill: #424a53 }}
.idle {{ fill: #98a1ab }}
.type {{ font-size: {TYPE}px; font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #59636e }}
.type.minor {{ fill: #6e7781 }}
.note {{ font-size: {NOTE}px }}
.page {{ fill: #ffffff }}
.box {{ stroke-width: 1.2; fill: #f6f8fa; stroke: #afb8c1 }}
.rule {{ stroke-width: 1; stroke: #d1d9e0 }}
.source {{ fill: #ddf4ff; stroke: #54aeff }}
.host {{ fill: #dafbe1; stroke: #4ac26b }}
.composite {{ fill: #fbefff; stroke: #c297ff }} .frame {{ fill-opacity: 0.4 }}
.view {{ fill: #fff1e5; stroke: #e16f24; stroke-dasharray: 4 2 }}
.input, .output {{ fill: #fff8c5; stroke: #d4a72c }}
.edge {{ fill: none; stroke-width: 1.6; stroke: #57606a }}
.head {{ fill: #57606a }}
.chip {{ fill: #ffffff; stroke-width: 1; stroke: #57606a }}
.edge.minor {{ stroke-width: 1.1; stroke: #98a1ab }} .head.minor {{ fill: #98a1ab }}
.edge.deferred {{ stroke-dasharray: 5 3 }} .edge.unchecked {{ stroke-dasharray: 2 3 }}
.edge.unchecked, .chip.unchecked {{ stroke: #8250df }} .head.unchecked, .note.unchecked {{ fill: #8250df }}
.edge.cast, .chip.cast {{ stroke: #9a6700 }} .head.cast, .note.cast {{ fill: #9a6700 }}
.edge.bad, .box.bad {{ stroke-width: 2.2 }}
.edge.bad, .chip.bad, .box.bad {{ stroke: #cf222e }} .head.bad, .note.bad {{ fill: #cf222e }}
"""

_DARK = """
text { fill: #e6edf3 } .subtitle, .type { fill: #9198a1 } .port { fill: #c9d1d9 }
.idle { fill: #656c76 } .type.minor { fill: #7d8590 }
.page { fill: #0d1117 } .box { fill: #161b22; stroke: #4b535d } .rule { stroke: #343b44 }
.source { fill: #0c2d4d; stroke: #388bfd } .host { fill: #0f2f1a; stroke: #3fb950 }
.composite { fill: #2b1a47; stroke: #a371f7 } .view { fill: #3d2007; stroke: #db6d28 }
.input, .output { fill: #332a08; stroke: #bb8009 }
.edge { stroke: #9198a1 } .head { fill: #9198a1 } .chip { fill: #0d1117; stroke: #9198a1 }
.edge.minor { stroke: #656c76 } .head.minor { fill: #656c76 }
.edge.unchecked, .chip.unchecked { stroke: #a371f7 } .head.unchecked, .note.unchecked { fill: #a371f7 }
.edge.cast, .chip.cast { stroke: #d29922 } .head.cast, .note.cast { fill: #d29922 }
.edge.bad, .chip.bad, .box.bad { stroke: #f85149 } .head.bad, .note.bad { fill: #f85149 }
"""


def _scope_rules(rules: str) -> str:
    """Restrict rules to drawings: a notebook or a page may put several in one document, beside its own."""
    return re.sub(
        r"([^{}]+)(\{[^{}]*\})",
        lambda rule: f"{', '.join(f'.nm-graph {selector.strip()}' for selector in rule[1].split(','))} {rule[2]}\n",
        rules.strip(),
    )


STYLE = f"""
:root .nm-graph {{ max-width: 100%; height: auto }}
{_scope_rules(_LIGHT)}@media (prefers-color-scheme: dark) {{
{_scope_rules(_DARK)}}}
"""


def render(layout: Layout) -> str:
    """Return a layout as an SVG document."""
    width, height = f"{layout.width:.0f}", f"{layout.height:.0f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nm-graph" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={quoteattr(f"The graph {layout.name}")}>',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}" rx="6"/>',
    ]
    parts += [*_content(layout), "</svg>"]
    return "\n".join(parts) + "\n"


def _content(layout: Layout) -> Iterator[str]:
    for curve in layout.curves:
        yield from _curve(curve)
    for box in layout.boxes:
        if box.node.role is not Role.PORT:  # the box around names it
            yield from _box(box)


def _curve(curve: Curve) -> Iterator[str]:
    mark = "" if curve.edge.mark is Mark.PLAIN else f" {curve.edge.mark}"
    classes = (" minor" if curve.minor else "") + mark
    x, y = curve.end
    about = f"{curve.edge.port} to {curve.edge.target_port}"
    yield f"<g><title>{escape(about)}</title>"
    yield f'<path class="edge{classes}" d="{curve.path}"/>'
    yield f'<path class="head{classes}" d="M{x:.1f} {y:.1f} l-4 -8 h8 z"/></g>'
    if curve.note is not None:
        width = chip_width(curve.edge.note)
        yield (
            f'<rect class="chip{mark}" x="{x - width / 2:.1f}" y="{curve.note.y - 10:.1f}" width="{width:.1f}" '
            'height="14" rx="7"/>'
        )
        yield from _label(curve.note, f"note{mark}")


def _box(box: Box) -> Iterator[str]:
    node = box.node
    classes = " ".join([node.role, *(["frame"] if box.inside else []), *(["bad"] if node.bad else [])])
    yield f"<g><title>{escape(node.details)}</title>"
    yield (
        f'<rect class="box {classes}" x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{box.height:.1f}" rx="{PILL / 2 if node.is_end else 6:.0f}"/>'
    )
    if node.is_end:
        yield _text(node.title, box.middle, box.y + 17.5, "title")
    else:
        yield from _ports(box)
    yield "</g>"
    for label, port in zip(box.types, node.outputs, strict=True):
        if label is not None:
            yield from _label(label, "type minor" if port.minor else "type")
    if box.inside is not None:
        yield f'<g transform="translate({box.x:.1f} {box.y + (STRIP if node.inputs else 0):.1f})">'
        yield from _content(box.inside)
        yield "</g>"


def _ports(box: Box) -> Iterator[str]:
    node = box.node
    top = box.y + (STRIP if node.inputs else 0)
    bottom = box.y + box.height - STRIP
    yield _text(node.title, box.middle, top + 17, "title")
    yield _text(node.subtitle, box.middle, top + 31, "subtitle")
    if node.inputs:
        yield _rule(box, top)
        for port, x in zip(node.inputs, box.inputs, strict=True):
            yield _text(port.text, x, box.y + 12.5, "port")
    if node.outputs:
        yield _rule(box, bottom)
        for output, x in zip(node.outputs, box.outputs, strict=True):
            yield _text(output.name, x, bottom + 12.5, "port" if output.used else "port idle")


def _rule(box: Box, y: float) -> str:
    return f'<line class="rule" x1="{box.x + 1:.1f}" y1="{y:.1f}" x2="{box.x + box.width - 1:.1f}" y2="{y:.1f}"/>'


def _label(label: Label, classes: str) -> Iterator[str]:
    for number, line in enumerate(label.lines):
        yield _text(line, label.x, label.y + number * LINE, classes)


def _text(text: str, x: float, y: float, classes: str) -> str:
    """Return one line of text, held to the width that was measured whatever font the reader has."""
    width = width_of(text, *_FACES[classes.partition(" ")[0]])
    return (
        f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}" textLength="{width:.1f}" '
        f'lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'
    )
