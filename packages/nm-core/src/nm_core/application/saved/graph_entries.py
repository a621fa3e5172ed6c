"""From live graphs to an application: what is built in Python, as plain data that loads to an equal application."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, cast

from nm_core.application.form.entries import (
    ApplicationEntry,
    CallEntry,
    GraphEntry,
    Input,
    ModuleEntry,
    Reference,
    Value,
)
from nm_core.application.text.tree import Data
from nm_core.errors import ApplicationError
from nm_core.graphs.calls import OrderedCalls, free_name
from nm_core.graphs.graph import Graph
from nm_core.graphs.graph_module import GraphModule, input_types
from nm_core.modules.free_inputs import FreeInputs
from nm_core.modules.module import NeuralModule
from nm_core.modules.views import View
from nm_core.symbols.component import Component
from nm_core.symbols.parameters import thaw
from nm_core.symbols.tensor import Argument, Call, CompositeCall, ConstantInput, NmTensor, Step

if TYPE_CHECKING:
    from nm_core.plugins import Collections


def application_of(
    graphs: Mapping[str, Graph],
    collections: Collections,
    *,
    seed: int = 0,
    tie: Iterable[tuple[str, str]] = (),
    freeze: Iterable[str] = (),
) -> tuple[ApplicationEntry, dict[str, NeuralModule]]:
    """Return graphs as an application, and their modules by the names they have in it.

    Raises:
        ApplicationError: a module has parameters that are live objects, or no registered id; all of them are named.
    """
    writer = _Writer(collections, graphs)
    for name, graph in sorted(graphs.items()):  # the names of modules must not depend on the order of the graphs
        writer.add_graph(name, graph)
    if writer.refused:
        raise ApplicationError("\n".join(writer.refused))
    entry = ApplicationEntry(
        seed=seed,
        modules={name: writer.entries[name] for name in writer.modules},
        graphs=writer.graphs,
        tie=tuple(tuple(pair) for pair in tie),
        freeze=tuple(freeze),
    )
    return entry, writer.modules


class _Writer:
    def __init__(self, collections: Collections, graphs: Mapping[str, Graph]) -> None:
        self.modules: dict[str, NeuralModule] = {}
        self.entries: dict[str, ModuleEntry] = {}
        self.graphs: dict[str, GraphEntry] = {}
        self.refused: list[str] = []
        self._collections = collections
        self._names: dict[int, str] = {}
        self._graph_names = {id(graph): name for name, graph in graphs.items()}

    def add_graph(self, name: str, graph: OrderedCalls) -> None:
        steps = list(_steps(graph))
        # Free inputs of which the graph makes nothing, and which a call in its file is given nevertheless.
        free = [tensor for step in steps for tensor in _inputs_of(step) if isinstance(tensor.call.module, FreeInputs)]
        if missing := {tensor.port: tensor for tensor in free if tensor not in graph.inputs.values()}:
            graph = Graph(graph.outputs, {**graph.inputs, **missing}, name=graph.name, named=graph.named)
        labels = self._labels(steps, graph)
        references = {tensor: Reference(None, port) for port, tensor in graph.inputs.items()}
        for step in steps:
            for port, tensor in step.outputs.items():
                references.setdefault(tensor, Reference(labels[step], port))
        self.graphs[name] = GraphEntry(
            calls=tuple(self._call(step, labels[step], references) for step in steps),
            outputs={port: references[tensor] for port, tensor in graph.outputs.items()},
            inputs={name: str(type) for name, type in input_types(graph).items()},
            casts="transpose" if any(map(_casts_inside, steps)) else "error",
        )

    def _labels(self, steps: Iterable[Step], graph: OrderedCalls) -> dict[Step, str]:
        by_user = {step: graph.named.get(step, step.label) if isinstance(step, Call) else step.label for step in steps}
        labels = {step: label for step, label in by_user.items() if label}
        used = set(labels.values())
        for step in steps:
            if step not in labels:
                labels[step] = free_name(self._name(step.module), used)
                used.add(labels[step])
        return labels

    def _call(self, step: Step, label: str, references: Mapping[NmTensor, Reference]) -> CallEntry:
        inputs = {port: _input(argument, references) for port, argument in step.inputs.items()}
        casts = {} if isinstance(step.module, View) else dict(step.casts)
        return CallEntry(self._name(step.module), label, inputs, casts)

    def _name(self, module: Component) -> str:
        """Return the name of a module in the application; modules without weights may share one in Python."""
        assert isinstance(module, NeuralModule), "graphs of declared modules have a file already"
        if id(module) not in self._names:
            self._names[id(module)] = name = free_name(module.name, self.modules)
            self.modules[name] = module
            self.entries[name] = self._module(module)
        return self._names[id(module)]

    def _add_nested(self, graph: OrderedCalls) -> str:
        """Return the name of a graph that is used as a module; one that is not among those to be written is added."""
        if id(graph) not in self._graph_names:
            self._graph_names[id(graph)] = name = free_name(graph.name, self._graph_names.values())
            self.add_graph(name, graph)
        return self._graph_names[id(graph)]

    def _module(self, module: NeuralModule) -> ModuleEntry:
        if isinstance(module, GraphModule):
            return ModuleEntry(graph=self._add_nested(module.graph))
        cls = type(module)
        type_id = self._collections.id_of(cls)
        if module.opaque:
            names = ", ".join(sorted(module.opaque))
            self.refused.append(
                f"{module.name} ({cls.__qualname__}) cannot be written to a file: {names} "
                f"{'is a live object' if len(module.opaque) == 1 else 'are live objects'}.\n"
                "  Give plain data instead, from which the module makes the object itself: numbers, text, lists, paths."
            )
        if type_id is None:
            self.refused.append(
                f"{module.name} cannot be written to a file: its class {cls.__module__}.{cls.__qualname__} has no id.\n"
                "  Register it in a collection: ModuleSpec(\n"
                f'      "{cls.__name__}", "what it does", targets={{"torch": "{cls.__module__}:{cls.__qualname__}"}})\n'
                "  To begin a collection of your own: nmod new collection NAME."
            )
        if module.opaque or type_id is None:
            return ModuleEntry(type="unknown")
        id, _, version = self._collections.versioned(type_id).partition("@")
        return ModuleEntry(id, int(version), cast("dict[str, Data]", thaw(module.params)))


def _steps(graph: OrderedCalls) -> Iterator[Step]:
    """Yield the calls that a file lists, each after those it uses; their order does not depend on that of the outputs.

    What a composite or a nested graph is given is among them, also where its calls inside make nothing of it.
    """
    inputs = frozenset(graph.inputs.values())
    done: set[Step] = set()
    for name in sorted(graph.outputs):
        stack = _open_step(graph.outputs[name], inputs, done)
        while stack:
            step, above = stack[-1]
            for tensor in above:
                if opening := _open_step(tensor, inputs, done):
                    stack += opening
                    break
            else:
                stack.pop()
                yield step


def _open_step(tensor: NmTensor, inputs: frozenset[NmTensor], done: set[Step]) -> list[tuple[Step, Iterator[NmTensor]]]:
    step = tensor.call.outermost
    if tensor in inputs or step in done or isinstance(step.module, FreeInputs):
        return []
    done.add(step)
    return [(step, _inputs_of(step))]


def _inputs_of(step: Step) -> Iterator[NmTensor]:
    for argument in step.inputs.values():
        if not isinstance(argument, ConstantInput):
            yield from argument if isinstance(argument, tuple) else (argument,)


def _casts_inside(step: Step) -> bool:
    """Tell whether calls inside a composite module, which no file lists, may cast although its ports do not."""
    nested = isinstance(step.module, GraphModule)
    return isinstance(step, CompositeCall) and step.policy == "transpose" and not step.casts and not nested


def _input(argument: Argument, references: Mapping[NmTensor, Reference]) -> Input:
    if isinstance(argument, ConstantInput):
        if argument.value is None:
            raise ApplicationError("An input is None, which stands for an open port.")
        return Value(argument.value)
    return references[argument] if isinstance(argument, NmTensor) else tuple(references[item] for item in argument)
