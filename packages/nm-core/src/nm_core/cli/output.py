"""Output of commands: tables for people on a terminal, JSON for programs."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from nm_core.json_text import to_json

if TYPE_CHECKING:
    from nm_core.application import Application

_BETWEEN = "   "
_INDENT = "    "
_NARROW = 20


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(data: object) -> None:
    """Print one value as indented JSON."""
    print(to_json(data, indent=2))


def note_beginning(application: Application) -> None:
    """Say on standard error which weights results come from, where that is not plain: a chosen folder, or none."""
    if application.note:
        print(f"note: {application.note}.", file=sys.stderr)
    if not application.has_weights:
        print(
            f"note: {application.path} brings no trained weights, its modules have those they begin with; "
            "name what nmod train saves.",
            file=sys.stderr,
        )


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under column heads.

    On a terminal the last column is folded to its width; in a pipe every row is one line. (Written out because a table
    of rich costs a listing a quarter of its time.)
    """
    cells = [list(map(str, columns)), *(list(map(str, row)) for row in rows)]
    widths = [max(1, *map(len, column)) for column in zip(*cells, strict=True)]
    room = _width() - sum(widths[:-1]) - len(_BETWEEN) * (len(widths) - 1)
    # In a pipe the width has no end, so that every row stays one line for grep and cut.
    below = room < _NARROW < widths[-1]  # too narrow for columns: the last one goes on lines of its own
    if below or _NARROW <= room < widths[-1]:
        widths[-1] = _width() - len(_INDENT) if below else room
    head, *body = ([*row[:-1], textwrap.wrap(row[-1], widths[-1], break_long_words=False) or [""]] for row in cells)
    click.secho(_line(head[:-1], head[-1][0], widths), bold=True)
    rule = sum(widths) + len(_BETWEEN) * (len(widths) - 1)
    click.secho(_rule() * min(rule, _width()), dim=True)
    for *firsts, folded in body:
        if below:
            click.echo(_line(firsts, "", widths))
            click.echo("".join(f"{_INDENT}{line}\n" for line in folded if line), nl=False)
            continue
        for number, last in enumerate(folded):
            click.echo(_line(firsts if number == 0 else [""] * len(firsts), last, widths))
    click.echo()


def _line(firsts: Sequence[Any], last: str, widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(firsts, widths, strict=False)]
    return _BETWEEN.join([*padded, last]).rstrip()


def _rule() -> str:
    """Return the sign of which a line is made: a plain one where the encoding has no other."""
    try:
        "─".encode(sys.stdout.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return "-"
    return "─"


def _width() -> int:
    """Return how wide the output may be: the terminal's width, and any width in a pipe."""
    if sys.stdout.isatty() or "COLUMNS" in os.environ:
        return shutil.get_terminal_size().columns
    return sys.maxsize
