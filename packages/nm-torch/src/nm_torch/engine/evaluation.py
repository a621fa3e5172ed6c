"""Evaluation: metrics over their data layers, each sample seen once by one process."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nm_core import Graph, Metric
from nm_core.symbols.tensor import Call
from nm_torch.data import Request
from nm_torch.engine.forward import Execution, bound

if TYPE_CHECKING:
    from nm_torch.backend import TorchSession


def score(session: "TorchSession", metrics: Sequence[Metric], max_batches: int | None = None) -> dict[str, float]:
    """Return the scores of bound metrics, exact for any number of processes.

    Metrics of one data layer share its pass. A score that two metrics have under one name is prefixed with the
    metric's name.
    """
    for metric in metrics:
        metric.reset()
    for group in _by_layer(metrics):
        _run(session, group, max_batches)
    found: list[tuple[Metric, dict[str, float]]] = []
    for metric in metrics:
        _merge(session, metric)
        found.append((metric, metric.compute()))
    return _named(found)


def _run(session: "TorchSession", metrics: Sequence[Metric], max_batches: int | None) -> None:
    calls = [_call(metric) for metric in metrics]
    tensors = list(dict.fromkeys(tensor for call in calls for tensor in call.sources_of_inputs()))
    graph = Graph({f"output_{place}": tensor for place, tensor in enumerate(tensors)}, name="eval")
    execution = Execution(graph, session)
    layer = execution.layer
    seed = session.settings.seed
    plan = list(enumerate(layer.plan_once(in_order=False)[:max_batches]))
    share = plan[session.strategy.rank :: session.strategy.world_size]
    requests = (Request(seed, 0, indices) for _, indices in share)
    for (number, _), loaded in zip(share, layer.stream(requests), strict=True):
        if loaded.values is None:
            continue
        values = execution.compute(execution.from_layer(loaded.values), number)
        for metric, call in zip(metrics, calls, strict=True):
            metric.update(**bound(call, values))
    layer.warn_of_unreadable()


def _merge(session: "TorchSession", metric: Metric) -> None:
    """Put together what all processes saw, in the order of their ranks."""
    if session.strategy.world_size == 1:
        return
    states = session.strategy.gather(metric.state())
    metric.load_state(states[0])
    for state in states[1:]:
        other = metric.fresh()
        other.load_state(state)
        metric.merge(other)


def _by_layer(metrics: Sequence[Metric]) -> list[list[Metric]]:
    groups: dict[tuple[int, ...], list[Metric]] = {}
    for metric in metrics:
        graph = Graph(list(dict.fromkeys(_call(metric).sources_of_inputs())), name="eval")
        sources = sorted(id(call) for call in graph.plan().sources)
        groups.setdefault(tuple(sources), []).append(metric)
    return list(groups.values())


def _call(metric: Metric) -> Call:
    assert metric.call is not None, f"{metric.name} is not connected"
    return metric.call


def _named(found: Sequence[tuple[Metric, dict[str, float]]]) -> dict[str, float]:
    names = [name for _, scores in found for name in scores]
    taken: dict[str, float] = {}
    for metric, scores in found:
        for name, value in scores.items():
            base = full = name if names.count(name) == 1 else f"{metric.name}.{name}"
            number = 2
            while full in taken:
                full, number = f"{base}_{number}", number + 1
            taken[full] = value
    return taken
