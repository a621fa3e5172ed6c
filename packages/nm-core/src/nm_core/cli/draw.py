"""`nmod draw`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from nm_core.cli.exits import Exit
from nm_core.cli.options import application_argument, backend_option, graph_option, set_option
from nm_core.cli.output import json_option, print_json
from nm_core.cli.output_file import try_file, write_file

_FORMATS = {".mmd": "mermaid", ".md": "mermaid", ".dot": "dot", ".gv": "dot"}


@click.command()
@application_argument
@graph_option("The graph to draw; train by default, else the first.")
@click.option(
    "--format", "form", type=click.Choice(("svg", "mermaid", "dot")), help="Follows from the name of the output."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False), help="Where to write; standard output by default.")
@click.option(
    "--unfold",
    multiple=True,
    metavar="NAME",
    help="Draw what is inside a nested graph, by the name of its call or a pattern such as '*'; may be repeated.",
)
@set_option
@backend_option
@json_option
def draw(
    app: str,
    graph: str | None,
    form: str | None,
    output: str | None,
    unfold: tuple[str, ...],
    changes: dict[str, str],
    backend: str,
    as_json: bool,
) -> int:
    """Draw a graph of an application: modules, ports and the types on every edge.

    \b
    nmod draw app.yaml -o train.svg
    nmod draw app.yaml --graph infer --format mermaid
    nmod draw app.yaml --unfold encoder_decoder

    APP is an application file, a saved application (a folder or a .zip), a checkpoint or the folder of a run. The
    picture follows from it alone: no data is read, no weights are made. A graph with problems is drawn too, with
    what is wrong in red; the command then ends with 1. With --json, nodes and edges are printed as data.

    Next: nmod check lists the problems, nmod train trains the graph.
    """
    from nm_core.application.sketching import sketch_file
    from nm_core.drawing import dot, mermaid, svg

    if output is not None:
        advice = "It is no drawing: write to another file, or remove it first."
        try_file(Path(output), replaces=_is_drawing, advice=advice)
    sketch, report, others = sketch_file(app, graph, changes, backend=backend, unfold=unfold)
    form = form or _FORMATS.get(Path(output or "").suffix, "svg")
    text = {"svg": svg, "mermaid": mermaid, "dot": dot}[form](sketch)
    if as_json:
        problems = [problem.to_dict() for problem in report.problems]
        print_json(asdict(sketch) | {"other_graphs": others, "problems": problems})
    elif output is None:
        print(text, end="")
    if output is not None:
        write_file(Path(output), lambda partial: partial.write_text(text, encoding="utf-8"))
        print(f"{output}: the graph {sketch.name}, {sketch.count()} nodes.", file=sys.stderr)
        if others:
            print(f"  --graph draws another one: {', '.join(others)}.", file=sys.stderr)
    if not report.ok:
        drawn = "drawn in red where they have a place"
        print(f"{app} has {report.count}, {drawn}; nmod check {app} lists them.", file=sys.stderr)
    return Exit.DONE if report.ok else Exit.PROBLEM


def _is_drawing(head: bytes) -> bool:
    """Tell whether a file begins as drawings do, and not as, say, the application that is drawn."""
    return head.lstrip().startswith((b"<svg", b"<?xml", b"flowchart", b"graph ", b"---", b"```mermaid", b"digraph"))
