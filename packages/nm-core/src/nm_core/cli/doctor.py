"""`nmod doctor`: one record per collection, what is wrong, and what to do about it."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING

import click

from nm_core.cli.completing import collection_names
from nm_core.cli.exits import Exit
from nm_core.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from nm_core.plugins.doctor import Diagnosis


@click.command()
@click.argument("name", required=False, shell_complete=collection_names)
@click.option("--deep", is_flag=True, help="Import everything that is declared, each collection in its own process.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="With --deep, how long one collection may take.",
)
@json_option
def doctor(name: str | None, deep: bool, timeout: float, as_json: bool) -> int:
    """Say what is wrong with the installed collections and what to do; with NAME, one of them in full.

    \b
    nmod doctor
    nmod doctor asr --deep

    Declarations are loaded, requirements and metadata compared with what is installed. --deep also imports every
    module, tag and name that is declared, and runs the collections' own checks; a crash or a hang is one line.

    Ends with 3 if something does not work; notes on what could be better change nothing.

    Next: each line says what to install or to change; nmod modules then lists what works.
    """
    from nm_core.plugins import Collections, UnknownEntryError
    from nm_core.plugins.doctor import diagnose
    from nm_core.plugins.messages import no_collection

    diagnosis = diagnose(name, deep=deep, timeout=timeout, progress=_progress)
    if not diagnosis.records and name is not None:
        raise UnknownEntryError(no_collection(name, Collections.load().records))
    if as_json:
        print_json(diagnosis.to_dict())
    else:
        _show(diagnosis, in_full=name is not None)
    return Exit.DONE if diagnosis.ok else Exit.INSTALLATION


def _progress(name: str, number: int, count: int) -> None:
    """Show on a terminal what is examined; the line is taken back with the next one."""
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{number} of {count}: {name} ...", err=True, nl=False)


def _show(diagnosis: Diagnosis, *, in_full: bool) -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", err=True, nl=False)
    packages = diagnosis.packages.items() if in_full else list(diagnosis.packages.items())[:2]
    versions = ", ".join(f"{name} {version or 'not installed'}" for name, version in packages)
    print(f"Python {platform.python_version()}, {sys.executable}\n{versions}\n")
    origins = {item.distribution: item.origin for item in reversed(diagnosis.installations)}
    rows = []
    for record in diagnosis.records:
        origin, spent = origins.get(record.distribution or "", "-"), f"{1000 * record.seconds:.1f}"
        package = (record.collection, record.distribution or "-", record.version or "-")
        rows.append((*package, record.state, record.step, spent, origin))
    print_table(("collection", "distribution", "version", "state", "step", "ms", "installed from"), rows)
    _messages(diagnosis, in_full=in_full)
    if diagnosis.ok:
        print("Everything works; what is noted could be better." if diagnosis.findings else "Nothing is wrong.")
    elif not in_full:
        print("nmod doctor NAME shows one collection in full.")


def _messages(diagnosis: Diagnosis, *, in_full: bool) -> None:
    for record in diagnosis.records:
        if record.error is not None:
            click.secho(f"{record.collection}: {record.error}", fg=None if record.ok else "red")
        if record.trace is not None and in_full:
            print(record.trace)
    for conflict in diagnosis.conflicts:
        click.secho(conflict, fg="red")
    for finding in sorted(diagnosis.findings, key=lambda finding: not finding.fault):
        click.secho(f"{finding.collection}: {finding.message}", fg="red" if finding.fault else "yellow")
