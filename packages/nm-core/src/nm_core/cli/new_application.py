"""`nmod new application` and `nmod new recipes`: applications for data of one's own."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from nm_core.cli.completing import offer
from nm_core.cli.output import json_option, print_json, print_table

_UNUSABLE = "cannot be used"


def _list_recipes() -> dict[str, str]:
    """Return the summary of each recipe by name; one that cannot be imported has the reason in its place."""
    from nm_core.errors import NmError
    from nm_core.plugins import Collections
    from nm_core.scaffold import find_recipe

    collections = Collections.load()
    summaries = {}
    for name in collections.names("recipes"):
        try:
            summaries[name] = find_recipe(collections, name).summary
        except NmError as error:
            summaries[name] = f"{_UNUSABLE}: {str(error).splitlines()[0]}"
    return summaries


class _CommandWithRecipes(click.Command):
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the installed recipes below the options."""
        recipes = _list_recipes()
        with formatter.section("Recipes"):
            formatter.write_dl(
                [*recipes.items()] or [("none", "No installed collection offers one; nmod collections lists them.")]
            )


def _complete_recipes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return offer(_list_recipes(), incomplete)


def _read_options(ctx: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, str]:
    options: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or name in options:
            reason = "is given twice" if name in options else "is not NAME=VALUE"
            raise click.BadParameter(f'"{text}" {reason}; for example --option size=small', ctx, parameter)
        options[name] = value
    return options


_FILES = click.Path(path_type=Path)


@click.command(cls=_CommandWithRecipes, short_help="Write an application for data of your own.")
@click.argument("name")
@click.option("--recipe", required=True, metavar="NAME", shell_complete=_complete_recipes, help="One of those below.")
@click.option("--train", multiple=True, required=True, type=_FILES, metavar="FILE", help="The data to learn from.")
@click.option(
    "--dev", multiple=True, type=_FILES, metavar="FILE", help="Data to score while training; else part of --train."
)
@click.option("--test", multiple=True, type=_FILES, metavar="FILE", help="Data to score at the end.")
@click.option("--option", "options", multiple=True, metavar="NAME=VALUE", callback=_read_options, help="Of the recipe.")
@click.option("--folder", metavar="DIR", type=_FILES, help="Where to write it; a new folder NAME by default.")
@json_option
def application(
    name: str,
    recipe: str,
    train: tuple[Path, ...],
    dev: tuple[Path, ...],
    test: tuple[Path, ...],
    options: dict[str, str],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write an application for data of your own: its settings are read from the data.

    \b
    nmod new application birds --recipe ctc --train train.jsonl --dev dev.jsonl
    nmod new application menu --recipe translation --train train.en --train train.de --option vocabulary=4000

    What was read from the data, what was chosen because of it and what you should look at is printed, and stands in the
    README.md beside the application. Nothing is written over.

    Next: nmod check and nmod train, as the last lines say. nmod new recipes shows the options of each recipe.
    """
    from nm_core.plugins import Collections
    from nm_core.scaffold import RecipeRequest, find_recipe, write_application

    request = RecipeRequest(
        name=name,
        folder=Path(name) if folder is None else folder,
        train=train,
        dev=dev,
        test=test,
        options=options,
    )
    written = write_application(find_recipe(Collections.load(), recipe), request)
    if as_json:
        report = {"facts": written.facts, "warnings": written.warnings, "next": written.commands}
        place = {"file": str(written.file.resolve()), "folder": str(request.folder.resolve())}
        print_json({"application": name, "recipe": recipe, **place, "files": written.files, **report})
        return
    print(f"{name} is written: {', '.join(written.files)} in {os.path.join(request.folder, '')}")
    parts = {"From the data": written.facts, "To look at": written.warnings, "Next": written.commands}
    for title, lines in parts.items():
        if lines:
            print(f"\n{title}:")
            print("\n".join(f"  {line}" for line in lines))


@click.command(short_help="List the recipes of applications, with their options.")
@json_option
def recipes(as_json: bool) -> None:
    """List the recipes that installed collections offer for nmod new application, with their options.

    Next: nmod new application NAME --recipe RECIPE --train FILE
    """
    from nm_core.plugins import Collections
    from nm_core.scaffold import find_recipe

    collections = Collections.load()
    summaries = _list_recipes()
    usable = [name for name, summary in summaries.items() if not summary.startswith(_UNUSABLE)]
    loaded = {name: find_recipe(collections, name) for name in usable}
    if as_json:
        details = {name: {"files": recipe.files, "options": dict(recipe.options)} for name, recipe in loaded.items()}
        rows = [{"name": name, "summary": summary, **details.get(name, {})} for name, summary in summaries.items()]
        print_json(rows)
        return
    lines = []
    for name, summary in summaries.items():
        lines.append((name, summary))
        if name in loaded:
            lines.append(("", " ".join(f"--train {file.upper()}" for file in loaded[name].files)))
            lines += [("", f"--option {option}=...  {meaning}") for option, meaning in loaded[name].options.items()]
    print_table(("recipe", "what it is"), lines)
