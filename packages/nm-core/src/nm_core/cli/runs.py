"""`nmod runs`: the runs below a folder, or one of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from nm_core.cli.exits import Exit
from nm_core.cli.output import json_option, print_json, print_table
from nm_core.errors import ApplicationError

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@click.command()
@click.argument("words", nargs=-1, metavar="[FOLDER] | show RUN")
@json_option
def runs(words: tuple[str, ...], as_json: bool) -> int:
    """List the runs in a FOLDER, runs/ by default, or show one: how far it is, with which scores, written by whom.

    \b
    nmod runs
    nmod runs experiments --json
    nmod runs show runs/digits

    A run is running, finished, interrupted (it wrote a checkpoint), failed, or killed: it should be running, and no
    process has its folder. Nothing is changed by looking.

    Next: nmod train APP --work-dir RUN --resume goes on with a run, nmod infer RUN/application uses it.
    """
    from nm_core.runs.listing import find_runs, is_run, run_facts

    if len(words) > (2 if words[:1] == ("show",) else 1) or words == ("show",):
        raise click.UsageError("Give a folder to list, or show and one run: nmod runs show runs/digits.")
    folder = Path(words[-1] if words else "runs")
    if words and not folder.is_dir():
        raise ApplicationError(f"{folder}: there is no such folder.\n  nmod runs lists those in runs/.")
    from nm_core.runs import RunFolder

    if words[:1] == ("show",):
        run = RunFolder(folder)
        if not is_run(run):
            raise ApplicationError(f"{folder} is not the folder of a run.\n  nmod runs {folder} lists the runs in it.")
        facts = run_facts(run)
        print_json(facts) if as_json else _show(facts)
        return Exit.DONE
    listing = [run_facts(run) for run in find_runs(folder)] if folder.is_dir() else []
    if as_json:
        print_json({"runs": listing})
    elif not listing:
        print(f"There is no run in {folder}.")
    else:
        columns = ("run", "state", "update", "scores", "best", "size", "written", "process")
        print_table(columns, [_row(facts) for facts in listing])
    return Exit.DONE


def _row(facts: Mapping[str, Any]) -> list[str]:
    update = "-" if facts["update"] is None else str(facts["update"])
    state, best = facts["state"] or "-", _best(facts["best"])
    written, size = _time(facts["written"]), format_size(facts["size"])
    return [facts["folder"], state, update, _scores(facts["scores"]), best, size, written, _process(facts["process"])]


def _show(facts: Mapping[str, Any]) -> None:
    reason = f" ({facts['reason']})" if facts["reason"] else ""
    lines = {
        "state": f"{facts['state'] or 'unknown'}{reason}",
        "application": facts["application_file"],
        "update": facts["update"],
        "epoch": facts["epoch"],
        "samples": facts["samples"],
        "losses": ", ".join(f"{name} {_number(value)}" for name, value in (facts["losses"] or {}).items()),
        "scores": _scores(facts["scores"], at=True),
        "best": _best(facts["best"]),
        "checkpoints": ", ".join(facts["checkpoints"]),
        "saved": facts["application"],
        "log": facts["log"],
        "size": format_size(facts["size"]),
        "started": _time(facts["started"]),
        "written": _time(facts["written"]),
        "process": _process(facts["process"]),
    }
    print(facts["folder"])
    for name, value in lines.items():
        print(f"  {name:<12} {'-' if value in (None, '') else value}")


def format_size(size: int) -> str:
    """Return bytes as people read them: 1.5 MiB."""
    power = min((size.bit_length() - 1) // 10, len(_UNITS) - 1) if size else 0
    return f"{size} B" if power == 0 else f"{size / 1024**power:.1f} {_UNITS[power]}"


def _scores(scores: Mapping[str, Any] | None, *, at: bool = False) -> str:
    entries = (scores or {}).items()
    shown = []
    for name, entry in entries:
        update = f" at {entry['update']}" if at else ""
        shown.append(f"{name} {_number(entry['value'])}{update}")
    return ", ".join(shown) or "-"


def _best(best: Mapping[str, Any] | None) -> str:
    return "-" if best is None else f"{best['metric']} {_number(best['value'])} at {best['update']}"


def _process(process: Mapping[str, Any] | None) -> str:
    return "-" if process is None else f"{process['pid']} on {process['host']}"


def _time(text: str | None) -> str:
    from nm_core.runs.record import local_time

    return "-" if text is None else local_time(text)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
