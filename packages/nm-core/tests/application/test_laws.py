"""The laws of applications, held on random ones: what is built in Python and what stands in a file are one thing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import nm_core_zoo
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from nm_core_random import COLLECTIONS, Made, made
from nm_core_rewriting import changed, respelled, shuffled
from nm_core_zoo import Term, evaluate

from nm_core import Graph
from nm_core.application import Application, load_application
from nm_core.application.checking import Checked, check
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.canonical import canonical_data
from nm_core.application.saved.document import Document, parse_document
from nm_core.application.saved.graph_entries import application_of
from nm_core.application.sketching import sketch_graph
from nm_core.application.text.tree import Data
from nm_core.application.text.writers import canonical_json, digest, to_json, to_yaml
from nm_core.drawing import mermaid
from nm_core.graphs.calls import OrderedCalls
from nm_core.graphs.open_checks import checks
from nm_core.graphs.plan import Plan
from nm_core.symbols.tensor import Call, CompositeCall
from nm_types import NeuralType
from nm_types.unifying import release_sizes

RANDOMS = st.randoms(use_true_random=False) if os.environ.get("NM_SHRINK") else st.integers(0, 2**32).map(Random)
"""Seeds make an application in one draw; with NM_SHRINK set, each choice is drawn, so that failures shrink."""

FEW = 15


def read(data: Data, *, name: str = "app.yaml") -> Document:
    """Read data as a file of the format that the name says."""
    text = to_json(data) if name.endswith(".json") else to_yaml(data)
    document = parse_document(text, Path("/nowhere") / name)
    assert document.entry is not None, document.problems.report()
    return document


def checked(document: Document) -> Checked:
    """Check a document, which has no problems."""
    assert document.entry is not None
    found = check(document.entry, document.problems, COLLECTIONS, root=document.root, backend="python")
    assert document.problems.report().ok, f"{to_yaml(document.data)}\n{document.problems.report()}"
    return found


def canonical(data: Data, *, name: str = "app.yaml") -> dict[str, Data]:
    """Return the canonical form of an application given as data."""
    document = read(data, name=name)
    found = checked(document)
    return canonical_data(found.entry, found)


def loaded(data: Data) -> Application:
    """Load the application of a file, whose modules need nothing else from the disk."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "app.yaml"
        path.write_text(to_yaml(data), encoding="utf-8")
        return load_application(path, collections=COLLECTIONS, backend="python")


def entry_of(drawn: Made) -> ApplicationEntry:
    """Write the graphs built in Python."""
    return application_of(drawn.graphs, COLLECTIONS, seed=drawn.factory.settings.seed)[0]


def structure(data: dict[str, Data]) -> dict[str, Data]:
    """Return what of an application graphs alone can say."""
    return {key: data[key] for key in ("nm", "seed", "modules", "graphs")}


def types(found: dict[str, NeuralType]) -> dict[str, str]:
    """Return the types of one graph's tensors as text; sizes are named after the first tensor that has them."""
    return {ref: str(type) for ref, type in release_sizes(dict(sorted(found.items()))).items()}


def checked_types(found: Checked, graph: str) -> dict[str, NeuralType]:
    """Return the types of a graph's tensors as the check of its file found them."""
    checked_graph = found.graphs[graph]
    steps = checked_graph.steps
    return checked_graph.inputs | {
        f"{label}.{port}": type for label in steps for port, type in checked_graph.types(label).items()
    }


def values(graphs: Any) -> dict[str, dict[str, Term]]:
    """Compute all graphs; data layers give terms."""
    return {name: evaluate(graph) for name, graph in graphs.items()}


@settings(max_examples=FEW)
@given(RANDOMS)
def test_a_file_reads_back(random: Random) -> None:
    """load(dump(a)) equals a, from YAML and from JSON; writing it again gives the same text."""
    data = made(random).data
    entry = read(data).entry
    assert entry is not None
    written = application_data(entry)

    for name in ("app.yaml", "app.json"):
        assert read(written, name=name).entry == entry
    assert application_data(read(written).entry or entry) == written
    assert canonical(written) == canonical(data) == canonical(data, name="app.json")


@settings(max_examples=FEW)
@given(RANDOMS)
def test_the_canonical_form_is_a_file_and_its_own_canonical_form(random: Random) -> None:
    """Canonical data checks, and is canonical; the digest is that of its text."""
    once = canonical(made(random).data)

    assert canonical_json(canonical(once)) == canonical_json(once)
    assert digest(canonical(once)) == digest(once)


@settings(max_examples=FEW)
@given(RANDOMS)
def test_python_to_file_to_python_is_the_identity(random: Random) -> None:
    """What is built in Python, written, loaded and written again is the same application."""
    entry = entry_of(made(random))
    first = canonical(application_data(entry))
    app = loaded(application_data(entry))

    again, _ = application_of(app.graphs, COLLECTIONS, seed=entry.seed)

    assert structure(canonical(application_data(again))) == structure(first)
    assert digest(canonical(application_data(again))) == digest(first)


@settings(max_examples=FEW)
@given(RANDOMS)
def test_file_to_python_to_file_is_the_identity(random: Random) -> None:
    """A file whose graphs are built and written is the same application, labels and casts included."""
    data = made(random).data
    app = loaded(data)

    again, _ = application_of(app.graphs, COLLECTIONS, seed=app.entry.seed)

    assert structure(canonical(application_data(again))) == structure(canonical(data))


@settings(max_examples=FEW)
@given(RANDOMS)
def test_order_and_spelling_do_not_count(random: Random) -> None:
    """Keys and calls in any order, defaults, references and versions written out or not: one canonical form."""
    data = made(random).data

    other = shuffled(respelled(data, random), random)

    assert canonical_json(canonical(other)) == canonical_json(canonical(data))


@settings(max_examples=FEW)
@given(RANDOMS)
def test_the_order_of_writing_graphs_does_not_count(random: Random) -> None:
    """Graphs of Python, and their outputs, in any order are one application."""
    drawn = made(random)
    graphs = {name: reordered(drawn.graphs[name], random) for name in random.sample([*drawn.graphs], len(drawn.graphs))}
    other = Made(drawn.data, graphs, drawn.tensors, drawn.factory)
    assume(not any(entry.get("graph") for entry in drawn.data["modules"].values()))  # each has its graph inside

    assert canonical(application_data(entry_of(other))) == canonical(application_data(entry_of(drawn)))


def reordered(graph: Graph, random: Random) -> Graph:
    """Return a graph with its outputs in another order."""
    names = random.sample([*graph.outputs], len(graph.outputs))
    return Graph({name: graph.outputs[name] for name in names}, name=graph.name)


@settings(max_examples=FEW)
@given(RANDOMS)
def test_types_in_python_in_the_check_and_after_loading_are_the_same(random: Random) -> None:
    """Tensor by tensor, whoever types the graph: the calls of Python, the check of the file, the loaded graph."""
    drawn = made(random)
    found = checked(read(drawn.data))
    app = loaded(drawn.data)

    for name, graph in drawn.graphs.items():
        python = {ref: tensor.type for ref, tensor in drawn.tensors[name].items()}
        assert types(checked_types(found, name)) == types(python)
        before, after = ({port: t.type for port, t in g.outputs.items()} for g in (graph, app.graphs[name]))
        assert types(before) == types(after)


@settings(max_examples=FEW)
@given(RANDOMS)
def test_the_check_of_a_file_records_the_graph_that_is_built(random: Random) -> None:
    """Calls, labels, types, plan, open checks and drawings are equal, though the check makes no module.

    A composite module that is not made is one call; graphs with one are compared by their types alone, as above. What
    only leads to such inputs of a nested graph as its used outputs do without is in the file and its drawing alone.
    """
    data = made(random, driven=0.3).data
    found = checked(read(data))
    app = loaded(data)

    for name, graph in app.graphs.items():
        recorded = found.graphs[name].calls
        if any(call.module.segment == "composite" for call in recorded.calls):
            continue
        cut = OrderedCalls(recorded.outputs, recorded.inputs, name=name, named=recorded.named)
        assert described(cut) == described(graph)
        if cut.calls == recorded.calls:
            assert mermaid(sketch_graph(name, found, unfold="*")) == mermaid(graph, unfold="*")


def described(graph: OrderedCalls) -> dict[str, Any]:
    """Describe a graph by the names and types of its parts."""
    plan, labels = Plan.of(graph), graph.labels
    tensors = [*graph.inputs.values(), *(tensor for call in graph.calls for tensor in call.tensors())]
    open_checks = checks(plan)
    return {
        "calls": [(labels[call], call.module.name, call.module.class_path) for call in graph.calls],
        "types": [f"{tensor.port}: {tensor.type}" for tensor in tensors],
        "casts": [(labels[call], dict(call.casts)) for call in graph.calls],
        "equations": [f"{labels[call]}.{one.port}: {one}" for call in graph.calls for one in call.typing.equations],
        "scopes": [[scope.name for scope in around(call)] for call in graph.calls],
        "segments": [[labels[call] for call in calls] for calls in (plan.sources, plan.framework, plan.host)],
        "ends": [[plan.argument_name(t) for t in ends] for ends in (plan.framework_inputs, plan.framework_outputs)],
        "last use": [(labels[call], [plan.argument_name(t) for t in last]) for call, last in plan.last_use.items()],
        "needed": list(graph.needed),
        "open": [
            (labels[call], {port: check.note(port) for port in call.module.inputs})
            for call, check in open_checks.items()
        ],
    }


def around(call: Call) -> Iterator[CompositeCall]:
    """Yield the composite calls that a call came out of."""
    scope = call.scope
    while scope is not None:
        yield scope
        scope = scope.scope


@settings(max_examples=FEW)
@given(RANDOMS)
def test_casts_are_stored(random: Random) -> None:
    """Every cast of a graph built in Python stands in its file, and nothing else is cast when it is loaded."""
    drawn = made(random)
    app = loaded(application_data(entry_of(drawn)))

    for name, graph in drawn.graphs.items():
        assert casts_of(app.graphs[name]) == casts_of(graph)


def casts_of(graph: Any) -> list[tuple[str, Any]]:
    """Return the casts of a graph's calls, by module."""
    return sorted((call.module.name, sorted(call.typing.casts.items())) for call in graph.calls)


@settings(max_examples=FEW)
@given(RANDOMS)
def test_values_before_and_after_are_the_same(random: Random) -> None:
    """Python's graphs, the file's, and those of a file written from Python compute the same."""
    drawn = made(random)
    before = values(drawn.graphs)

    assert values(loaded(drawn.data).graphs) == before
    assert values(loaded(application_data(entry_of(drawn))).graphs) == before


@settings(max_examples=FEW)
@given(RANDOMS)
def test_a_change_changes_the_digest(random: Random) -> None:
    """Any one change that means something gives another digest; equal forms have equal digests."""
    data = made(random).data
    found = changed(data, random)
    assume(found is not None)
    assert found is not None
    what, other = found
    document = read(other)
    assert document.entry is not None
    result = check(document.entry, document.problems, COLLECTIONS, root=document.root, backend="python")
    assume(document.problems.report().ok)

    assert digest(canonical_data(result.entry, result)) != digest(canonical(data)), what


@settings(max_examples=FEW)
@given(RANDOMS)
def test_checking_constructs_nothing(random: Random) -> None:
    """No module, metric or callback is made before it is asked for."""
    data = made(random).data
    nm_core_zoo.MADE.clear()

    checked(read(data))
    assert nm_core_zoo.MADE == []
    loaded(data)
    assert nm_core_zoo.MADE == []


@settings(max_examples=FEW)
@given(RANDOMS)
def test_what_checks_can_be_built(random: Random) -> None:
    """Graphs, plans, metrics and callbacks of a file without problems are all made without an error."""
    app = loaded(made(random).data)

    for graph in app.graphs.values():
        graph.plan()
    if app.entry.train is not None:
        app.train()
    if app.entry.eval is not None:
        assert app.metrics()


@settings(max_examples=FEW)
@given(RANDOMS)
def test_flattening_changes_nothing(random: Random) -> None:
    """A file whose nested graphs are replaced by their calls computes the same, with the same types."""
    data = made(random, driven=0.1).data
    flat = flattened(data)
    assume(flat != data)
    nested, level = loaded(data), loaded(flat)

    assert values(nested.graphs) == values(level.graphs)
    for name in nested.graphs:
        one, other = (
            {port: t.type for port, t in g.outputs.items()} for g in (nested.graphs[name], level.graphs[name])
        )
        assert types(one) == types(other)


def flattened(data: dict[str, Any]) -> dict[str, Any]:
    """Return an application in which no graph is called."""
    return data | {"graphs": {name: _flat(data, name) for name in data["graphs"]}}


def _flat(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a graph with the calls of the graphs that it calls in their place, each under the label of its call."""
    graph = dict(data["graphs"][name])
    calls: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for call in graph["calls"]:
        label, nested = call.get("as", call["call"]), data["modules"][call["call"]].get("graph")
        call = call | {"inputs": {port: _renamed(one, names) for port, one in call.get("inputs", {}).items()}}
        if nested is None:
            calls.append(call)
            continue
        inner = _flat(data, nested)
        if inner.get("casts") or call.get("casts"):
            graph["casts"] = "transpose"
        labels = {one.get("as", one["call"]) for one in inner["calls"]}
        known = call["inputs"] | {f"{one}.": f"{label}__{one}." for one in labels}
        for one in inner["calls"]:
            inputs = {port: _renamed(value, known) for port, value in one["inputs"].items()}
            mine = {key: value for key, value in one.items() if key != "casts"} if call.get("casts") else one
            calls.append(mine | {"as": f"{label}__{one.get('as', one['call'])}", "inputs": inputs})
        names |= {f"{label}.{port}": _renamed(ref, known) for port, ref in inner["outputs"].items()}
    graph["outputs"] = {port: _renamed(ref, names) for port, ref in graph["outputs"].items()}
    needed = set(graph["outputs"].values())
    for call in reversed(calls):
        if any(ref.startswith(f"{call.get('as', call['call'])}.") for ref in needed):
            needed |= {ref for one in call["inputs"].values() for ref in (one if isinstance(one, list) else [str(one)])}
            graph.setdefault("kept", []).insert(0, call)
    graph["calls"] = graph.pop("kept")
    graph["inputs"] = {port: type for port, type in graph.get("inputs", {}).items() if port in needed}
    return graph


def _renamed(given: Any, names: dict[str, Any]) -> Any:
    if isinstance(given, list):
        return [_renamed(one, names) for one in given]
    if not isinstance(given, str):
        return given
    label, dot, port = given.rpartition(".")
    return names.get(given, f"{names[label + dot]}{port}" if dot and label + dot in names else given)


LAWS: dict[str, Callable[..., None]] = {name: law for name, law in globals().items() if name.startswith("test_")}


@pytest.mark.proof
@pytest.mark.parametrize("law", LAWS)
def test_the_laws_hold_for_very_many_applications(law: str) -> None:
    """Each law on three thousand applications more."""
    long = settings(max_examples=3000, deadline=None, suppress_health_check=[*HealthCheck])
    long(LAWS[law])()
