"""`nmod check`."""

from __future__ import annotations

import click

from nm_core.cli.completing import applications
from nm_core.cli.exits import Exit
from nm_core.cli.options import backend_option, existing, set_option
from nm_core.cli.output import json_option, print_json


@click.command()
@click.argument("apps", nargs=-1, required=True, metavar="APP...", shell_complete=applications)
@set_option
@backend_option
@json_option
def check(apps: tuple[str, ...], changes: dict[str, str], backend: str, as_json: bool) -> int:
    """Check applications and print every problem with its line.

    \b
    nmod check app.yaml
    nmod check app.yaml --set encoder.dropout=0.2

    APP is an application file, a saved application (a folder or a .zip), a checkpoint or the folder of a run. Ports
    and types follow from classes and parameters alone: no data is read, no weights are made. Ends with 1 if there
    are problems.

    Next: nmod explain CODE says more about a problem and nmod draw shows where it is; without one, nmod train.
    """
    from nm_core.application import check_file
    from nm_core.plugins import Collections

    collections = Collections.load()
    reports = [check_file(existing(app), collections=collections, changes=changes, backend=backend) for app in apps]
    if as_json:
        print_json([report.to_dict() for report in reports])
    else:
        for report in reports:
            for note in report.notes:
                print(f"note: {note}")
            print(report)
    return Exit.DONE if all(report.ok for report in reports) else Exit.PROBLEM
