"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from nm_core.actions.requests import Settings
from nm_core.actions.train_options import DeclaredOption, EngineOptions, declared_options
from nm_core.cli import completing
from nm_core.errors import ApplicationError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])


def graph_option(help: str) -> Callable[[F], F]:
    """Add the option `--graph`, the name of a graph of the application."""
    return click.option("--graph", metavar="NAME", help=help, shell_complete=completing.graphs)


def existing(path: str) -> str:
    """Return a path that is there.

    Raises:
        ApplicationError: nothing is there.
    """
    if not Path(path).exists():
        names = [entry.name for entry in Path(path).parent.glob("*")] if Path(path).parent.is_dir() else []
        raise ApplicationError(
            f"{path}: there is no such file or folder.{did_you_mean(Path(path).name, names)}\n"
            "  Name an application file, a saved application (folder or archive), a checkpoint or the folder of a run."
        )
    return path


def _changes(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE.", ctx, parameter)
        changes[name.strip()] = value
    return changes


application_argument = click.argument(
    "app", callback=lambda ctx, parameter, app: existing(app), shell_complete=completing.applications
)
backend_option = click.option(
    "--backend", metavar="NAME", default="torch", show_default=True, help="The framework to compute with."
)
set_option = click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_changes,
    shell_complete=completing.settable,
    help="Change a value of the file: encoder.dropout=0.1, train.max_steps=100, or one under params. As in the "
    "file, a path counts from the file's folder.",
)


class WholeNumber(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click alone
    """A whole number that a declared option takes, refused in the same words as in a file and in Python."""

    name = "integer"

    def __init__(self, option: DeclaredOption) -> None:
        self.option = option

    def convert(self, value: Any, parameter: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number."""
        try:
            number: Any = int(value)
        except ValueError:
            number = value
        problem = self.option.problem(number)
        if problem is not None:
            self.fail(problem, parameter, ctx)
        return number


def declared_option(options_class: type, name: str, metavar: str | None = None) -> Callable[[F], F]:
    """Add an option that a class declares, `--max-steps` for `max_steps`; the file's value holds where it is absent."""
    declared = declared_options(options_class)[name]
    accepted: Any = None
    if declared.words:
        accepted = click.Choice(declared.words)
    elif declared.type is int:
        accepted, metavar = WholeNumber(declared), metavar or "N"
    return click.option(f"--{name.replace('_', '-')}", type=accepted, metavar=metavar, help=declared.option.about)


def setting_options(function: F) -> F:
    """Add options for where and how to compute, as the argument `settings`."""

    @backend_option
    @declared_option(EngineOptions, "placement", "DEVICE")
    @declared_option(EngineOptions, "precision")
    @declared_option(Settings, "seed")
    @wraps(function)  # innermost: it also brings the parameters that other decorators have added, to be added to
    def with_settings(*args: Any, **kwargs: Any) -> Any:
        options = {name: kwargs.pop(name) for name in ("backend", "placement", "precision", "seed")}
        return function(*args, settings={name: value for name, value in options.items() if value is not None}, **kwargs)

    return with_settings  # type: ignore[return-value]
