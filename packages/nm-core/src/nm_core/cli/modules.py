"""`nmod modules`: from light declarations; only the module that is named is imported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli import completing
from nm_core.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from nm_core.plugins import Collections


@click.command()
@click.argument("name", required=False, shell_complete=completing.modules)
@click.option(
    "--collection",
    metavar="NAME",
    shell_complete=completing.collection_names,
    help="List the modules of one collection.",
)
@json_option
def modules(name: str | None, collection: str | None, as_json: bool) -> None:
    """List installed modules, or show one with its ports, parameters and documentation.

    \b
    nmod modules
    nmod modules --collection asr
    nmod modules asr.JasperEncoder

    Next: the name goes into an application, encoder: {type: asr.JasperEncoder@1, params: {...}}, and nmod check says
    whether it fits there.
    """
    from nm_core.plugins import Collections

    collections = Collections.load()
    if name is not None:
        _show(collections, name, as_json)
    else:
        _list(collections, collection, as_json)


def _list(collections: Collections, only: str | None, as_json: bool) -> None:
    from nm_core.plugins import State, UnknownEntryError
    from nm_core.plugins.messages import no_collection

    if only is not None and only not in collections.collections:
        raise UnknownEntryError(no_collection(only, collections.records))
    rows = [
        {
            "id": f"{id}@{spec.version}",
            "summary": spec.summary if spec.deprecated is None else f"Deprecated: {spec.deprecated}",
            "targets": dict(spec.targets),
        }
        for id, spec in collections.modules.items()
    ]
    ids = collections.names("metrics")
    metrics = [(id, id, "metric") for id in ids]
    metrics += [(former, id, f"alias of {id}") for former, id in sorted(collections.aliases.items()) if id in ids]
    for shown, id, summary in metrics:
        rows.append({"id": shown, "summary": summary, "targets": {"any": collections.target("metrics", id)}})
    rows = [row for row in rows if only is None or str(row["id"]).startswith(f"{only}.")]
    if as_json:
        print_json(rows)
        return
    print_table(("module", "summary"), [(str(row["id"]), str(row["summary"])) for row in rows])
    for record in collections.records:
        if record.state is not State.LOADED:
            print(f"{record.collection} is not listed ({record.state}): {record.error}")


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
        print_table(
            ("parameters", "default", "type"),
            [(p["name"], "required" if p["required"] else p["default"], p["annotation"]) for p in data["parameters"]],
        )
    if data["example"] is not None:
        print(f"example: {json.dumps(data['example'])}\n")
    if data["documentation"]:
        print(data["documentation"])


def _notes(port: dict[str, Any]) -> str:
    notes = [word for word in ("optional", "variadic") if port[word]]
    return ", ".join([*notes, *(f"needs {need}" for need in port["needs"])])
