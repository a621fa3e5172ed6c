"""How a problem looks: two types aligned axis by axis within 80 columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import fill

WIDTH = 80
GAP = "   "


@dataclass(frozen=True, slots=True)
class Column:
    """One axis, or the kind of values, on both sides of an edge; `-` where a side has none."""

    head: str
    expected: str
    given: str
    marked: bool = False


def render(
    *,
    head: str,
    location: str,
    edge: str,
    labels: tuple[str, str],
    columns: Sequence[Column],
    mark: str,
    lines: Sequence[str],
) -> str:
    """The whole text: the title and the user's line, the edge, the two types, then one fact per line."""
    if location:
        head += location.rjust(max(WIDTH - len(head), len(location) + 2))
    table = _wide(labels, columns, mark)
    if any(len(line) > WIDTH for line in table[:3]):
        table = _tall(labels, columns, mark)
    facts = [_wrapped(line) for line in lines if line]
    return "\n".join([head, f"  {edge}", "", *table, *([""] if table else []), *facts])


def _wrapped(line: str) -> str:
    """One fact within the width; what a user may copy (calls, quoted texts) stays on one line."""
    if len(line) + 2 <= WIDTH or '"' in line:
        return f"  {line}"
    return fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ", break_long_words=False)


def render_html(text: str) -> str:
    """A text for a notebook, its first line strong."""
    head, _, body = text.partition("\n")
    return f'<pre style="line-height: 1.3; white-space: pre"><b>{escape(head)}</b>\n{escape(body)}</pre>'


def _wide(labels: tuple[str, str], columns: Sequence[Column], mark: str) -> list[str]:
    """One line for each side, a column for each axis, and a line that underlines what is at fault."""
    if not columns:
        return []
    rows = [
        ["", *(one.head for one in columns)],
        [labels[0], *(one.expected for one in columns)],
        [labels[1], *(one.given for one in columns)],
    ]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = ["  " + GAP.join(map(str.ljust, row, widths)) for row in rows]
    marks = ["^" * width if one.marked else " " * width for one, width in zip(columns, widths[1:], strict=True)]
    line = "  " + " " * widths[0]
    for index, text in enumerate(marks):
        joined = index > 0 and columns[index].marked and columns[index - 1].marked
        line += ("^" * len(GAP) if joined else GAP) + text
    if line.strip():
        lines.append(f"{line.rstrip()} {mark}")
    return [line.rstrip() for line in lines]


def _tall(labels: tuple[str, str], columns: Sequence[Column], mark: str) -> list[str]:
    """One line for each axis, where the types are too wide to stand beside their names."""
    heads = max(len(one.head) for one in columns)
    width = max(len(labels[0]), *(len(one.expected) for one in columns))
    lines = [f"  {'':{heads}}{GAP}{labels[0]:{width}}{GAP}{labels[1]}"]
    for one in columns:
        note = f"{GAP}<- {mark}" if one.marked else ""
        lines.append(f"  {one.head:{heads}}{GAP}{one.expected:{width}}{GAP}{one.given}{note}")
    return lines
