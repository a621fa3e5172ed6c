"""`nmod explain`."""

from __future__ import annotations

import click

from nm_core.cli import completing
from nm_core.cli.output import json_option, print_json, print_table


@click.command()
@click.argument("codes", nargs=-1, metavar="[CODE]...", shell_complete=completing.codes)
@json_option
def explain(codes: tuple[str, ...], as_json: bool) -> None:
    """Explain the codes of errors: what each means, why it matters and what to do. Without a code, list them all.

    \b
    nmod explain
    nmod explain NM104 NM105

    Next: nmod check says where in an application a code stands.
    """
    from nm_types import CODES
    from nm_types import explain as explain_code

    if not codes:
        titles = {code: title for code, (title, _) in CODES.items()}
        print_json(titles) if as_json else print_table(("code", "meaning"), titles.items())
        return
    texts = [explain_code(code) for code in codes]
    if not as_json:
        print("\n".join(texts))
        return
    explained = [{"code": text[:5], "title": CODES[text[:5]][0], "explanation": CODES[text[:5]][1]} for text in texts]
    print_json(explained[0] if len(explained) == 1 else explained)
