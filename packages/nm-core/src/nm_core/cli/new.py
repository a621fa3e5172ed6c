"""`nmod new`: packages and applications to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from nm_core.cli.new_application import application, recipes
from nm_core.cli.output import json_option, print_json


@click.group()
def new() -> None:
    """Write an application for data of your own, or a package to start from.

    \b
    nmod new recipes
    nmod new application birds --recipe ctc --train train.jsonl
    nmod new collection birds

    Next: nmod new application --help says what is written, and what to do with it.
    """


new.add_command(application)
new.add_command(recipes)


def _licence(ctx: click.Context, parameter: click.Parameter, given: str) -> str:
    from nm_core.scaffold import LICENCES

    licence = {name.lower(): name for name in LICENCES}.get(given.lower())
    if licence is None:
        message = (
            f'there is no text for "{given}". Choose {", ".join(LICENCES)}, or start from one of them and replace '
            "LICENSE and the line license in pyproject.toml."
        )
        raise click.BadParameter(message, ctx, parameter)
    return licence


def _licences(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from nm_core.scaffold import LICENCES

    return [CompletionItem(name) for name in LICENCES if name.lower().startswith(incomplete.lower())]


@new.command(short_help="Write a collection of modules.")
@click.argument("name")
@click.option(
    "--folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where to write it; a new folder nm-NAME by default. It must be empty.",
)
@click.option("--author", metavar="TEXT", help='Who writes it: "Ada Lovelace <ada@example.org>".')
@click.option(
    "--licence",
    "--license",
    metavar="ID",
    default="Apache-2.0",
    show_default=True,
    callback=_licence,
    shell_complete=_licences,
    help="Apache-2.0, MIT or BSD-3-Clause.",
)
@json_option
def collection(name: str, folder: Path | None, author: str | None, licence: str, as_json: bool) -> None:
    """Write a collection: a package whose modules stand beside the official ones wherever it is installed.

    \b
    nmod new collection birds
    nmod new collection birds --folder . --author "Ada Lovelace <ada@example.org>" --licence MIT

    NAME is a lower-case word. The package nm-NAME gets

    \b
      src/nm_NAME/_collection.py         what the collection offers, listed without importing torch
      src/nm_NAME/gated_convolution.py   a module with typed ports, to change or to replace
      src/nm_NAME/tags.py                a tag that is accepted wherever an official one is
      src/nm_NAME/examples.py            parameters with which the conformance suite makes the module
      tests/                             what only the author knows about the module
      pyproject.toml                     the entry point by which nmod finds it, and what it requires
      README.md, CHANGELOG.md, LICENSE, tox.ini, .gitignore, py.typed

    and passes its own tests and the conformance suite as it is. Nothing is installed, and nothing is written over.

    Next: install it as the last lines say; nmod modules then lists NAME.GatedConvolution.
    """
    import datetime

    from nm_core.scaffold import Author, CollectionNames, render, requirements, write

    names = CollectionNames.from_namespace(name)
    writer, year = None if author is None else Author.read(author), datetime.date.today().year
    files = render(names, requirements=requirements(), licence=licence, author=writer, year=year)
    target = Path(names.distribution) if folder is None else folder
    write(files, target)
    quoted = f'"{target}"' if " " in str(target) else str(target)
    commands = [
        *([f"cd {quoted}"] if target.resolve() != Path.cwd() else []),
        'python -m pip install --editable ".[testing]"',
        f"python -m pytest . --nm-collection {names.collection}",
    ]
    if as_json:
        written = {"collection": names.collection, "distribution": names.distribution, "package": names.package}
        print_json({**written, "folder": str(target.resolve()), "files": sorted(files), "next": commands})
        return
    print(f"{names.distribution} is written: {len(files)} files in {os.path.join(target, '')}\n\nNext:")
    print("\n".join(f"  {command}" for command in commands))
