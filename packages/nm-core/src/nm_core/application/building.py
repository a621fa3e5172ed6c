"""From a checked application to live modules, graphs, metrics and callbacks; each is made when it is first needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.actions.results import LoadedWeights
from nm_core.application.checking import Checked
from nm_core.application.checking.declared import Declared, constructor_arguments
from nm_core.application.checking.topological import in_order
from nm_core.application.form.entries import (
    ApplicationEntry,
    CallbackEntry,
    CallEntry,
    GraphEntry,
    Input,
    MetricEntry,
    Reference,
    Value,
)
from nm_core.application.saved import weights
from nm_core.application.text.names import listed, suggest
from nm_core.callbacks.base import Callback
from nm_core.errors import ApplicationError
from nm_core.graphs.graph import Graph
from nm_core.graphs.graph_module import GraphModule
from nm_core.modules.composite import CompositeModule, holders, outermost
from nm_core.modules.free_inputs import free_inputs
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.symbols import recording
from nm_core.symbols.ports import Port, PortSpec
from nm_core.symbols.tensor import Call, NmTensor
from nm_types import NeuralType


class Builder:
    """Makes the parts of an application, each once.

    Args:
        entry: the application, without problems.
        checked: the classes and parameters that its check found.
        factory: where modules are made.
        base: the folder to which paths are relative.
        places: where each call stands in the file, by graph and label, for messages.
        saved: the weights of the saved application, if it is one.
    """

    def __init__(
        self,
        entry: ApplicationEntry,
        checked: Checked,
        factory: NeuralModuleFactory,
        base: Path,
        *,
        places: Mapping[tuple[str, str], str] | None = None,
        saved: weights.SavedWeights | None = None,
    ) -> None:
        self.modules: dict[str, NeuralModule] = {}
        self.graphs: dict[str, Graph] = {}
        self.initial_weights: list[LoadedWeights] = []
        self._entry = entry
        self._checked = checked
        self._factory = factory
        self._base = base
        self._places = places or {}
        self._saved = saved

    def module(self, name: str) -> NeuralModule:
        """Return a module, made with weights that follow from the seed and its name, or with its saved weights."""
        if name not in self.modules:
            entry = _known("module", name, self._entry.modules)
            if entry.graph is not None:
                self.modules[name] = self._nested(name, entry.graph)
            else:
                self.modules[name] = self._create(self._checked.modules[name])
        return self.modules[name]

    def graph(self, name: str) -> Graph:
        """Return a graph, with the modules it calls."""
        if name not in self.graphs:
            entry = _known("graph", name, self._entry.graphs)
            self.graphs[name] = _GraphBuilder(self, name, entry).build()
            self._factory.graphs.append(self.graphs[name])
        return self.graphs[name]

    def output(self, reference: Reference) -> NmTensor:
        """Return an output of a graph."""
        graph = self.graph(reference.call or "")
        _known("output", reference.port, graph.outputs)
        return graph.outputs[reference.port]

    def metrics(self, entries: Iterable[MetricEntry]) -> list[Metric]:
        """Return metrics that are bound to outputs of graphs."""
        return [self._metric(entry) for entry in entries]

    def callbacks(self, entries: Iterable[CallbackEntry]) -> list[Callback]:
        """Return callbacks by name."""
        return [self._callback(entry) for entry in entries]

    def free_types(self, graph: str) -> dict[str, NeuralType]:
        """Return the types of a graph's free inputs as they are declared."""
        checked = self._checked
        return {
            name: NeuralType(text, tags=checked.tags, kinds=checked.kinds).bind(self._entry.params)
            for name, text in self._entry.graphs[graph].inputs.items()
        }

    def place(self, graph: str, label: str) -> str:
        """Return where a call stands in the file."""
        return self._places.get((graph, label), f"graphs.{graph}")

    def params(self, cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as a constructor takes them, paths relative to the file made absolute."""
        return constructor_arguments(cls, given, self._base, self._checked.tags, self._checked.kinds)

    def _create(self, declared: Declared) -> NeuralModule:
        params = self.params(declared.cls, declared.params)
        module = self._factory.create(declared.id, name=declared.name, **params)
        if any(holders(module)):
            given = self._entry.init_from.get(declared.name)
            session, collections = self._factory.session, self._factory.collections
            if self._saved is not None:
                self._saved.load(session, module)
            elif given is not None:
                reports = weights.load_initial(session, module, self._base, given, collections)
                self.initial_weights += reports
        return module

    def _nested(self, name: str, graph: str) -> NeuralModule:
        return GraphModule(graph=self.graph(graph), name=name)

    def _metric(self, entry: MetricEntry) -> Metric:
        cls = self._factory.collections.resolve(entry.type, self._factory.backend)
        tensors = {port: self.output(reference) for port, reference in entry.inputs.items()}
        metric: Metric = cls(name=entry.name, **self.params(cls, entry.params))
        return metric.bind(**tensors)

    def _callback(self, entry: CallbackEntry) -> Callback:
        made = self._factory.collections.lookup("callbacks", entry.type)
        params: dict[str, Any] = self.params(made, entry.params)
        if entry.metrics is not None:
            of_eval = self._entry.eval.metrics if self._entry.eval else ()
            params["metrics"] = self.metrics(of_eval if isinstance(entry.metrics, str) else entry.metrics)
        return cast("Callback", made(**params))


class _GraphBuilder:
    """Repeats the calls of one graph of the file on symbolic tensors."""

    def __init__(self, builder: Builder, name: str, entry: GraphEntry) -> None:
        self._builder = builder
        self._name = name
        self._entry = entry
        self._policy = cast("recording.CastPolicy", entry.casts)
        """What holds for calls that store no casts of their own."""
        self._known: dict[Reference, NmTensor] = {}
        self._streams: dict[Call, str] = {}

    def build(self) -> Graph:
        inputs: dict[str, NmTensor] = {}
        if self._entry.inputs:
            types = self._builder.free_types(self._name)
            tensors = free_inputs(PortSpec(Port(name, type) for name, type in types.items()), location="")
            inputs = {tensor.port: tensor for tensor in tensors}
            self._known = {Reference(None, port): tensor for port, tensor in inputs.items()}
        ordered, _ = in_order({call.label: call for call in self._entry.calls})
        for entry in ordered:
            self._call(entry)
        outputs = {name: self._known[reference] for name, reference in self._entry.outputs.items()}
        graph = Graph(outputs, name=self._name, named=self._streams)
        graph.inputs |= inputs  # where nested graphs make nothing of them they are ports nevertheless
        return graph

    def _call(self, entry: CallEntry) -> None:
        module = self._builder.module(entry.module)
        given = {port: self._given(value) for port, value in entry.inputs.items()}
        place = self._builder.place(self._name, entry.label)
        if isinstance(module, CompositeModule):
            tensors = _composite_call(module, given, "transpose" if entry.casts else self._policy, entry.label, place)
        elif not given:
            tensors = self._source_call(module, entry.label, place)
        else:
            label = None if entry.label == module.name else entry.label
            policy = self._policy if self._policy == "transpose" else frozenset(entry.casts)
            call = recording.record(module, (), given, label=label, location=place, policy=policy)
            tensors = {tensor.port: tensor for tensor in call.tensors()}
        self._known |= {Reference(entry.label, port): tensor for port, tensor in tensors.items()}

    def _source_call(self, module: NeuralModule, label: str, place: str) -> dict[str, NmTensor]:
        """Call a data layer; it is one stream, and gives the same tensors in every graph."""
        result = module()
        tensors = (result,) if isinstance(result, NmTensor) else tuple(result)
        call: Call = tensors[0].call
        call.location = place
        self._streams[call] = label
        return {tensor.port: tensor for tensor in tensors}

    def _given(self, value: Input) -> Any:
        if isinstance(value, Value):
            return value.value
        return self._known[value] if isinstance(value, Reference) else [self._known[item] for item in value]


def _composite_call(
    module: CompositeModule, given: Mapping[str, Any], policy: recording.CastPolicy, label: str, place: str
) -> dict[str, NmTensor]:
    with recording.casts(policy):
        result = module._record((), given)  # constants alone do not make a call of a file compute at once
    names = tuple(module.outputs)
    tensors: tuple[NmTensor, ...] = (result,) if len(names) == 1 else tuple(result)
    for tensor in tensors:
        call = outermost(tensor.call)
        if call.module is module:
            call.location = place
            call.label = None if label == module.name else label
    return dict(zip(names, tensors, strict=True))


def _known(what: str, name: str, names: Mapping[str, Any]) -> Any:
    if name not in names:
        raise ApplicationError(
            f'The application has no {what} "{name}".{suggest(name, names)}\n  It has {listed(names)}.'
        )
    return names[name]
