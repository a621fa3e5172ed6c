"""`nmod modules`: from light declarations; only the thing that is named is imported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli import completing
from nm_core.cli.listing import (
    KINDS,
    METRICS,
    MODULES,
    NAMED,
    PRESETS,
    SINGULAR,
    Entry,
    find_entries,
    find_named,
    no_entry,
)
from nm_core.cli.output import json_option, print_json, print_table
from nm_core.plugins.errors import UnknownEntryError

if TYPE_CHECKING:
    from nm_core.plugins import Collections


@click.command()
@click.argument("name", required=False, shell_complete=completing.modules)
@click.option(
    "--collection",
    metavar="NAME",
    shell_complete=completing.collection_names,
    help="List what one collection offers.",
)
@click.option("--kind", type=click.Choice(KINDS), help="List things of one kind.")
@json_option
def modules(name: str | None, collection: str | None, kind: str | None, as_json: bool) -> None:
    """List what is installed: modules, callbacks, optimizers ...; or show one thing with its parameters.

    \b
    nmod modules
    nmod modules --collection asr
    nmod modules --kind optimizers
    nmod modules asr.JasperEncoder
    nmod modules checkpoint

    Next: the name goes into an application, encoder: {type: asr.JasperEncoder@1, params: {...}}, and nmod check says
    whether it fits there.
    """
    from nm_core.plugins import Collections

    collections = Collections.load()
    if name is None:
        _list(collections, collection, kind, as_json)
        return
    found = [] if _is_module(collections, name) else find_named(collections, name, kind)
    if len(found) > 1:
        choices = " or ".join(f"--kind {entry.kind}" for entry in found)
        raise click.UsageError(f'"{name}" is the name of several things. Say which: {choices}')
    if found:
        _show_named(collections, found[0], as_json)
    elif "." in name and kind in (None, MODULES, METRICS):
        _show(collections, name, as_json)
    else:
        raise UnknownEntryError(no_entry(collections, name, kind))


def _is_module(collections: Collections, name: str) -> bool:
    plain = name.partition("@")[0]
    return plain in collections.modules or plain in collections.names(METRICS)


def _list(collections: Collections, only: str | None, kind: str | None, as_json: bool) -> None:
    from nm_core.plugins import State
    from nm_core.plugins.messages import no_collection

    if only is not None and only not in collections.collections:
        raise UnknownEntryError(no_collection(only, collections.records))
    entries = [
        entry for entry in find_entries(collections) if only in (None, entry.collection) and kind in (None, entry.kind)
    ]
    if as_json:
        print_json([entry.to_dict() for entry in entries])
        return
    in_full = [entry for entry in entries if kind is not None or entry.kind in (MODULES, METRICS)]
    head = "module" if kind is None else SINGULAR[kind]
    print_table((head, "summary"), [(entry.name, entry.summary) for entry in in_full])
    if kind is None:
        names = {each: [entry.name for entry in entries if entry.kind == each] for each in (PRESETS, *NAMED)}
        rows = [(each, ", ".join(listed)) for each, listed in names.items() if listed]
        if rows:
            print_table(("kind", "names"), rows)
    for record in collections.records:
        if record.state is not State.LOADED:
            print(f"{record.collection} is not listed ({record.state}): {record.error}")


def _show_named(collections: Collections, entry: Entry, as_json: bool) -> None:
    from nm_core.cli.describe import describe_named

    data = describe_named(collections, entry)
    if as_json:
        print_json(data)
        return
    print(f"{data['name']}  {data['summary']}")
    print(f"{data['target']}, from {data['distribution']}\n")
    if data["parameters"]:
        _print_parameters(data["parameters"])
    if entry.kind == PRESETS:
        for item in data["value"] if isinstance(data["value"], list) else [data["value"]]:
            print(json.dumps(item))
        print()
    if data["documentation"]:
        print(data["documentation"])


def _print_parameters(parameters: Sequence[dict[str, Any]]) -> None:
    print_table(
        ("parameters", "default", "type"),
        [(p["name"], "required" if p["required"] else p["default"], p["annotation"]) for p in parameters],
    )


def _show(collections: Collections, name: str, as_json: bool) -> None:
    from nm_core.cli.describe import describe

    data = describe(collections, name)
    if as_json:
        print_json(data)
        return
    print(f"{data['id']}  {data['summary']}")
    print(f"{data['class']}, from {data['distribution']}\n")
    if data["deprecated"] is not None:
        print(f"deprecated: {data['deprecated']}\n")
    for side in ("inputs", "outputs"):
        if data[side]:
            print_table((side, "type", ""), [(port["name"], port["type"], _notes(port)) for port in data[side]])
        else:
            print(f"no {side}\n")
    if data["parameters"]:
        _print_parameters(data["parameters"])
    if data["example"] is not None:
        print(f"example: {json.dumps(data['example'])}\n")
    if data["documentation"]:
        print(data["documentation"])


def _notes(port: dict[str, Any]) -> str:
    notes = [word for word in ("optional", "variadic") if port[word]]
    return ", ".join([*notes, *(f"needs {need}" for need in port["needs"])])
