"""`nmod infer`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli.exits import Exit
from nm_core.cli.options import application_argument, graph_option, set_option, setting_options
from nm_core.cli.output import note_beginning
from nm_core.errors import ApplicationError, NmError
from nm_core.json_text import to_json

if TYPE_CHECKING:
    from nm_core.application import Application

INFER = "infer"
"""The graph that a verb runs where the application names no other."""


@click.command()
@application_argument
@click.argument("inputs", nargs=-1, metavar="[INPUT]...")
@click.option("--task", metavar="NAME", help="What to do with the inputs: transcribe, translate ...")
@graph_option("The graph to run over its own data, where no inputs are given.")
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
) -> int:
    """Run an application on INPUTS, or over its own data layer where none are given.

    \b
    nmod infer runs/digits/application recording.wav other.wav
    nmod infer runs/translation/application "a sentence"
    ls *.wav | nmod infer runs/digits/application -

    What inputs are depends on the task, which follows from the application's modules: recordings to transcribe,
    sentences to translate. A single - reads inputs from standard input, one per line.

    APP is a saved application (a folder or a .zip), a checkpoint, or an application file. The folder of a run
    stands for what it saved, else for its best checkpoint. A recording that cannot be read is named on standard
    error with the reason, the others go on, and the command ends with 1.

    Next: in Python, nm_core.load_application(APP) does the same with values of your own.
    """
    from nm_core.application import load_application

    application = load_application(app, changes=changes, **settings)
    note_beginning(application)
    if not inputs:
        if graph is None and INFER in application.entry.graphs and application.entry.graphs[INFER].inputs:
            raise click.UsageError(
                "The graph infer has no data of its own: give inputs, or --graph NAME for another one."
            )
        _print_all(application.infer(graph), as_json)
        return Exit.DONE
    if graph is not None:
        raise click.UsageError("--graph runs a graph over its own data; leave out the inputs, or give --task.")
    values = _read_lines() if inputs == ("-",) else list(inputs)
    verb = task or _verb(application)
    errors: dict[int, NmError] = {}
    results = _run_task(application, verb, values, errors)
    _print_all(_records(verb, values, results, errors, as_json), as_json)
    for index, error in errors.items():
        print(f"{values[index]}: {error}" if values[index] not in str(error) else error, file=sys.stderr)
    if errors:
        print(f"{len(errors)} of {len(values)} inputs failed; the others are done.", file=sys.stderr)
    return Exit.PROBLEM if errors else Exit.DONE


def _read_lines() -> list[str]:
    """Return the lines of standard input, without line ends and a byte order mark.

    Raises:
        UsageError: they are not UTF-8; the line is named.
    """
    content = sys.stdin.buffer.read()
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise click.UsageError(
            f"Line {number} of standard input is not UTF-8. Convert it, for example with iconv -t UTF-8."
        ) from None
    return [line.removesuffix("\r") for line in (lines if lines[-1] else lines[:-1])]


def verbs_of(application: Application) -> list[str]:
    """Return the verbs of an application: those that it names, else those that its collections offer."""
    collections = application.factory.collections
    used = {(entry.type or "").partition(".")[0] for entry in application.entry.modules.values()}
    offered = [verb for verb in collections.names("tasks") if used & set(collections.owners("tasks", verb))]
    return list(application.entry.tasks) or (offered if INFER in application.entry.graphs else [])


def _verb(application: Application) -> str:
    verbs = verbs_of(application)
    if len(verbs) == 1:
        return verbs[0]
    if not verbs:
        raise ApplicationError(
            f"{application.path} has nothing to do with inputs: it names no task, and has no graph infer for one.\n"
            "  Without inputs, nmod infer --graph NAME runs a graph over its data layer."
        )
    raise ApplicationError(
        f"{application.path} can do several things: {', '.join(verbs)}.\n  Say which: --task {verbs[0]}"
    )


def _run_task(application: Application, verb: str, inputs: list[str], failed: dict[int, NmError]) -> Any:
    """Do what a verb does; where it can go on without an input that fails, note the error and go on."""
    task = getattr(application, verb)
    parameters = inspect.signature(application.factory.collections.lookup("tasks", verb)).parameters
    return task(inputs, on_error=failed.__setitem__) if "on_error" in parameters else task(inputs)


def _records(
    verb: str, inputs: Sequence[str], results: Iterable[Any], failed: Mapping[int, NmError], as_json: bool
) -> Iterator[dict[str, Any]]:
    # Not zip: a task that gives fewer results than inputs would lose the last ones in silence.
    rest = iter(results)
    for index, source in enumerate(inputs):
        try:
            result = next(rest)
        except StopIteration:
            raise ApplicationError(f"{verb} gave {index} results for {len(inputs)} inputs.") from None
        if index not in failed:
            yield {"input": source} | _plain(result)
        elif as_json:
            yield {"input": source, "error": str(failed[index])}


def _plain(result: Any) -> dict[str, Any]:
    """Return a result as plain data: what its `to_dict` gives, its fields, or its text."""
    to_dict = getattr(result, "to_dict", None)
    if callable(to_dict):
        return dict(to_dict())
    if is_dataclass(result) and not isinstance(result, type):
        return asdict(result)
    return dict(result) if isinstance(result, dict) else {"text": str(result)}


def _print_all(records: Iterable[dict[str, Any]], as_json: bool) -> None:
    for record in records:
        if as_json:
            print(to_json(record), flush=True)
        elif "text" in record:
            print("\t".join(str(record[name]) for name in ("input", "text") if name in record), flush=True)
        else:
            print("  ".join(f"{name}={_shorten(value)}" for name, value in record.items()), flush=True)


def _shorten(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 200 else f"{text[:197]}..."
