"""From a checked application to live modules, graphs, metrics and callbacks; each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.actions.results import LoadedWeights
from nm_core.application.checking import Checked, CheckedGraph
from nm_core.application.checking.calls import cast_policy
from nm_core.application.checking.declared import Declared, constructor_arguments
from nm_core.application.form.entries import (
    ApplicationEntry,
    CallbackEntry,
    CallEntry,
    GraphEntry,
    MetricEntry,
    Reference,
)
from nm_core.application.saved import weights
from nm_core.application.text.names import listed, suggest
from nm_core.callbacks.base import Callback
from nm_core.errors import ApplicationError
from nm_core.graphs.calls import replace_tensors
from nm_core.graphs.graph import Graph
from nm_core.graphs.graph_module import GraphModule
from nm_core.modules.composite import CompositeModule, holders, parts, record_composite
from nm_core.modules.free_inputs import free_inputs
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.symbols import recording
from nm_core.symbols.tensor import Call, NmTensor, Step


class Builder:
    """Makes the parts of an application, each once.

    Args:
        entry: the application, without problems.
        checked: the classes and parameters that its check found.
        factory: where modules are made.
        base: the folder to which paths are relative.
        saved: the weights of the saved application, if it is one.
    """

    def __init__(
        self,
        entry: ApplicationEntry,
        checked: Checked,
        factory: NeuralModuleFactory,
        base: Path,
        *,
        saved: weights.SavedWeights | None = None,
    ) -> None:
        self.modules: dict[str, NeuralModule] = {}
        self.graphs: dict[str, Graph] = {}
        self.initial_weights: list[LoadedWeights] = []
        self._entry = entry
        self._checked = checked
        self._factory = factory
        self._base = base
        self._saved = saved

    def module(self, name: str) -> NeuralModule:
        """Return a module, made with weights that follow from the seed and its name, or with its saved weights."""
        if name not in self.modules:
            entry = _look_up("module", name, self._entry.modules)
            if entry.graph is not None:
                self.modules[name] = self._create_graph_module(name, entry.graph)
            else:
                self.modules[name] = self._create(self._checked.modules[name])
        return self.modules[name]

    def graph(self, name: str) -> Graph:
        """Return a graph, with the modules it calls."""
        if name not in self.graphs:
            entry = _look_up("graph", name, self._entry.graphs)
            self.graphs[name] = _GraphBuilder(self, name, entry, self._checked.seen[name]).build()
            self._factory.graphs.append(self.graphs[name])
        return self.graphs[name]

    def output(self, reference: Reference) -> NmTensor:
        """Return an output of a graph."""
        graph = self.graph(reference.call or "")
        _look_up("output", reference.port, graph.outputs)
        return graph.outputs[reference.port]

    def metrics(self, entries: Iterable[MetricEntry]) -> list[Metric]:
        """Return metrics that are bound to outputs of graphs."""
        return [self._metric(entry) for entry in entries]

    def callbacks(self, entries: Iterable[CallbackEntry]) -> list[Callback]:
        """Return callbacks by name."""
        return [self._callback(entry) for entry in entries]

    def params(self, cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as a constructor takes them, paths relative to the file made absolute."""
        return constructor_arguments(cls, given, self._base, self._checked.tags, self._checked.kinds)

    def _create(self, declared: Declared) -> NeuralModule:
        params = self.params(declared.cls, declared.params)
        module = self._factory.create(declared.id, name=declared.name, **params)
        if any(holders(module)):
            initial = self._entry.init_from.get(declared.name)
            session, collections = self._factory.session, self._factory.collections
            loaded = () if self._saved is None else self._saved.load(session, module)
            # A checkpoint has the modules that were learning; others begin as the application says.
            if not loaded and initial is not None:
                reports = weights.load_initial(session, module, self._base, initial, collections)
                self.initial_weights += reports
        if self._saved is not None:
            # For good: no action has a mode to change then, which another thread could be reading.
            for part in parts(module):
                self._factory.session.set_evaluation_mode(part)
        return module

    def _create_graph_module(self, name: str, graph: str) -> NeuralModule:
        return GraphModule(graph=self.graph(graph), signature=self.graph(graph).signature, name=name)

    def _metric(self, entry: MetricEntry) -> Metric:
        cls = self._factory.collections.resolve(entry.type, self._factory.backend)
        tensors = {port: self.output(reference) for port, reference in entry.inputs.items()}
        metric: Metric = cls(name=entry.name, **self.params(cls, entry.params))
        return metric.bind(**tensors)

    def _callback(self, entry: CallbackEntry) -> Callback:
        callback = self._factory.collections.lookup("callbacks", entry.type)
        params: dict[str, Any] = self.params(callback, entry.params)
        if entry.metrics is not None:
            of_eval = self._entry.eval.metrics if self._entry.eval else ()
            params["metrics"] = self.metrics(of_eval if isinstance(entry.metrics, str) else entry.metrics)
        return cast("Callback", callback(**params))


class _GraphBuilder:
    """Records the calls of one graph once more, on the modules that its declared ones stand for."""

    def __init__(self, builder: Builder, name: str, entry: GraphEntry, checked: CheckedGraph) -> None:
        self._builder = builder
        self._name = name
        self._entry = entry
        self._checked = checked
        self._tensors: dict[NmTensor, NmTensor] = {}
        """The tensors that take the place of those of the check."""
        self._streams: dict[Call, str] = {}

    def build(self) -> Graph:
        free = free_inputs(self._checked.ports, location="")
        self._tensors |= zip(self._checked.calls.inputs.values(), free, strict=True)
        entries = {call.label: call for call in self._entry.calls}
        for label, step in self._checked.steps.items():
            recorded = self._record(entries[label], step).outputs
            # outputs without a value are in neither; references to them are errors of the file
            self._tensors |= {tensor: recorded[port] for port, tensor in step.outputs.items() if port in recorded}
        outputs = {name: self._tensors[tensor] for name, tensor in self._checked.calls.outputs.items()}
        graph = Graph(outputs, name=self._name, named=self._streams)
        graph.inputs |= {tensor.port: tensor for tensor in free}  # ports also where nested graphs make nothing of them
        return graph

    def _record(self, entry: CallEntry, step: Step) -> Step:
        module = self._builder.module(entry.module)
        arguments = replace_tensors(step.inputs, self._tensors)
        policy, location = cast_policy(entry, self._entry.casts), step.location
        if isinstance(module, CompositeModule):
            return record_composite(module, (), arguments, label=step.label, location=location, policy=policy)[0]
        if arguments:
            return recording.record(module, (), arguments, label=step.label, location=location, policy=policy)
        result = module()  # a data layer is one stream, and gives the same tensors in every graph
        call: Call = (result if isinstance(result, NmTensor) else result[0]).call
        call.location = location
        self._streams[call] = entry.label
        return call


def _look_up(what: str, name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        raise ApplicationError(
            f'The application has no {what} "{name}".{suggest(name, names)}\n  It has {listed(names)}.'
        )
    return names[name]
