"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nm_core.actions.train_options import EngineOptions, declared_options
from nm_core.cli import completing
from nm_core.errors import ApplicationError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])


def application_argument(function: F) -> F:
    """Add the argument APP: an application file, or a saved application's folder or archive."""
    return click.argument(
        "app", callback=lambda ctx, parameter, app: existing(app), shell_complete=completing.applications
    )(function)


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
            "  Name an application file, or the folder or archive of a saved application."
        )
    return path


def backend_option(function: F) -> F:
    """Add the option `--backend`."""
    return click.option(
        "--backend", metavar="NAME", default="torch", show_default=True, help="The framework to compute with."
    )(function)


def set_option(function: F) -> F:
    """Add the option `--set name=value`, which may be given again and again, as the argument `changes`."""
    return click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_changes,
        shell_complete=completing.settable,
        help="Change a value of the file: encoder.dropout=0.1, train.max_steps=100, or one under params. As in the "
        "file, a path counts from the file's folder.",
    )(function)


def declared_option(options_class: type, name: str, metavar: str | None = None) -> Callable[[F], F]:
    """Add an option that a class declares, `--max-steps` for `max_steps`; the file's value holds where it is absent."""
    declared = declared_options(options_class)[name]
    accepted: Any = None
    if declared.words:
        accepted = click.Choice(declared.words)
    elif declared.type is int:
        accepted, metavar = click.IntRange(declared.option.at_least), metavar or "N"
    return click.option(f"--{name.replace('_', '-')}", type=accepted, metavar=metavar, help=declared.option.about)


def setting_options(function: F) -> F:
    """Add options for where and how to compute, as the argument `settings`."""

    @backend_option
    @declared_option(EngineOptions, "placement", "DEVICE")
    @declared_option(EngineOptions, "precision")
    @click.option(
        "--seed", type=click.IntRange(0), metavar="N", help="The number from which every random stream follows."
    )
    def with_settings(
        *args: Any, backend: str, placement: str | None, precision: str | None, seed: int | None, **kwargs: Any
    ) -> Any:
        options = {"backend": backend, "placement": placement, "precision": precision, "seed": seed}
        return function(*args, settings={name: value for name, value in options.items() if value is not None}, **kwargs)

    with_settings.__doc__ = function.__doc__
    with_settings.__name__ = function.__name__
    with_settings.__click_params__ = [  # type: ignore[attr-defined]  # where click keeps what decorators have added
        *getattr(function, "__click_params__", []),
        *with_settings.__click_params__,  # type: ignore[attr-defined]
    ]
    return with_settings  # type: ignore[return-value]


def _changes(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise click.BadParameter(f"{text!r} is not of the form NAME=VALUE.", ctx, parameter)
        changes[name.strip()] = value
    return changes
