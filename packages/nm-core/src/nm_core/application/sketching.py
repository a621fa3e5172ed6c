"""Sketch a graph of an application from classes and parameters alone, whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path as FilePath

from nm_core.application.checking import Checked, CheckedGraph, check
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.overrides import Changes
from nm_core.application.saved.document import read_document
from nm_core.application.text.names import suggest
from nm_core.application.text.problems import FileProblem, Path, Report
from nm_core.drawing.sketch import Sketch, Unfold
from nm_core.errors import ApplicationError
from nm_core.graphs.sketching import Faults, sketch_calls
from nm_core.plugins import Collections
from nm_core.symbols.tensor import Step, flat_arguments

_LONGEST = 48
"""Letters of a fault in a drawing."""


def sketch_file(
    path: str | FilePath,
    graph: str | None,
    changes: Changes | None = None,
    *,
    backend: str = "torch",
    unfold: Unfold = (),
) -> tuple[Sketch, Report, list[str]]:
    """Sketch one graph of a file: the one named, else `train` or the first.

    Returns:
        the sketch, what is wrong with the file, and the names of its other graphs.

    Raises:
        ApplicationError: the file is no application, or has no such graph.
        GraphError: a name or pattern to unfold meets no nested graph.
    """
    document = read_document(path, changes)
    checked = check(document.application(), document.problems, Collections.load(), root=document.root, backend=backend)
    graphs = checked.entry.graphs
    if not graphs:
        raise ApplicationError(f"{path} has no graphs to draw.")
    name = graph or main_graph(checked.entry)
    if name not in graphs:
        raise ApplicationError(f'{path} has no graph "{name}".{suggest(name, graphs)}\n  It has {", ".join(graphs)}.')
    report = document.problems.report()
    return sketch_graph(name, checked, report, unfold=unfold), report, [each for each in graphs if each != name]


def main_graph(entry: ApplicationEntry) -> str:
    """Return the graph that is drawn when none is named: `train`, else the first."""
    return "train" if "train" in entry.graphs else next(iter(entry.graphs))


def sketch_graph(name: str, checked: Checked, problems: Iterable[FileProblem] = (), *, unfold: Unfold = ()) -> Sketch:
    """Sketch one graph of an application that was checked.

    Args:
        problems: what is wrong with the application; it is shown where it is.
        unfold: the nested graphs whose inside is drawn, by name or pattern; those around them are opened, too.

    Raises:
        GraphError: a name or pattern to unfold meets no nested graph.
    """
    graph = checked.seen.get(name)
    if graph is None:  # there were too many problems to look at it
        return Sketch(name, (), ())
    return sketch_calls(graph.calls, unfold, _locate(problems, name, graph, checked.entry))


def _locate(problems: Iterable[FileProblem], name: str, graph: CheckedGraph, entry: ApplicationEntry) -> Faults:
    """Find the connections and calls of a graph at which problems stand, or whose modules have problems."""
    edges: dict[tuple[Step, str], str] = {}
    steps: set[Step] = set()
    owners: set[Path] = set()
    labels = {path: label for label, path in graph.paths.items()}
    for problem in problems:
        label = labels.get(problem.path[:4])
        if label is None:
            owners.add(problem.path[:2])
        elif problem.path[4:5] == ("inputs",) and len(problem.path) > 5:
            for port in _ports(graph.steps[label], problem.path[5:]):
                edges.setdefault((graph.steps[label], port), _shorten(problem))
        else:
            steps.add(graph.steps[label])
    for call in entry.graphs[name].calls:
        module = entry.modules.get(call.module)
        if module is None or ("modules", call.module) in owners or ("graphs", module.graph) in owners:
            steps.add(graph.steps[call.label])
    return Faults(edges, steps)


def _ports(step: Step, path: Path) -> Iterator[str]:
    """Yield the inputs of a call that are meant by a place among them: all of a list, or one of its values."""
    port, *index = path
    for name, _ in flat_arguments(step.inputs):
        if name == port or (name.startswith(f"{port}[") if not index else name == f"{port}[{index[0]}]"):
            yield name


def _shorten(problem: FileProblem) -> str:
    """Return a problem in few words: its code and title, or how its message begins."""
    if problem.connection is not None:
        return f"{problem.code} {problem.connection.title}"
    words = problem.message.partition("\n")[0].partition(". ")[0].rstrip(".:")
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
