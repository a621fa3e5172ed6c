"""A sketch as text for tools that draw themselves: Mermaid and DOT."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nm_core.drawing.sketch import Edge, Mark, Node, Role, Sketch

_MERMAID_ARROWS = {Mark.PLAIN: "-->", Mark.CAST: "==>", Mark.DEFERRED: "-.->", Mark.UNCHECKED: "--o", Mark.BAD: "--x"}
_MERMAID_CLASSES = """\
    classDef source fill:#ddf4ff,stroke:#54aeff,color:#1f2328
    classDef framework fill:#f6f8fa,stroke:#afb8c1,color:#1f2328
    classDef host fill:#dafbe1,stroke:#4ac26b,color:#1f2328
    classDef composite fill:#fbefff,stroke:#c297ff,color:#1f2328
    classDef view fill:#fff1e5,stroke:#e16f24,color:#1f2328,stroke-dasharray:4 2
    classDef end_ fill:#fff8c5,stroke:#d4a72c,color:#1f2328"""
_DOT_STYLES = {
    Mark.PLAIN: "",
    Mark.CAST: ', color="#9a6700", fontcolor="#9a6700"',
    Mark.DEFERRED: ", style=dashed",
    Mark.UNCHECKED: ', style=dotted, color="#8250df", fontcolor="#8250df"',
    Mark.BAD: ', color="#cf222e", fontcolor="#cf222e", penwidth=2',
}


def to_mermaid(sketch: Sketch) -> str:
    """Return a sketch as a Mermaid flow chart, which Markdown pages of many sites draw."""
    lines = ["flowchart TD", *(f"    {line}" for line in _mermaid_lines(sketch)), _MERMAID_CLASSES]
    bad = [str(index) for index, edge in enumerate(sketch.edges) if edge.mark is Mark.BAD]
    lines += [f"    style {node.id} stroke:#cf222e,stroke-width:3px" for node in sketch.nodes if node.bad]
    if bad:
        lines.append(f"    linkStyle {','.join(bad)} stroke:#cf222e,color:#cf222e")
    return "\n".join(lines) + "\n"


def to_dot(sketch: Sketch) -> str:
    """Return a sketch in the language of Graphviz."""
    lines = [
        f"digraph {_quoted(sketch.name)} {{",
        '    node [shape=record, fontname="Helvetica", fontsize=11];',
        '    edge [fontname="Helvetica", fontsize=9];',
    ]
    for node in sketch.nodes:
        style = ', color="#cf222e", penwidth=2' if node.bad else ""
        lines.append(f'    {node.id} [label="{_record(node)}"{style}];')
    for edge in sketch.edges:
        start, end = _node(sketch, edge.source), _node(sketch, edge.target)
        out = [port.name for port in start.outputs].index(edge.port)
        into = [port.name for port in end.inputs].index(edge.target_port)
        label = _quoted(_type(sketch, edge) + (f"\n{edge.note}" if edge.note else ""))
        style = _DOT_STYLES[edge.mark]
        lines.append(f"    {edge.source}:o{out}:s -> {edge.target}:i{into}:n [label={label}{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def _mermaid_lines(sketch: Sketch) -> Iterator[str]:
    for node in sketch.nodes:
        if node.role in (Role.INPUT, Role.OUTPUT):
            yield f'{node.id}(["{_entities(node.title)}"]):::end_'
        else:
            yield f'{node.id}["<b>{_entities(node.title)}</b><br/>{_entities(node.subtitle)}"]:::{node.role}'
    for edge in sketch.edges:
        ports = edge.port if edge.port == edge.target_port else f"{edge.port} → {edge.target_port}"
        label = "<br/>".join(_entities(part) for part in (ports, _type(sketch, edge), edge.note) if part)
        yield f'{edge.source} {_MERMAID_ARROWS[edge.mark]}|"{label}"| {edge.target}'


def _entities(text: str) -> str:
    """Escape what Mermaid would read as its own."""
    return re.sub(r'["#\[\]{}|;`<>&]', lambda match: f"#{ord(match[0])};", text)


def _node(sketch: Sketch, id: str) -> Node:
    return next(node for node in sketch.nodes if node.id == id)


def _type(sketch: Sketch, edge: Edge) -> str:
    return next(port.type for port in _node(sketch, edge.source).outputs if port.name == edge.port)


def _record(node: Node) -> str:
    rows = [f"{_field(node.title)}\\n{_field(node.subtitle)}"]
    if node.inputs:
        rows.insert(0, "{" + "|".join(f"<i{i}> {_field(port.text)}" for i, port in enumerate(node.inputs)) + "}")
    if node.outputs:
        rows.append("{" + "|".join(f"<o{i}> {_field(port.name)}" for i, port in enumerate(node.outputs)) + "}")
    return "{" + "|".join(rows) + "}"


def _field(text: str) -> str:
    """Escape what separates the fields of a record, and quotes."""
    return re.sub(r'[{}|<>\\ "]', lambda match: f"\\{match[0]}", text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
