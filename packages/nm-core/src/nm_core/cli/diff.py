"""`nmod diff`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nm_core.cli.completing import applications
from nm_core.cli.exits import Exit
from nm_core.cli.options import backend_option, existing
from nm_core.cli.output import json_option, print_json

if TYPE_CHECKING:
    from nm_core.application.diff.compare import Change, Difference
    from nm_core.application.diff.side import Side

_SHOWN = 20


@click.command()
@click.argument("old", metavar="OLD", shell_complete=applications)
@click.argument("new", metavar="NEW", shell_complete=applications)
@backend_option
@json_option
def diff(old: str, new: str, backend: str, as_json: bool) -> int:
    """Say what changed from the application OLD to NEW, and what follows for types and weights.

    \b
    nmod diff app.yaml changed.yaml
    nmod diff runs/digits/application app.yaml

    Application files, saved applications (folders or .zip), checkpoints and folders of runs are compared by what
    they mean: order, defaults and spelling do not count. Files with problems are compared as far as they can be
    read. Ends with 0 if nothing differs, and with 1 if something does or a file cannot be read.

    Next: nmod check says whether the new one is without problems.
    """
    from nm_core.application.diff.compare import compare
    from nm_core.application.diff.side import Side
    from nm_core.plugins import Collections

    collections = Collections.load()
    sides = [Side(existing(path), collections, backend=backend) for path in (old, new)]
    difference = compare(*sides)
    if as_json:
        digests = {"old": sides[0].digest, "new": sides[1].digest}
        print_json({"old": old, "new": new, "digests": digests} | difference.to_dict())
    else:
        _print(difference, *sides)
    for path, side in zip((old, new), sides, strict=True):
        if not side.report.ok:
            left_out = "and what follows from them is left out"
            print(f"{path} has {side.report.count}, {left_out}: nmod check {path}", file=sys.stderr)
    return Exit.PROBLEM if difference else Exit.DONE


def _print(difference: Difference, old: Side, new: Side) -> None:
    if not difference:
        print(f"No difference.\ndigest: {old.digest}")
        if new.digest != old.digest:
            print(f"        {new.digest} of the second: it writes paths to the same files otherwise, or was saved.")
        return
    for change in difference.changes:
        print(change)
    _print_part("What follows for types:", difference.types)
    _print_part("Saved weights that do not fit any more:", difference.weights)


def _print_part(head: str, changes: tuple[Change, ...]) -> None:
    if changes:
        print(f"\n{head}")
    for change in changes[:_SHOWN]:
        print(f"  {change}")
    if len(changes) > _SHOWN:
        print(f"  ... and {len(changes) - _SHOWN} more, which --json lists.")
