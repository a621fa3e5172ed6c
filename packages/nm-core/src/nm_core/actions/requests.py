"""Requests: the actions that a backend is asked for, as plain values; each carries the graph that is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Annotated, Any

from nm_core.actions.train_options import EngineOptions, Option, TrainOptions, check_options, show_value
from nm_core.callbacks.base import Callback
from nm_core.errors import GraphError
from nm_core.graphs.calls import Outputs, named_outputs
from nm_core.graphs.graph import Graph
from nm_core.modules.metric import Metric
from nm_core.symbols.tensor import NmTensor

LARGEST_SEED = 2**64 - 1


def _is_path(value: object) -> bool:
    return isinstance(value, str | Path) and str(value) != ""


def _is_resume(value: object) -> bool:
    return isinstance(value, bool) or _is_path(value)


def _are_callbacks(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(callback, Callback) for callback in value)


_CALLBACKS = Option(
    "What happens besides.", expected="a list of callbacks, made by calling their classes", fits=_are_callbacks
)


@dataclass(frozen=True, kw_only=True)
class Settings(EngineOptions):
    """How a factory's actions run, whatever they do.

    Attributes:
        seed: the number from which every random stream of the factory follows.
        work_dir: where checkpoints and logs go; nowhere when not given.
        collections: what is installed: optimizers, policies and strategies by name.

    Example:
        >>> Settings(precision="bf16", work_dir=Path("runs/first")).placement
        'auto'
    """

    # Any text: a backend may have names of its own, and says itself which it has.
    precision: Annotated[str, Option("The precision of the computation.")] = "fp32"
    seed: Annotated[
        int, Option("The number from which every random stream follows.", at_least=0, at_most=LARGEST_SEED)
    ] = 0
    work_dir: Annotated[Path | None, Option("Where checkpoints and logs go.", expected="a path", fits=_is_path)] = None
    # `Collections | None`, which is imported when a backend is first looked up; options are read by their types.
    collections: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class CallOptions(TrainOptions):
    """The options of one call of `NeuralModuleFactory.train`, those included that no file has.

    Example:
        >>> CallOptions(max_epochs=5, resume="auto").restart
        False
    """

    callbacks: Annotated[Sequence[Callback], _CALLBACKS] = ()
    restart: Annotated[bool, Option("Whether to begin anew; the run in the work directory is moved aside.")] = False
    resume: Annotated[
        str | Path | bool | None,
        Option(
            'True or "auto" (go on from the newest good checkpoint of the work directory), or a path.',
            expected='True, "auto" or the path of a checkpoint',
            fits=_is_resume,
        ),
    ] = None
    progress: Annotated[
        bool | None,
        Option(
            "Whether to show progress on standard error; True unless NM_PROGRESS=0 is set. Notes are shown always.",
            expected="True or False",
            fits=lambda value: isinstance(value, bool),
        ),
    ] = None


@dataclass(frozen=True)
class TrainCall(CallOptions):
    """The arguments of `NeuralModuleFactory.train`.

    Example:
        >>> from nm_core import inputs
        >>> TrainCall(inputs(loss=" ; Loss"), max_steps=100).log_every
        10
    """

    tensors_to_optimize: Annotated[NmTensor | Sequence[NmTensor], Option("The losses; several are added.")]


@dataclass(frozen=True, eq=False)
class TrainRequest(CallOptions):
    """A training: what to lower, how to step and when to stop; `TrainOptions` has the options.

    Attributes:
        graph: the graph whose outputs are the losses to optimize, summed.
        resume: None, "auto" or the path of a checkpoint.
        application: the canonical structure and its digest, where the run has one.
        ties: pairs of weight names that are one weight.
        frozen: patterns of weight names that do not learn.
        evaluations: what callbacks evaluate, by their metrics.

    Example:
        >>> from nm_core import inputs
        >>> request = TrainRequest(Graph({"loss": inputs(loss=" ; Loss")}), max_steps=100)
        >>> list(request.graph.outputs), request.max_steps
        (['loss'], 100)
    """

    graph: Graph
    _: KW_ONLY
    resume: str | Path | None = None
    application: Mapping[str, Any] | None = None
    ties: tuple[tuple[str, str], ...] = ()
    frozen: tuple[str, ...] = ()
    evaluations: dict[tuple[Metric, ...], EvalRequest] = field(default_factory=dict)

    @property
    def losses(self) -> tuple[NmTensor, ...]:
        """The tensors to optimize; a training is known by them."""
        return tuple(self.graph.outputs.values())

    def evaluation(self, metrics: Sequence[Metric]) -> EvalRequest:
        """Return the evaluation of some metrics, whose graph is cut once for the whole run."""
        key = tuple(metrics)
        if key not in self.evaluations:
            self.evaluations[key] = EvalRequest.of(key)
        return self.evaluations[key]


@dataclass(frozen=True, eq=False)
class EvalRequest:
    """An evaluation: bound metrics, each sample of their data layers seen once.

    Attributes:
        graph: the graph whose outputs are what the metrics read.
        max_batches: where to end before all samples were seen.

    Example:
        >>> from nm_core import inputs, ports
        >>> class Count(Metric):
        ...     input_ports = ports(labels="B ; Labels")
        >>> request = EvalRequest.of([Count(labels=inputs(labels="B ; Labels"))], max_batches=2)
        >>> list(request.graph.outputs)
        ['output_0']
    """

    graph: Graph
    metrics: tuple[Metric, ...]
    callbacks: Annotated[Sequence[Callback], _CALLBACKS] = ()
    max_batches: Annotated[int | None, Option("Batches after which to end.", at_least=1)] = None

    @classmethod
    def of(cls, metrics: Iterable[Metric], graphs: Iterable[Graph] = (), **options: Any) -> EvalRequest:
        """Cut the graph of what metrics read.

        Args:
            metrics: metrics that are connected to tensors.
            graphs: graphs of which it may be a part.
            options: callbacks and max_batches.

        Raises:
            GraphError: there is no metric, or one is not connected.
        """
        metrics = _check_metrics(metrics)
        # Metrics often read the same tensor (a transcript): as one output it is computed and moved once.
        tensors = dict.fromkeys(tensor for metric in metrics for tensor in metric_inputs(metric))
        outputs = {f"output_{number}": tensor for number, tensor in enumerate(tensors)}
        request = cls(cut(outputs, "eval", graphs), metrics, **options)
        check_options(request)
        return request


@dataclass(frozen=True, eq=False)
class InferRequest:
    """An inference: per-sample values of a graph's outputs.

    Attributes:
        graph: the graph; its outputs have the names that they have in each record.
        inputs: values for the graph's free inputs, by name, as one batch; None when data layers drive.

    Example:
        >>> from nm_core import inputs
        >>> request = InferRequest(Graph({"y": inputs(x="B Channel:2")}), inputs={"x": [[0.5, 1.0]]})
        >>> list(request.graph.needed)
        ['x']
    """

    graph: Graph
    inputs: Mapping[str, Any] | None = None
    callbacks: Annotated[Sequence[Callback], _CALLBACKS] = ()


def cut(outputs: Outputs, name: str, graphs: Iterable[Graph] = ()) -> Graph:
    """Return the graph of some tensors: a part of one that was built before, where that has them all."""
    tensors = named_outputs(outputs)
    for graph in graphs:
        if all(tensor.call in graph.labels for tensor in tensors.values()):
            return graph.subgraph(tensors, name=name)
    # Kept with a call that it ends in, and so as long as somebody has that: the next action finds it prepared.
    graphs_of_call = next(iter(tensors.values())).call.graphs
    key = name, tuple(tensors.items())
    if key not in graphs_of_call:
        graphs_of_call[key] = Graph(tensors, name=name)
    graph = graphs_of_call[key]
    assert isinstance(graph, Graph)
    return graph


def _check_metrics(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return metrics as a tuple.

    Raises:
        GraphError: there is none, or something is none.
    """
    if not isinstance(metrics, Iterable) or isinstance(metrics, str | type):
        raise GraphError(f"An evaluation needs a list of metrics, and {show_value(metrics)} was given.\n{_CONNECT}")
    metrics = tuple(metrics)
    if not metrics:
        raise GraphError("An evaluation needs metrics: give at least one.")
    for metric in metrics:
        if not isinstance(metric, Metric):
            what = "a symbolic tensor" if isinstance(metric, NmTensor) else "no metric"
            raise GraphError(f"An evaluation computes metrics, and {show_value(metric)} is {what}.\n{_CONNECT}")
    return metrics


_CONNECT = (
    "  Give metrics that read tensors, such as WordErrorRate(labels=labels, hypotheses=text, references=transcript)."
)


def metric_inputs(metric: Metric) -> tuple[NmTensor, ...]:
    """Return the tensors that a metric reads.

    Raises:
        GraphError: it is not connected to any.
    """
    if metric.call is None:
        raise GraphError(
            f"{metric.name} is not connected to anything.\n"
            f"  Give it tensors: {type(metric).__name__}({', '.join(f'{port}=...' for port in metric.inputs)})."
        )
    return tuple(metric.call.sources_of_inputs())
