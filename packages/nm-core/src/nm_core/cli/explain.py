"""`nmod explain`."""

from __future__ import annotations

import click

from nm_core.cli.output import json_option, print_json, print_table


@click.command()
@click.argument("code", required=False)
@json_option
def explain(code: str | None, as_json: bool) -> None:
    """Explain the CODE of an error: what it means, why it matters and what to do. Without a code, list them all."""
    from nm_types import CODES
    from nm_types import explain as explain_code

    if code is None:
        titles = {known: title for known, (title, _) in CODES.items()}
        print_json(titles) if as_json else print_table(("code", "meaning"), titles.items())
        return
    text = explain_code(code.upper())
    if as_json:
        print_json({"code": code.upper(), "title": CODES[code.upper()][0], "explanation": text})
    else:
        print(text)
