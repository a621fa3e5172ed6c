"""A group of commands that imports a command when it is called, and a collection's only then."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import click
from click.shell_completion import CompletionItem

from nm_core.cli.completing import offer
from nm_core.errors import did_you_mean
from nm_core.plugins import TargetError


class Entry(NamedTuple):
    """Where a command is, and the line that `--help` shows for it."""

    target: str
    summary: str


class LazyGroup(click.Group):
    """Commands known by name; the collections' own come after the built-in ones and never replace them."""

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*self.entries, *self._find_offered()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name in self.entries:
            module, _, name = self.entries[cmd_name].target.partition(":")
            command = getattr(importlib.import_module(module), name)
        else:
            from nm_core.plugins import Collections

            collections = Collections.load()
            if not collections.owners("commands", cmd_name):
                return None
            command = collections.lookup("commands", cmd_name)
        if not isinstance(command, click.Command):
            raise TargetError(
                f'The command "{cmd_name}" of a collection is {command!r}, not a click command.\n'
                "  Its nm_commands hook points to the wrong object."
            )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command to run; a misspelt one is an error with a suggestion."""
        if ctx.resilient_parsing:  # completing: an option without its value yet would hide the arguments before it
            return super().resolve_command(ctx, args[:-1] if args[1:] and args[-1].startswith("-") else args)
        name = args[0]
        if not name.startswith("-") and self.get_command(ctx, name) is None:
            ctx.fail(f'There is no command "{name}".{did_you_mean(name, self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer options, or commands with their lines of help; none is imported for it."""
        if incomplete.startswith("-"):
            return click.Command.shell_complete(self, ctx, incomplete)
        lines = {name: entry.summary for name, entry in self.entries.items()}
        return offer(lines | self._find_offered(), incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by their summaries, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in self.entries.items()])
        offered = self._find_offered()
        if offered:
            with formatter.section("Commands of collections"):
                formatter.write_dl([*offered.items()])

    def _find_offered(self) -> dict[str, str]:
        """Return the commands of installed collections, each with a line that says where it comes from."""
        from nm_core.plugins import Collections

        collections = Collections.load()
        offered = {}
        for name in collections.names("commands"):
            (owner,) = collections.owners("commands", name)
            # A built-in name stays built in: a collection must not take over `nmod train` by being installed.
            offered[f"{owner}.{name}" if name in self.entries else name] = f"from {owner}"
        return offered
