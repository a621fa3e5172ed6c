"""`nmod collections`: from metadata alone, so that it answers at once and runs no collection's code."""

from __future__ import annotations

import os

import click

from nm_core.cli.output import json_option, print_json, print_table


@click.command()
@json_option
def collections(as_json: bool) -> None:
    """List installed collections; nothing of theirs is imported.

    \b
    nmod collections
    NM_COLLECTIONS=asr nmod collections

    NM_COLLECTIONS=asr,nlp allows only these, NM_DISABLE=x switches one off, NM_PREFER=asr=nm-asr settles a conflict.

    Next: nmod modules --collection NAME lists what is in one, nmod doctor says why one does not work.
    """
    from nm_core.plugins import State, Step
    from nm_core.plugins.discovery import discover
    from nm_core.plugins.known import KNOWN, pip_line
    from nm_core.plugins.settings import CollectionSettings

    candidates, refused = discover(CollectionSettings.read(os.environ))
    records = [candidate.record(State.FOUND, Step.METADATA) for candidate in candidates] + refused
    records.sort(key=lambda record: record.collection)
    names = {record.collection for record in records}
    missing = {name: pip_line(distribution) for name, distribution in KNOWN.items() if name not in names}
    if as_json:
        print_json({"collections": [record.to_dict() for record in records], "not_installed": missing})
        return
    print_table(
        ("collection", "distribution", "version", "state", "summary"),
        [
            (record.collection, record.distribution or "-", record.version or "-", record.state, record.summary or "-")
            for record in records
        ],
    )
    for record in records:
        if record.error is not None:
            print(f"{record.collection}: {record.error}")
    for name, line in missing.items():
        print(f"{name} is not installed: {line}")
