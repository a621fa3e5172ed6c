"""A sketch as text for tools that draw themselves: Mermaid and DOT."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nm_core.drawing.sketch import Mark, Node, Role, Sketch, SketchEdge

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
    flat = _Flat(sketch)
    lines = ["flowchart TD", *_mermaid_nodes(flat, sketch, (), "    ")]
    for edge in flat.edges:
        ports = edge.port if edge.port == edge.target_port else f"{edge.port} → {edge.target_port}"
        label = "<br/>".join(_entities(part) for part in (ports, edge.type, edge.note) if part)
        lines.append(f'    {edge.source} {_MERMAID_ARROWS[edge.mark]}|"{label}"| {edge.target}')
    lines.append(_MERMAID_CLASSES)
    bad = [str(index) for index, edge in enumerate(flat.edges) if edge.mark is Mark.BAD]
    red = [flat.names[at] for at, node in flat.nodes.items() if node.bad]
    lines += [f"    style {name} stroke:#cf222e,stroke-width:3px" for name in red]
    if bad:
        lines.append(f"    linkStyle {','.join(bad)} stroke:#cf222e,color:#cf222e")
    return "\n".join(lines) + "\n"


def to_dot(sketch: Sketch) -> str:
    """Return a sketch in the language of Graphviz."""
    flat = _Flat(sketch)
    lines = [
        f"digraph {_quoted(sketch.name)} {{",
        '    node [shape=record, fontname="Helvetica", fontsize=11];',
        '    edge [fontname="Helvetica", fontsize=9];',
        *_dot_nodes(flat, sketch, (), "    "),
    ]
    for edge in flat.edges:
        label = _quoted(edge.type + (f"\n{edge.note}" if edge.note else ""))
        ends = f"{edge.source}:o{edge.out}:s -> {edge.target}:i{edge.into}:n"
        lines.append(f"    {ends} [label={label}{_DOT_STYLES[edge.mark]}];")
    return "\n".join([*lines, "}"]) + "\n"


_At = tuple[str, ...]
"""Where a node is: its id after those of the nodes around it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """An edge between two nodes that are drawn as such, whatever frames it crosses; ports by name and number."""

    source: str
    port: str
    out: int
    type: str
    target: str
    target_port: str
    into: int
    mark: Mark
    note: str


class _Flat:
    """A sketch without levels: a name for every node, and edges through the ports of unfolded modules.

    Attributes:
        nodes: every node but ports, by its place.
        names: what it is called in the text.
    """

    def __init__(self, sketch: Sketch) -> None:
        self.nodes: dict[_At, Node] = {}
        self._through: dict[tuple[_At, str], tuple[_At, str]] = {}
        """Where a value comes in that leaves a port of a frame, on the other side of it."""
        self._sources: dict[tuple[_At, str], tuple[_At, str]] = {}
        edges = list(self._read(sketch, ()))
        self.names = {at: f"n{number}" for number, at in enumerate(self.nodes)}
        self.edges = [self._line(at, edge) for at, edge in edges if self._source((*at, edge.source), edge.port)]

    def _read(self, sketch: Sketch, around: _At) -> Iterator[tuple[_At, SketchEdge]]:
        """Take in the nodes; yield the edges that end at one with nothing inside, each with what is around it."""
        ends = set[str]()
        for node in sketch.nodes:
            at = (*around, node.id)
            if node.role is Role.PORT:
                for port in node.outputs:
                    self._through[at, port.name] = around, port.name
                for input in node.inputs:
                    self._through[around, input.name] = at, input.name
                continue
            self.nodes[at] = node
            if node.inside is None:
                ends.add(node.id)
            else:
                yield from self._read(node.inside, at)
        for edge in sketch.edges:
            self._sources[(*around, edge.target), edge.target_port] = (*around, edge.source), edge.port
            if edge.target in ends:
                yield around, edge

    def _source(self, at: _At, port: str) -> tuple[_At, str] | None:
        """Return where a value really comes from, through the ports of frames; None where nothing is connected."""
        while (at, port) in self._through:  # frames may stand in frames
            source = self._sources.get(self._through[at, port])
            if source is None:
                return None
            at, port = source
        return at, port

    def _line(self, around: _At, edge: SketchEdge) -> _Line:
        source = self._source((*around, edge.source), edge.port)
        assert source is not None
        (at, port), target = source, (*around, edge.target)
        out = [output.name for output in self.nodes[at].outputs].index(port)
        into = [input.name for input in self.nodes[target].inputs].index(edge.target_port)
        type = self.nodes[at].outputs[out].type
        names = self.names[at], self.names[target]
        return _Line(names[0], port, out, type, names[1], edge.target_port, into, edge.mark, edge.note)


def _mermaid_nodes(flat: _Flat, sketch: Sketch, around: _At, indent: str) -> Iterator[str]:
    for node in sketch.nodes:
        at = (*around, node.id)
        text = f"<b>{_entities(node.title)}</b><br/>{_entities(node.subtitle)}"
        if node.inside is not None:
            yield f'{indent}subgraph {flat.names[at]}["{text}"]'
            yield from _mermaid_nodes(flat, node.inside, at, f"{indent}    ")
            yield f"{indent}end"
        elif node.role is Role.PORT:
            continue
        elif node.is_end:
            yield f'{indent}{flat.names[at]}(["{_entities(node.title)}"]):::end_'
        else:
            yield f'{indent}{flat.names[at]}["{text}"]:::{node.role}'


def _dot_nodes(flat: _Flat, sketch: Sketch, around: _At, indent: str) -> Iterator[str]:
    for node in sketch.nodes:
        at = (*around, node.id)
        red = ', color="#cf222e", penwidth=2' if node.bad else ""
        if node.inside is not None:
            label = _quoted(f"{node.title}\n{node.subtitle}")
            yield f"{indent}subgraph cluster_{flat.names[at]} {{"
            yield f'{indent}    label={label}; fontname="Helvetica"; fontsize=11; color="#c297ff";'
            yield from _dot_nodes(flat, node.inside, at, f"{indent}    ")
            yield f"{indent}}}"
        elif node.role is not Role.PORT:
            yield f'{indent}{flat.names[at]} [label="{_record(node)}"{red}];'


def _entities(text: str) -> str:
    """Escape what Mermaid would read as its own."""
    return re.sub(r'["#\[\]{}|;`<>&]', lambda match: f"#{ord(match[0])};", text)


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
