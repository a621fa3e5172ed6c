"""`nmod eval`."""

from __future__ import annotations

from typing import Any

import click

from nm_core.cli.launch import rank
from nm_core.cli.options import application_argument, set_option, setting_options
from nm_core.cli.output import json_option, note_beginning, print_json, print_table


@click.command("eval")
@application_argument
@set_option
@setting_options
@json_option
def evaluate(app: str, changes: dict[str, str], settings: dict[str, Any], as_json: bool) -> None:
    """Compute the metrics of an application's eval section, each sample seen once.

    \b
    nmod eval runs/digits/application
    nmod eval runs/digits/application --set test_data.manifest=$PWD/other.jsonl --json

    APP is a saved application (a folder or a .zip), a checkpoint, or an application file, whose weights are then those
    it begins with. The folder of a run stands for what it saved, else for its best checkpoint.

    Next: nmod infer shows what it makes of single inputs.
    """
    from nm_core.application import load_application

    application = load_application(app, changes=changes, **settings)
    if not rank():
        note_beginning(application)
    scores = application.eval()
    if rank():
        return
    if as_json:
        print_json(scores)
    else:
        print_table(("metric", "value"), [(name, f"{value:.6g}") for name, value in scores.items()])
