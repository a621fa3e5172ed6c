"""Random applications, each as live graphs of Python and as the data of a file."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from random import Random
from typing import Any

import nm_core_zoo
from nm_core_zoo import ZooPlugin

import nm_core._collection
from nm_core import Graph, GraphError, NeuralModuleFactory, NmError, NmTensor, casts, inputs
from nm_core.graphs.calls import order_calls
from nm_core.graphs.graph_module import GraphModule
from nm_core.graphs.sources import find_only_source
from nm_core.modules.module import NeuralModule
from nm_core.plugins import Collections

COLLECTIONS = Collections.load({"zoo": ZooPlugin(), "nm": nm_core._collection}, installed=False)
FREE = (
    "B Spectrogram:2 T:t", "B T:t Spectrogram:2", "B Spectrogram T", "B:4 Spectrogram:{features} T:2*t",
    "B Channel:2 T:t", "B ; Lengths(t)", "B:b T:t Class:4 ; LogProbs", "B Token:u ; Labels", "B C T:t//2+1",
    "B Encoded:{features}+1 T:10", "; Features",
)  # fmt: skip
PARAMS: dict[str, Any] = {
    "features": 2,
    "text": "$$5",
    "blocks": [{"a": 1, "b": [1.5, None, True]}, {}],
    "unused": None,
}


@dataclass
class Step:
    """One call: what a file says of it."""

    module: str
    label: str
    inputs: dict[str, Any]
    policy: str = "error"
    casts: dict[str, list[int]] = field(default_factory=dict)

    def used(self) -> set[str]:
        """Return the labels of calls, and names of inputs, that it uses."""
        refs = [one for given in self.inputs.values() for one in (given if isinstance(given, list) else [given])]
        return {one.rpartition(".")[0] or one for one in refs if isinstance(one, str)}


@dataclass
class Made:
    """A random application twice.

    Attributes:
        data: the data of its file.
        graphs: its graphs, built in Python.
        tensors: the tensors of each graph by the names that the file has for them.
        factory: where its modules were made.
    """

    data: dict[str, Any]
    graphs: dict[str, Graph]
    tensors: dict[str, dict[str, NmTensor]]
    factory: NeuralModuleFactory


class Maker:
    """Draws modules and calls, trying in Python what fits."""

    def __init__(self, random: Random, *, driven: float = 0.4) -> None:
        self.random = random
        self.driven = driven
        self.seed = random.randrange(3)
        self.factory = NeuralModuleFactory(backend="python", collections=COLLECTIONS, seed=self.seed)
        self.live: dict[str, NeuralModule] = {}
        self.entries: dict[str, dict[str, Any]] = {}
        self.graphs: dict[str, Graph] = {}
        self.written: dict[str, dict[str, Any]] = {}
        self.tensors: dict[str, dict[str, NmTensor]] = {}
        self.depth: dict[str, int] = {}

    def application(self) -> Made:
        """Draw everything."""
        names = ["train", "infer", "extra", "more", "last"]
        self.random.shuffle(names)
        for name in names[: self.random.randint(1, 5)]:
            for _ in range(3):
                if self._graph(name):
                    break
        data: dict[str, Any] = {"nm": "app/1", "seed": self.seed, "params": copy.deepcopy(PARAMS)}
        used = {call["call"] for graph in self.written.values() for call in graph["calls"]}
        data["modules"] = {name: entry for name, entry in self.entries.items() if name in used}
        data["graphs"] = self.written
        self._facts(data, used)
        self._sections(data)
        return Made(data, self.graphs, self.tensors, self.factory)

    def _graph(self, name: str) -> bool:
        random = self.random
        source = random.random() < self.driven
        policy = "transpose" if random.random() < 0.3 else "error"
        free = {} if source else {f"x{i}": random.choice(FREE) for i in range(random.randint(1, 3))}
        pool = self._inputs(free)
        steps: list[Step] = []
        if source:
            self._step(steps, pool, policy, only="Source")
        for _ in range(random.randint(2, 8)):
            self._step(steps, pool, policy)
        ends = [ref for ref, tensor in pool.items() if "." in ref and tensor.port not in tensor.call.unavailable]
        if not ends:
            return False
        outputs = {f"out{i}": ref for i, ref in enumerate(random.sample(ends, min(len(ends), random.randint(1, 3))))}
        losses = [ref for ref in ends if ref.endswith(".loss")]
        if losses and losses[0] not in outputs.values():
            outputs["loss"] = losses[0]
        needed = {ref.rpartition(".")[0] for ref in outputs.values()}
        for step in reversed(steps):
            if step.label in needed:
                needed |= step.used()
        steps = [step for step in steps if step.label in needed]
        free = {port: type for port, type in free.items() if port in needed}
        return bool(steps) and self._finish(name, free, steps, outputs, policy)

    def _finish(self, name: str, free: dict[str, str], steps: list[Step], outputs: dict[str, str], policy: str) -> bool:
        """Repeat the calls that are needed on fresh inputs, and keep the graph."""
        pool = self._inputs(free)
        try:
            for step in steps:
                self._call(step, pool)
            graph = Graph({port: pool[ref] for port, ref in outputs.items()}, name=name)
        except NmError:
            return False
        self.graphs[name] = graph
        self.tensors[name] = pool
        self.depth[name] = 1 + max((self.depth.get(self._graph_of(step.module), 0) for step in steps), default=0)
        calls = []
        for step in steps:
            call: dict[str, Any] = {"call": step.module}
            if step.label != step.module:
                call["as"] = step.label
            if step.inputs:
                call["inputs"] = step.inputs
            if step.policy != policy and step.casts:
                call["casts"] = step.casts
            calls.append(call)
        self.written[name] = {"calls": calls, "outputs": outputs}
        if free:
            self.written[name]["inputs"] = free
        if policy != "error":
            self.written[name]["casts"] = policy
        return True

    def _graph_of(self, module: str) -> str:
        return str(self.entries[module].get("graph", ""))

    def _inputs(self, free: Mapping[str, str]) -> dict[str, NmTensor]:
        bound = {port: text.replace("{features}", str(PARAMS["features"])) for port, text in free.items()}
        if not bound:
            return {}
        made = inputs(**bound)
        return dict(zip(bound, [made] if len(bound) == 1 else made, strict=True))

    def _step(self, steps: list[Step], pool: dict[str, NmTensor], policy: str, only: str = "") -> None:
        random = self.random
        for _ in range(8):
            name = self._module(only)
            module = self.live[name]
            if module.segment == "source" and any(step.module == name for step in steps):
                continue
            if (module.segment == "source") != bool(only):
                continue
            given = self._given(module, pool, steps)
            if given is None:
                continue
            mine = "transpose" if policy == "error" and random.random() < 0.2 else policy
            taken = {step.label for step in steps}
            label = name if name not in taken and random.random() < 0.8 else f"c{len(steps)}"
            step = Step(name, label, given, mine)
            try:
                self._call(step, pool)
            except NmError:
                continue
            steps.append(step)
            return

    def _given(self, module: NeuralModule, pool: dict[str, NmTensor], steps: list[Step]) -> dict[str, Any] | None:
        random = self.random
        given: dict[str, Any] = {}
        hosts = {step.label for step in steps if getattr(self.live[step.module], "segment", "") == "host"}
        for port in module.inputs.values():
            if port.optional and random.random() < 0.5:
                continue
            if port.name == "scale" or (str(port.type) == "; Features" and random.random() < 0.5):
                given[port.name] = random.choice([2, 0.5, True, 1e-9])
                continue
            if port.name == "mode":
                given[port.name] = {"value": random.choice(["fast", "$$x", "a.b", "", "1"])}
                continue
            fitting = [
                ref
                for ref, tensor in pool.items()
                if (port.type.rank is None or tensor.type.rank == port.type.rank)
                and not tensor.type.is_list
                and tensor.port not in tensor.call.unavailable
                and ref.rpartition(".")[0] not in hosts
            ]
            if not fitting:
                if port.optional:
                    continue
                return None
            chosen = random.choice(fitting)
            same = [ref for ref in fitting if pool[ref].type == pool[chosen].type]
            given[port.name] = [random.choice(same) for _ in range(random.randint(1, 3))] if port.variadic else chosen
        return given

    def _call(self, step: Step, pool: dict[str, NmTensor]) -> None:
        module = self.live[step.module]
        given: dict[str, Any] = {}
        for port, value in step.inputs.items():
            if isinstance(value, list):
                given[port] = [pool[ref] for ref in value]
            elif isinstance(value, dict):
                text = value["value"]
                given[port] = text[1:] if text.startswith("$$") else text
            else:
                given[port] = pool[value] if isinstance(value, str) else value
        with casts("transpose") if step.policy == "transpose" else nullcontext():
            result = module(**given)
        ports = tuple(module.outputs)
        tensors = (result,) if len(ports) == 1 else tuple(result)
        if not all(isinstance(tensor, NmTensor) for tensor in tensors):
            raise NmError("In Python, a call on constants alone computes at once.")
        call = tensors[0].call
        scope = call.scope
        while scope is not None and scope.scope is not None:
            scope = scope.scope
        owner: Any = scope or call
        found = owner.casts if scope is not None else owner.typing.casts
        step.casts = {} if module.segment == "view" else {port: list(order) for port, order in found.items()}
        pool.update({f"{step.label}.{port}": tensor for port, tensor in zip(ports, tensors, strict=True)})

    def _module(self, only: str = "") -> str:
        random = self.random
        known = [name for name in self.live if not only or self.entries[name].get("type", "").startswith(f"zoo.{only}")]
        if known and random.random() < 0.4:
            return random.choice(known)
        if not only and self.graphs and random.random() < 0.3:
            return self._nested(random.choice([*self.graphs]))
        kind = only or random.choice([cls.__name__ for cls in nm_core_zoo.ANIMALS[1:]] + ["Transpose", "Assume"])
        name = self._name(kind.lower())
        params = self._params(kind)
        type = f"nm.{kind}" if kind in ("Transpose", "Assume") else f"zoo.{kind}"
        plain = {key: self._meant(value) for key, value in params.items()}
        if kind in ("Transpose", "Assume"):
            from nm_types import NeuralType

            plain = {key: NeuralType(value) for key, value in plain.items()}
        self.live[name] = self.factory.create(type, name=name, **plain)
        self.entries[name] = {"type": f"{type}@1" if random.random() < 0.5 else type}
        if params:
            self.entries[name]["params"] = params
        return name

    def _nested(self, graph: str) -> str:
        if not self.graphs[graph].inputs or self.depth[graph] >= 4:
            return self._module()
        name = self._name(f"the_{graph}")
        make: Any = GraphModule
        self.live[name] = make(graph=self.graphs[graph], name=name)
        self.entries[name] = {"graph": graph}
        return name

    def _name(self, base: str) -> str:
        name, number = base, 1
        while name in self.live:
            number += 1
            name = f"{base}.part{number}" if self.random.random() < 0.2 else f"{base}{number}"
        return name

    def _meant(self, value: Any) -> Any:
        """Return what a value of the file stands for."""
        if isinstance(value, str) and value.startswith("$"):
            return value[1:] if value.startswith("$$") else self._meant(PARAMS[value[1:]])
        if isinstance(value, list):
            return [self._meant(item) for item in value]
        return {key: self._meant(item) for key, item in value.items()} if isinstance(value, dict) else value

    def _params(self, kind: str) -> dict[str, Any]:
        random = self.random
        if kind == "Transpose":
            return {"order": random.choice(["B Spectrogram T", "B T Spectrogram", "B Channel T", "T B Channel"])}
        if kind == "Assume":
            return {
                "type": random.choice(["B Spectrogram T", "B Channel T:8", "B:4 Encoded T", "B T Class ; LogProbs"])
            }
        drawn: dict[str, dict[str, Any]] = {
            "Source": {"manifest": "/data/train.txt", "size": random.choice([2, "$features"])},
            "Encoder": {
                "size": random.choice([2, "$features"]),
                "width": random.choice([1, 3, 5]),
                "stride": random.choice([1, 2]),
                "blocks": random.choice([None, "$blocks", [{}], [{"x": "$text"}, {"deep": [[1, 2.0], "$$"]}]]),
                "note": random.choice(["", "$text", "$$x", "yes", "é\n\x85"]),
                "rate": random.choice([0.5, 1, 1e-300]),
            },
            "Decoder": {"classes": random.choice([3, 28])},
            "Parts": {"turned": random.choice([True, False])},
            "Speller": {"vocabulary": "/data/words.txt"},
            "Pair": {"classes": 3, "stride": random.choice([1, 2])},
        }
        params = drawn.get(kind, {})
        return {
            key: value for key, value in params.items() if random.random() < 0.6 or key in ("manifest", "vocabulary")
        }

    def _facts(self, data: dict[str, Any], used: set[str]) -> None:
        random = self.random
        weights = [
            f"{name}.{inner}"
            for name, entry in self.entries.items()
            if name in used
            for inner in {
                "zoo.Encoder": ("weight",),
                "zoo.Decoder": ("weight",),
                "zoo.Pair": ("encoder.weight", "decoder.weight"),
                "zoo.Trainer": ("pair.encoder.weight", "pair.decoder.weight"),
            }.get(entry.get("type", "").partition("@")[0], ())
        ]
        if len(weights) > 1 and random.random() < 0.5:
            data["tie"] = [random.sample(weights, random.randint(2, min(3, len(weights))))]
        if weights and random.random() < 0.5:
            data["freeze"] = [
                random.choice([weight, weight.replace("weight", "**")]) for weight in weights[: random.randint(1, 2)]
            ]

    def _sections(self, data: dict[str, Any]) -> None:
        random = self.random
        losses = [
            f"{name}.{port}"
            for name, graph in self.graphs.items()
            for port, tensor in graph.outputs.items()
            if _is_driven(tensor) and tensor.type.rank == 0 and not tensor.type.is_object
        ]
        texts = [
            f"{name}.{port}"
            for name, graph in self.graphs.items()
            for port, tensor in graph.outputs.items()
            if tensor.type.is_list and _is_driven(tensor)
        ]
        if texts:
            data["eval"] = {"metrics": [{"type": "zoo.Count", "inputs": {"hypotheses": random.choice(texts)}}]}
        if losses:
            data["train"] = {"optimize": [random.choice(losses)], "max_steps": 3}
            if random.random() < 0.7:
                data["train"] |= {
                    "optimizer": {"name": "sgd", "lr": 0.1, "betas": [0.9, 0.99]},
                    "policy": "cosine",
                    "gradient_clip_norm": 1,
                    "precision": "bf16",
                    "work_dir": "runs/$x",
                }
            if random.random() < 0.7:
                data["train"]["callbacks"] = [{"type": "silent", "params": {"every": 2}}]
                if texts:
                    data["train"]["callbacks"].append(
                        {"type": "watch", "metrics": "eval", "params": {"log_dir": "logs"}}
                    )


def _is_driven(tensor: NmTensor) -> bool:
    """Tell whether a tensor comes from one data layer, as what is trained and scored does."""
    try:
        find_only_source(order_calls([tensor], frozenset()), "an action")
    except GraphError:
        return False
    return True


def made(random: Random, **settings: Any) -> Made:
    """Return a random application with at least one graph."""
    while True:
        drawn = Maker(random, **settings).application()
        if drawn.graphs:
            return drawn
