"""Evaluation: metrics over their data layers, each sample seen once by one process."""

from collections.abc import Callable, Sequence

from nm_core import Graph, Metric, Run
from nm_core.actions.requests import EvalRequest, metric_inputs
from nm_core.graphs.calls import free_name
from nm_core.symbols.tensor import Call
from nm_torch.data import DataLayer, Request
from nm_torch.engine.forward import call_arguments, explain_errors, forward_pass
from nm_torch.engine.hooks import Hooks, call_all
from nm_torch.engine.runtime import Runtime
from nm_torch.errors import EvaluationError


def evaluate(runtime: Runtime, request: EvalRequest) -> dict[str, float]:
    """Return the scores of a request's metrics, between the hooks of its callbacks."""
    strategy = runtime.strategy
    run = Run("eval", rank=strategy.rank, world_size=strategy.world_size, work_dir=runtime.settings.work_dir)
    hooks = Hooks(request.callbacks)
    with hooks.action(run):
        scores = compute_scores(runtime, request)
        call_all(hooks.evaluation, run, "eval", scores)
    return scores


def compute_scores(
    runtime: Runtime, request: EvalRequest, *, tell: Callable[[DataLayer], None] = DataLayer.warn_of_unreadable
) -> dict[str, float]:
    """Return the scores of bound metrics, exact for any number of processes.

    Metrics of one data layer share its pass. A score that two metrics have under one name is prefixed with the
    metric's name.

    Args:
        tell: told each data layer when all was read, in every process: says which samples could not be.
    """
    for metric in request.metrics:
        metric.reset()
    for group in _group_by_layer(request):
        _update_metrics(runtime, _part(request.graph, group), group, request.max_batches, tell)
    results: list[tuple[Metric, dict[str, float]]] = []
    for metric in request.metrics:
        _merge_processes(runtime, metric)
        results.append((metric, metric.compute()))
    return _name_scores(results)


def _update_metrics(
    runtime: Runtime,
    graph: Graph,
    metrics: Sequence[Metric],
    max_batches: int | None,
    tell: Callable[[DataLayer], None],
) -> None:
    forward = forward_pass(graph, runtime)
    layer, strategy, seed = forward.layer, runtime.strategy, runtime.settings.seed
    plan = layer.plan_once(in_order=False)
    batches = len(plan) if max_batches is None else min(max_batches, len(plan))
    share = range(strategy.rank, batches, strategy.world_size)
    requests = (Request(seed, 0, plan[number]) for number in share)
    samples = 0
    stream = layer.stream(requests, pin=strategy.device.type == "cuda")
    for number, loaded in zip(share, stream, strict=True):
        if loaded.values is None:
            continue
        samples += len(loaded.indices)
        with explain_errors(layer, loaded.indices, loaded.values):
            # The number in the whole plan, not in this rank's share, seeds the modules: scores do not depend on ranks.
            values = forward.compute(forward.bind_layer(loaded.values), number)
            for metric in metrics:
                metric.update(**call_arguments(_call(metric), values))
    tell(layer)
    if not strategy.sum([float(samples)])[0]:
        names = ", ".join(metric.name for metric in metrics)
        raise EvaluationError(
            f"{names}: no sample of {layer.name} was evaluated, and a score of nothing is no score.\n"
            f"  It has {len(layer)} samples; {len(layer.unreadable)} cannot be read.\n{layer.report()}".rstrip()
        )


def _merge_processes(runtime: Runtime, metric: Metric) -> None:
    """Merge the states of a metric over all processes, in the order of their ranks."""
    if runtime.strategy.world_size == 1:
        return
    states = runtime.strategy.gather(metric.state())
    metric.load_state(states[0])
    for state in states[1:]:
        partial = metric.fresh()
        partial.load_state(state)
        metric.merge(partial)


def _part(graph: Graph, metrics: Sequence[Metric]) -> Graph:
    """Return the part of an evaluation's graph that some of its metrics read."""
    tensors = {tensor for metric in metrics for tensor in metric_inputs(metric)}
    return graph.subgraph({name: tensor for name, tensor in graph.outputs.items() if tensor in tensors})


def _group_by_layer(request: EvalRequest) -> list[list[Metric]]:
    groups: dict[frozenset[Call], list[Metric]] = {}
    for metric in request.metrics:
        calls = _part(request.graph, [metric]).calls
        sources = frozenset(call for call in calls if call.module.segment == "source")
        groups.setdefault(sources, []).append(metric)
    return list(groups.values())


def _call(metric: Metric) -> Call:
    assert metric.call is not None, f"{metric.name} is not connected"
    return metric.call


def _name_scores(results: Sequence[tuple[Metric, dict[str, float]]]) -> dict[str, float]:
    names = [name for _, scores in results for name in scores]
    unique: dict[str, float] = {}
    for metric, scores in results:
        for name, value in scores.items():
            unique[free_name(name if names.count(name) == 1 else f"{metric.name}.{name}", unique)] = value
    return unique
