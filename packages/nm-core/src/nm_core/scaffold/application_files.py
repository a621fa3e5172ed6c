"""The files of a new application: what a recipe makes of the data, with a README that says what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nm_core.application.text.writers import to_yaml
from nm_core.errors import did_you_mean
from nm_core.plugins import Collections
from nm_core.scaffold.errors import ScaffoldError
from nm_core.scaffold.package_files import check_free, write
from nm_core.scaffold.recipe import Content, Recipe, RecipeRequest, RecipeResult

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class WrittenApplication:
    """An application that was written, and what its recipe says of the data.

    Attributes:
        file: the application file.
        files: the names of all files in its folder, sorted.
        commands: what to type next, from the folder where it was written.
    """

    file: Path
    files: tuple[str, ...]
    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    commands: tuple[str, ...]


def find_recipe(collections: Collections, name: str) -> Recipe:
    """Return a recipe by its name, ``ctc``, or its qualified name, ``asr.ctc``.

    Raises:
        UnknownEntryError, ConflictError, TargetError: as ``Collections.lookup``.
        ScaffoldError: the hook of its collection names something else than a recipe.
    """
    recipe = collections.lookup("recipes", name)
    if not isinstance(recipe, Recipe):
        raise ScaffoldError(
            f'The recipe "{name}" is {recipe!r}.\n  The hook nm_recipes of its collection must name a Recipe.'
        )
    return recipe


def write_application(recipe: Recipe, request: RecipeRequest) -> WrittenApplication:
    """Look at the data, make the application and write it into a folder that is empty or not there yet.

    Raises:
        ScaffoldError: the request does not fit the recipe or the data, or the folder holds something.
        OSError: it cannot be written there.
    """
    _check_request(recipe, request)
    check_free(request.folder.resolve())  # before a long look at the data
    result = recipe.write(request)
    file = request.folder / f"{request.name}.yaml"
    commands = _list_commands(recipe, request, file)
    files: dict[str, Content] = {
        file.name: _format_application(result),
        "README.md": _format_readme(recipe, request, result, commands),
        **result.files,
    }
    write(files, request.folder)
    return WrittenApplication(file, tuple(sorted(files)), result.facts, result.warnings, commands)


def _check_request(recipe: Recipe, request: RecipeRequest) -> None:
    if not _NAME.fullmatch(request.name):
        raise ScaffoldError(
            f'"{request.name}" cannot be the name of an application.\n'
            "  Expected letters, digits, - and _, a letter first; --folder DIR says where it is written."
        )
    unknown = next((name for name in request.options if name not in recipe.options), None)
    if unknown is not None:
        choices = ", ".join(recipe.options) or "none"
        raise ScaffoldError(
            f'The recipe has no option "{unknown}".{did_you_mean(unknown, recipe.options)}\n  It has {choices}.'
        )
    for name, paths in {"train": request.train, "dev": request.dev, "test": request.test}.items():
        _check_files(recipe, name, paths)


def _check_files(recipe: Recipe, name: str, paths: Sequence[Path]) -> None:
    missing = next((path for path in paths if not path.is_file()), None)
    if missing is not None:
        what = "it is a folder" if missing.is_dir() else "there is no such file"
        raise ScaffoldError(f"{missing}: {what}.\n  --{name} names the {' and the '.join(recipe.files)} of the data.")
    count = len(recipe.files)
    if (name == "train" and not paths) or len(paths) % count or (not recipe.several and len(paths) > count):
        shown = ", ".join(map(str, paths)) or "nothing"
        example = " ".join(f"--{name} {file.upper()}" for file in recipe.files)
        raise ScaffoldError(f"--{name} was given {shown}.\n  This recipe expects {example}.")


def _list_commands(recipe: Recipe, request: RecipeRequest, file: Path) -> tuple[str, ...]:
    run = f"runs/{request.name}"
    path = f'"{file}"' if " " in str(file) else str(file)
    return (
        f"nmod check {path}",
        f"nmod train {path} --work-dir {run}",
        f"nmod eval {run}/application",
        f"nmod infer {run}/application {recipe.example}",
    )


def _format_application(result: RecipeResult) -> str:
    lines: list[str] = []
    for key, value in result.application.items():
        text = to_yaml({key: value})
        # an empty line before a section, none between the short entries at the top
        lines += [""] if lines and ("\n" in text.rstrip() or key in result.comments) else []
        lines += [f"# {line}" for line in result.comments.get(key, "").splitlines()]
        lines.append(text.rstrip("\n"))
    return "\n".join(lines) + "\n"


def _format_readme(recipe: Recipe, request: RecipeRequest, result: RecipeResult, commands: Sequence[str]) -> str:
    sections: Mapping[str, Sequence[str]] = {
        "What was read from the data, and chosen because of it": [f"- {fact}" for fact in result.facts],
        "To look at": [f"- {warning}" for warning in result.warnings],
        "Next": ["```", *commands, "```"],
        "When it does not do what you want": result.advice,
    }
    parts = [f"# {request.name}", recipe.summary]
    parts += [f"## {title}\n\n" + "\n".join(lines) for title, lines in sections.items() if lines]
    return "\n\n".join(parts) + "\n"
