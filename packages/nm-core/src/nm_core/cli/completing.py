"""Completion of a command line: application files, names in them, modules and codes.

Pressing a key must never fail or print anything: what cannot be read has nothing to offer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from nm_core.errors import NmError

if TYPE_CHECKING:
    from nm_core.application.saved.document import Document
    from nm_core.application.text.tree import Data

_SUFFIXES = (".yaml", ".yml", ".json", ".zip")
_OPEN = ("train", "eval", "tasks", "requires", "seed")
Items = list[CompletionItem]


def applications(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer application files, folders that are saved applications, and folders on the way to them."""
    path = Path(incomplete)
    folder = path if incomplete.endswith("/") or not incomplete else path.parent
    start = "" if folder is path else path.name
    items = []
    try:
        for entry in sorted(folder.iterdir()):
            name = incomplete[: len(incomplete) - len(start)] + entry.name
            if not entry.name.startswith(start) or (entry.name.startswith(".") and not start):
                continue
            if entry.is_dir() and (entry / "manifest.json").is_file():
                saved = (entry / "application.json").is_file()
                items.append(CompletionItem(name, help="a saved application" if saved else "a checkpoint"))
            elif entry.is_dir():
                items.append(CompletionItem(f"{name}/"))
            elif entry.suffix.lower() in _SUFFIXES:
                items.append(CompletionItem(name))
    except OSError:
        return []
    return items


def graphs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the graphs of the application that the line names."""
    document = _document(ctx)
    entry = None if document is None else document.entry
    return offer({} if entry is None else dict.fromkeys(entry.graphs), incomplete)


def settable(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer what --set can change in the application that the line names, with the value that it has."""
    document = _document(ctx)
    data = document.data if document is not None else None
    if not isinstance(data, dict):
        return []
    offered = [*_leaves("", data.get("params"))]
    modules = data.get("modules")
    for name, module in modules.items() if isinstance(modules, dict) else ():
        offered += _leaves(f"{name}.", module.get("params") if isinstance(module, dict) else None)
    offered += _leaves("", {section: data.get(section) for section in _OPEN})
    fitting = [(name, value) for name, value in offered if name.startswith(incomplete)]
    return [CompletionItem(f"{name}=", help=f"now {value}"[:60]) for name, value in fitting]


def modules(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the ids of modules and metrics, and short names."""
    from nm_core.cli.listing import find_entries
    from nm_core.plugins import Collections

    return offer(
        {entry.name.partition("@")[0]: entry.summary for entry in find_entries(Collections.load())}, incomplete
    )


def collection_names(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the names of installed collections, from their metadata."""
    import os

    from nm_core.plugins.discovery import discover
    from nm_core.plugins.settings import CollectionSettings

    candidates, _ = discover(CollectionSettings.read(os.environ))
    return offer(dict.fromkeys(sorted(candidate.collection for candidate in candidates)), incomplete)


def codes(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Offer the codes of errors."""
    from nm_types import CODES

    return offer({code: title for code, (title, _) in CODES.items()}, incomplete.upper())


def offer(lines: Mapping[str, str | None], incomplete: str) -> Items:
    """Offer what begins as the word on the line does, each with its line of help."""
    return [CompletionItem(name, help=line) for name, line in lines.items() if name.startswith(incomplete)]


def _document(ctx: click.Context) -> Document | None:
    """Read the application that stands on the line so far."""
    from nm_core.application.saved.document import read_document

    app = ctx.params.get("app") or next(iter(ctx.params.get("apps") or ()), None)
    try:
        return read_document(app) if app else None
    except (NmError, OSError):  # a file that is half written is the usual case while somebody types
        return None


def _leaves(prefix: str, data: Data) -> Iterator[tuple[str, Data]]:
    """Yield the dotted names of single values and of lists, with these."""
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, dict):
                yield from _leaves(f"{prefix}{key}.", value)
            elif value is not None:
                yield f"{prefix}{key}", value
