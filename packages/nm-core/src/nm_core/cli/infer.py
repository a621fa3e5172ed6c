"""`nmod infer`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli.options import application_argument, set_option, setting_options
from nm_core.errors import ApplicationError

if TYPE_CHECKING:
    from nm_core.application import Application


@click.command()
@application_argument
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--task", help="What to do with the inputs: transcribe, translate ...")
@click.option("--graph", help="The graph to run over its own data, where no inputs are given.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@set_option
@setting_options
def infer(
    app: str,
    inputs: tuple[str, ...],
    task: str | None,
    graph: str | None,
    as_json: bool,
    changes: dict[str, str],
    settings: dict[str, Any],
) -> None:
    """Run an application on INPUTS, or over its own data layer where none are given.

    \b
    nmod infer runs/digits/application recording.wav other.wav
    nmod infer runs/translation/application "a sentence"
    ls *.wav | nmod infer runs/digits/application -

    What inputs are depends on the task, which follows from the application's modules: recordings to transcribe,
    sentences to translate. A single - reads inputs from standard input, one per line.
    """
    from nm_core.application import load_application

    application = load_application(app, changes=changes, **settings)
    if not inputs:
        _print_all(application.infer(graph), as_json)
        return
    if graph is not None:
        raise click.UsageError("--graph runs a graph over its own data; leave out the inputs, or give --task.")
    given = [line.rstrip("\n") for line in sys.stdin] if inputs == ("-",) else list(inputs)
    verb = task or _verb(application)
    results = getattr(application, verb)(given)
    _print_all(({"input": source} | _plain(result) for source, result in _paired(verb, given, results)), as_json)


def _verb(application: Application) -> str:
    """Return the one thing that can be done with an application: what it names, else what its collections offer."""
    collections = application.factory.collections
    named = list(application.entry.tasks)
    used = {(entry.type or "").partition(".")[0] for entry in application.entry.modules.values()}
    offered = [verb for verb in collections.names("tasks") if used & set(collections.owners("tasks", verb))]
    verbs = named or offered
    if len(verbs) == 1:
        return verbs[0]
    if not verbs:
        raise ApplicationError(
            f"{application.path} has nothing to do with inputs: no collection of its modules offers a task.\n"
            "  Without inputs, nmod infer runs the graph infer over its data layer."
        )
    raise ApplicationError(
        f"{application.path} can do several things: {', '.join(verbs)}.\n  Say which: --task {verbs[0]}"
    )


def _paired(verb: str, inputs: Sequence[str], results: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    rest = iter(results)
    for number, source in enumerate(inputs):
        try:
            yield source, next(rest)
        except StopIteration:
            raise ApplicationError(f"{verb} gave {number} results for {len(inputs)} inputs.") from None


def _plain(result: Any) -> dict[str, Any]:
    """Return a result as plain data: what its `to_dict` gives, or its text."""
    to_dict = getattr(result, "to_dict", None)
    if callable(to_dict):
        return dict(to_dict())
    return dict(result) if isinstance(result, dict) else {"text": str(result)}


def _print_all(records: Iterable[dict[str, Any]], as_json: bool) -> None:
    for record in records:
        if as_json:
            print(json.dumps(record, ensure_ascii=False, default=_jsonable), flush=True)
        elif "text" in record:
            print("\t".join(str(record[name]) for name in ("input", "text") if name in record), flush=True)
        else:
            print("  ".join(f"{name}={_shown(value)}" for name, value in record.items()), flush=True)


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else f"{text[:197]}..."


def _jsonable(value: Any) -> Any:
    """Return arrays and results as plain data."""
    for method in ("to_dict", "tolist"):
        found = getattr(value, method, None)
        if callable(found):
            return found()
    return str(value)
