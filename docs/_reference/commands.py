"""The pages of the command line, of the hooks and of the codes of errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click
import griffe

from _reference.docstrings import markdown
from nm_core.cli.exits import Exit
from nm_core.cli.main import COMMANDS, nmod
from nm_types import CODES

PRINTED: dict[str, Any] = {"terminal_width": 98, "help_option_names": ["-h", "--help"]}


def pages(code: griffe.ModulesCollection, links: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    yield "commands", "\n\n".join(_commands(code)) + "\n"
    yield "hooks", _hooks(code["nm_core.plugins.hooks"], links)
    listed = "\n\n".join(f"({n})=\n## {n}: {title}\n\n{_explained(text)}" for n, (title, text) in CODES.items())
    yield "codes", f"# Codes of type errors\n\n`nmod explain NM105` prints the same.\n\n{listed}\n"


def _explained(text: str) -> str:
    return "\n\n".join(f"```text\n{part}\n```" if part.startswith(" ") else part for part in text.split("\n\n"))


def _commands(code: griffe.ModulesCollection) -> Iterator[str]:
    context = click.Context(nmod, info_name="nmod", **PRINTED)
    yield "# The command line\n\n```text\n" + nmod.get_help(context) + "\n```"
    for name in COMMANDS:
        yield _command(nmod.get_command(context, name), f"nmod {name}")
    from nm_torch.common.tokenizers.command import tokenizer

    yield _command(tokenizer, "nmod tokenizer")
    for name, command in tokenizer.commands.items():
        yield _command(command, f"nmod tokenizer {name}")
    exits = [member for member in code["nm_core.cli.exits.Exit"].members.values() if member.docstring]
    rows = "".join(f"| {Exit[member.name].value} | {member.docstring.value} |\n" for member in exits)
    yield f"## Exit codes\n\n| code | meaning |\n|---|---|\n{rows}"


def _command(command: click.Command | None, name: str) -> str:
    assert command is not None
    context = click.Context(command, info_name=name, **PRINTED)
    return f"## {name}\n\n```text\n{command.get_help(context)}\n```"


def _hooks(module: griffe.Module, links: Mapping[str, str]) -> str:
    parts = ["# Hooks of a collection", markdown(module.docstring, links)]
    for item in module.members.values():
        if not item.is_alias and item.is_function and [str(mark.value) for mark in item.decorators] == ["hookspec"]:
            signature = f"```python\ndef {item.signature()}\n```"
            parts.append(f"## {item.name}\n\n{signature}\n\n{markdown(item.docstring, links)}")
    return "\n\n".join(parts) + "\n"
