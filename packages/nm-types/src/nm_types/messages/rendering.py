"""Problems as text: two types aligned axis by axis within 80 columns."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH = 80
GAP = "   "


@dataclass(frozen=True, slots=True)
class Column:
    """One axis, or the kind, on both sides of an edge; `-` where a side has none."""

    head: str
    expected: str
    given: str
    marked: bool = False


class Sheet(NamedTuple):
    """The head of a problem in every format: title, user's line, edge and the two types.

    Attributes:
        code: the code, `NM104`.
        title: the title of the code.
        location: the user's line.
        ends: where the value comes from and where it goes.
        labels: what the rows of the two types are called.
        columns: the two types, axis by axis.
        mark: a word about the marked columns.
    """

    code: str
    title: str
    location: str
    ends: tuple[str, str]
    labels: tuple[str, str]
    columns: Sequence[Column]
    mark: str


def render(sheet: Sheet, lines: Sequence[str]) -> str:
    """Render a problem as text: the sheet, then the facts."""
    table = _wide(sheet.labels, sheet.columns, sheet.mark)
    if any(len(line) > WIDTH for line in table):
        table = _wide(("expected", "given"), sheet.columns, sheet.mark)
    if any(len(line) > WIDTH for line in table):
        table = _tall(sheet.columns, sheet.mark)
    blank = [""] if table else []
    head = _title_lines(f"{sheet.code}  {sheet.title}", sheet.location)
    return "\n".join([*head, *_edge(*sheet.ends), *blank, *table, "", *lines])


def wrap_lines(line: str) -> str:
    """Wrap a line of prose at the width without breaking long names."""
    if len(line) <= WIDTH:
        return line
    from textwrap import fill  # most programs never fold a line

    text = line.lstrip()
    margin = " " * (len(line) - len(text))
    return fill(
        text, WIDTH, initial_indent=margin, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def nearby(text: str) -> str:
    """Shorten file locations in a text relative to the working folder."""
    return text.replace(f"{os.getcwd()}{os.sep}", "")


def _title_lines(head: str, location: str) -> list[str]:
    """Return the title with the user's line at its right, or below if there is no room."""
    if not location:
        return [head]
    if len(head) + len(location) + 2 <= WIDTH:
        return [head + location.rjust(WIDTH - len(head))]
    return [head, location.rjust(WIDTH)]


def _edge(producer: str, target: str) -> list[str]:
    """Return the edge, producer to consumer, on two lines if it is long."""
    if not producer:
        return [f"  {target}"]
    edge = f"  {producer} -> {target}"
    return [edge] if len(edge) <= WIDTH else [f"  {producer}", f"    -> {target}"]


def _wide(labels: tuple[str, str], columns: Sequence[Column], mark: str) -> list[str]:
    """Lay the types out side by side: a line per side, a column per axis, faults underlined."""
    if not columns:
        return []
    rows = [
        ["", *(column.head for column in columns)],
        [labels[0], *(column.expected for column in columns)],
        [labels[1], *(column.given for column in columns)],
    ]
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    lines = ["  " + GAP.join(map(str.ljust, row, widths)) for row in rows]
    marks = ["^" * width if column.marked else " " * width for column, width in zip(columns, widths[1:], strict=True)]
    line = "  " + " " * widths[0]
    for index, text in enumerate(marks):
        # marks of neighbouring columns join into one underline
        joined = index > 0 and columns[index].marked and columns[index - 1].marked
        line += ("^" * len(GAP) if joined else GAP) + text
    if line.strip():
        lines.append(f"{line.rstrip()} {mark}")
    return [line.rstrip() for line in lines]


def _tall(columns: Sequence[Column], mark: str) -> list[str]:
    """Lay wide types out axis by axis: a line per axis, or several lines per axis if still too wide."""
    width = max(len("expected"), *(len(column.expected) for column in columns))
    heads = max(len(column.head) for column in columns)
    lines = [f"  {'':{heads}}{GAP}{'expected':{width}}{GAP}given"]
    lines += [
        f"  {column.head:{heads}}{GAP}{column.expected:{width}}{GAP}{column.given}{f'{GAP}<- {mark}' * column.marked}"
        for column in columns
    ]
    if all(len(line) <= WIDTH for line in lines):
        return lines
    lines = []
    for column in columns:
        lines.append(f"  {column.head}{f'{GAP}<- {mark}' * column.marked}")
        lines += [f"    expected   {column.expected}", f"    given      {column.given}"]
    return lines
