"""`nmod doctor`: one record per collection, what is wrong, and what to do about it."""

from __future__ import annotations

import click

from nm_core.cli.completing import collection_names
from nm_core.cli.exits import Exit
from nm_core.cli.output import json_option, print_json, print_table


@click.command()
@click.argument("name", required=False, shell_complete=collection_names)
@json_option
def doctor(name: str | None, as_json: bool) -> int:
    """Load every collection and report how far each came; with NAME, one of them in full.

    \b
    nmod doctor
    nmod doctor asr

    Ends with 3 if a collection does not work or two of them offer the same name.

    Next: each report says what to install or to change; nmod modules then lists what works.
    """
    from nm_core.plugins import Collections, UnknownNameError
    from nm_core.plugins.messages import no_collection

    loaded = Collections.load()
    records = [record for record in loaded.records if name in (None, record.collection)]
    if not records and name is not None:
        raise UnknownNameError(no_collection(name, loaded.records))
    conflicts = list(loaded.conflicts()) if name is None else []
    ok = all(record.ok for record in records) and not conflicts
    if as_json:
        print_json({"ok": ok, "records": [record.to_dict() for record in records], "conflicts": conflicts})
        return Exit.DONE if ok else Exit.INSTALLATION
    print_table(
        ("collection", "distribution", "version", "state", "step", "ms"),
        [
            (
                record.collection,
                record.distribution or "-",
                record.version or "-",
                record.state,
                record.step,
                f"{1000 * record.seconds:.1f}",
            )
            for record in records
        ],
    )
    for record in records:
        if record.error is not None:
            print(f"{record.collection}: {record.error}")
        if record.trace is not None and name is not None:
            print(record.trace)
    for conflict in conflicts:
        print(conflict)
    print("Nothing is wrong." if ok else "nmod doctor NAME shows one collection in full.")
    return Exit.DONE if ok else Exit.INSTALLATION
