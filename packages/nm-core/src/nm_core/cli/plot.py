"""`nmod plot`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nm_core.cli.exits import Exit
from nm_core.cli.output import json_option
from nm_core.cli.output_file import try_file, write_file
from nm_core.json_text import to_json

_OTHER_PICTURES = (".png", ".jpg", ".jpeg", ".pdf", ".gif", ".webp")


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Where to write; standard output by default.")
@click.option(
    "--curve",
    "curves",
    multiple=True,
    metavar="NAME",
    help="Draw this one, such as dev.wer or learning_rate; may be repeated. Losses and scores by default.",
)
@click.option(
    "--smooth",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    metavar="WEIGHT",
    help="Draw a smoother line over each loss; 0.9 gives the past nine tenths of the weight.",
)
@click.option("--log", is_flag=True, help="Give values a logarithmic axis.")
@json_option
def plot(
    runs: tuple[str, ...], output: str | None, curves: tuple[str, ...], smooth: float, log: bool, as_json: bool
) -> int:
    """Draw the curves of runs over each other: losses, scores and the best of each, as SVG.

    \b
    nmod plot runs/digits -o curves.svg
    nmod plot runs/small runs/large --curve dev.wer -o wer.svg
    nmod plot runs/digits --smooth 0.9 --json

    RUN is the folder of a run, or a folder in which runs are. A run that still trains is drawn as far as it is. With
    --json, the points are printed as data.

    Next: nmod runs lists runs with their states and scores.
    """
    from nm_core.runs import plot as plot_runs

    if output is not None:
        if Path(output).suffix.lower() in _OTHER_PICTURES:
            raise click.UsageError(f"nmod plot writes SVG, which browsers show: -o {Path(output).with_suffix('.svg')}")
        try_file(Path(output), replaces=_is_svg, advice="It is no picture: write to another file, or remove it first.")
    picture = plot_runs(*runs, smooth=smooth, curves=curves, log=log)
    for note in picture.notes:
        print(f"note: {note}", file=sys.stderr)
    if as_json:
        print(to_json(picture.to_dict()))  # on one line: points are many
    elif output is None:
        print(picture.svg(), end="")
    if output is not None:
        write_file(Path(output), picture.save)
        print(f"{output}: {', '.join(picture.names)}.", file=sys.stderr)
    return Exit.DONE


def _is_svg(head: bytes) -> bool:
    """Tell whether a file begins as pictures do."""
    return head.lstrip().startswith((b"<svg", b"<?xml"))
