"""Recipes: applications for data of one's own, each written by a collection from files that it has looked at."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Content = str | bytes | Iterable[bytes]
"""The content of a file that is written: text, bytes, or pieces of a large file, made when they are written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRequest:
    """The data and the choices from which a recipe writes an application.

    Attributes:
        name: the application's name, which is that of its folder.
        folder: where it will be written; nothing is there yet, and the recipe itself writes nothing.
        train: the files of the training data, as many as the recipe's ``files``; several times that, where it takes
            ``several``.
        dev: those of the data that is scored while training; where empty, the recipe sets a part of ``train`` aside.
        test: those of the data that is scored at the end; may be empty.
        options: the options of the recipe that were given, as text.
    """

    name: str
    folder: Path
    train: tuple[Path, ...]
    dev: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)

    def path_from_folder(self, path: Path) -> str:
        """Return a file's path as the application names it: relative where both lie below the working directory."""
        path, folder, here = path.resolve(), self.folder.resolve(), Path.cwd()
        near = path.is_relative_to(here) and folder.is_relative_to(here)
        return Path(os.path.relpath(path, folder) if near else path).as_posix()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeResult:
    """An application that a recipe has made, with the report on its data.

    Attributes:
        application: the application as plain data, in the form of its file.
        comments: what stands above a key of the application, by the key: ``{"params": "Change these first."}``.
        files: other files, path below the folder to content.
        facts: a line for each thing that was read from the data, or chosen because of it.
        warnings: a line for each thing in the data that a person should look at.
        advice: lines of Markdown for the README: what to change when.
    """

    application: Mapping[str, Any]
    comments: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, Content] = field(default_factory=dict)
    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """An application that a collection writes for data of one's own; the hook ``nm_recipes`` offers it by name.

    Attributes:
        summary: one line for the list of recipes.
        files: what each file of a data set is, in order: ``("manifest",)``, or ``("source", "target")``.
        write: the function that looks at the data and makes the application.
        several: whether a data set may have these files several times.
        options: the name of each option and what it means.
        example: an input for ``nmod infer``, as it is typed: ``recording.wav``, or a quoted sentence.

    Example:
        >>> def write(request):
        ...     return RecipeResult(application={"nm": "app/1", "description": f"Songs of {request.name}."})
        >>> recipe = Recipe(summary="Nothing yet.", files=("manifest",), write=write)
        >>> request = RecipeRequest(name="birds", folder=Path("birds"), train=(Path("train.jsonl"),))
        >>> recipe.write(request).application["description"]
        'Songs of birds.'
    """

    summary: str
    files: tuple[str, ...]
    write: Callable[[RecipeRequest], RecipeResult]
    several: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    example: str = "INPUT"
