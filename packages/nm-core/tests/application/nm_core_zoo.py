"""Modules of every sort for random applications; their values are terms, which remember how they were computed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import nm_core_speech
from nm_core_speech import GENERATOR, Silent, Watch

from nm_core import CompositeModule, Metric, NeuralModule, optional, ports, variadic
from nm_core.graphs.graph import Graph
from nm_core.plugins import Collection, ModuleSpec, hookimpl
from nm_core.symbols.component import Segment as SegmentName
from nm_core.symbols.tensor import ConstantInput

Segment = ClassVar[SegmentName]
MADE: list[str] = []
"""Every module that was constructed, by class."""


class Term:
    """A value: the digest of the computation that led to it."""

    def __init__(self, *parts: object) -> None:
        self.digest = hashlib.sha1(repr(parts).encode()).hexdigest()[:16]

    def permute(self, order: Sequence[int]) -> Term:
        """Put the axes in another order."""
        return Term("permute", tuple(order), self)

    def __repr__(self) -> str:
        return self.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Term) and other.digest == self.digest

    def __hash__(self) -> int:
        return hash(self.digest)


class Animal(NeuralModule):
    """A module that gives a term for each output."""

    segment: Segment = "framework"

    def __init__(self) -> None:
        MADE.append(type(self).__name__)

    def forward(self, **values: Any) -> Any:
        """Return a term for each output port."""
        given = sorted((port, value) for port, value in values.items() if value is not None)
        what = (type(self).__name__, getattr(self, "weight", None), sorted(self.params.items()), given)
        terms = tuple(Term(port, *what) for port in self.outputs)
        return terms[0] if len(terms) == 1 else terms


class Weighty(Animal):
    """An animal with a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = GENERATOR.random()

    def has_weights(self) -> bool:
        """Say that its weight must be saved."""
        return True


class Source(Animal):
    """A data layer."""

    segment: Segment = "source"
    output_ports = ports(spec="B Spectrogram:{size} T:t", length="B ; Lengths(t)", word="B Token:u ; Labels")

    def __init__(self, *, manifest: str | Path, size: int = 2) -> None:
        super().__init__()


class Encoder(Weighty):
    """Makes features; one output needs an optional input, and a size is derived."""

    input_ports = ports(signal="B Spectrogram:{size} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(
        encoded="B Encoded:{channels} T:t//{stride}",
        encoded_length=optional("B ; Lengths(t//{stride})", needs=("length",)),
    )

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return what ports mention."""
        return {
            "size": params["size"],
            "stride": params["stride"],
            "channels": params["width"] * len(params["blocks"] or [1]),
        }

    def __init__(
        self,
        *,
        size: int = 2,
        width: int = 3,
        stride: int = 1,
        blocks: list[dict[str, Any]] | None = None,
        note: str = "$ is a dollar",
        rate: float = 0.1,
    ) -> None:
        super().__init__()


class Decoder(Weighty):
    """Gives log-probabilities."""

    input_ports = ports(encoded="B Encoded T:t")
    output_ports = ports(log_probs="B T:t Class:{classes}+1 ; LogProbs")

    def __init__(self, *, classes: int = 3) -> None:
        super().__init__()


class Half(Animal):
    """Keeps every other frame of anything."""

    input_ports = ports(x="B C T:t")
    output_ports = ports(y="B C T:(t+1)//2")

    def __init__(self) -> None:
        super().__init__()


class Sum(Animal):
    """Adds any number of values of one shape, with a constant number and a constant text."""

    input_ports = ports(values=variadic("*s"), scale=optional("; Features"), mode=optional("object Text"))
    output_ports = ports(total="*s")

    def __init__(self) -> None:
        super().__init__()


class Fill(Animal):
    """Makes a row of a number, which may be a constant."""

    input_ports = ports(value="; Features")
    output_ports = ports(row="T:10 ; Features")

    def __init__(self) -> None:
        super().__init__()


class Parts(Animal):
    """Gives two outputs, each half as long, and a third that depends on a parameter."""

    input_ports = ports(x="B Channel:c T:2*t")
    output_ports = ports(left="B Channel:c T:t", right="B Channel:c T:t", third="{}")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the ports; the last is in the order asked for."""
        order = "T:t B Channel:c" if params["turned"] else "B T:t Channel:c"
        return ports(x="B Channel:c T:2*t"), ports(left="B Channel:c T:t", right="B Channel:c T:t", third=order)

    def __init__(self, *, turned: bool = False) -> None:
        super().__init__()


class Loss(Animal):
    """A loss."""

    input_ports = ports(log_probs="B T Class ; LogProbs", labels="B Token ; Labels")
    output_ports = ports(loss="; Loss")

    def __init__(self) -> None:
        super().__init__()


class Speller(Animal):
    """Runs in Python, after everything else, and needs a file."""

    segment: Segment = "host"
    input_ports = ports(log_probs="B T Class ; LogProbs")
    output_ports = ports(text="list[object Text]")
    asset_params: ClassVar[tuple[str, ...]] = ("vocabulary",)

    def __init__(self, *, vocabulary: str) -> None:
        super().__init__()


class Pair(CompositeModule):
    """An encoder and a decoder."""

    input_ports = ports(signal="B Spectrogram:{size} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(encoded="B Encoded:3 T:t//{stride}", log_probs="B T:t//{stride} Class:{classes}+1 ; LogProbs")

    def __init__(self, *, size: int = 2, classes: int = 3, stride: int = 1) -> None:
        MADE.append("Pair")
        self.encoder = Encoder(size=size, stride=stride)
        self.decoder = Decoder(classes=classes)

    def build(self, signal: Any, length: Any = None) -> Any:
        """Encode, then decode."""
        encoded = self.encoder(signal=signal, length=length)[0]
        return encoded, self.decoder(encoded=encoded)


class Trainer(CompositeModule):
    """A pair and its loss: a composite inside a composite."""

    input_ports = ports(signal="B Spectrogram:{size} T:t", labels="B Token ; Labels")
    output_ports = ports(loss="; Loss")

    def __init__(self, *, size: int = 2) -> None:
        MADE.append("Trainer")
        self.pair = Pair(size=size)
        self.criterion = Loss()

    def build(self, signal: Any, labels: Any) -> Any:
        """Encode, decode, judge."""
        return self.criterion(log_probs=self.pair(signal=signal).log_probs, labels=labels)


class Filled(CompositeModule):
    """A row that is filled with a number, and half of a value: the first takes a constant alone."""

    input_ports = ports(value="; Features", x="B C T:t")
    output_ports = ports(row="T:10 ; Features", y="B C T:(t+1)//2")

    def __init__(self) -> None:
        MADE.append("Filled")
        self.fill = Fill()
        self.half = Half()

    def build(self, value: Any, x: Any) -> Any:
        """Fill and halve."""
        return self.fill(value=value), self.half(x=x)


class Count(Metric):
    """Counts."""

    input_ports = ports(hypotheses="list[object Text]", references=optional("B Token ; Labels"))

    def __init__(self, *, weight: float = 1.0) -> None:
        MADE.append("Count")

    def reset(self) -> None:
        """Forget."""

    def update(self, **values: Any) -> None:
        """Count."""

    def compute(self) -> dict[str, float]:
        """Return nothing of interest."""
        return {"count": 0.0}


class CountedSilent(Silent):
    """A callback that does nothing, and is counted."""

    def __init__(self, *, every: int = 1) -> None:
        MADE.append("Silent")
        super().__init__(every=every)


class CountedWatch(Watch):
    """A callback that evaluates, and is counted."""

    def __init__(self, metrics: Any, *, name: str = "dev", log_dir: str | Path | None = None) -> None:
        MADE.append("Watch")
        super().__init__(metrics, name=name, log_dir=log_dir)


ANIMALS = (Source, Encoder, Decoder, Half, Sum, Fill, Parts, Loss, Speller, Pair, Trainer)


class ZooPlugin:
    """The declaration of the collection, on the backend of the sample collection."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the modules."""
        specs = [
            ModuleSpec(cls.__name__, "A sample.", targets={"any": f"{__name__}:{cls.__name__}"})
            for cls in (*ANIMALS, Filled)
        ]
        return Collection("zoo", "Samples.", modules=specs)

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"python": f"{nm_core_speech.__name__}:PythonBackend"}

    @hookimpl
    def nm_metrics(self) -> dict[str, str]:
        """Declare the metric."""
        return {"Count": f"{__name__}:Count"}

    @hookimpl
    def nm_callbacks(self) -> dict[str, str]:
        """Declare the callbacks."""
        return {"silent": f"{__name__}:CountedSilent", "watch": f"{__name__}:CountedWatch"}


def evaluate(graph: Graph, given: Mapping[str, Term] | None = None) -> dict[str, Term]:
    """Compute a graph's outputs call by call; free inputs are terms of their names where none are given."""
    known = {tensor: (given or {}).get(name, Term(name)) for name, tensor in graph.inputs.items()}
    for call in graph.calls:
        arguments: dict[str, Any] = {}
        for port, argument in call.inputs.items():
            if isinstance(argument, ConstantInput):
                arguments[port] = argument.value
            elif isinstance(argument, tuple):
                arguments[port] = [known[tensor] for tensor in argument]
            else:
                arguments[port] = known[argument]
        for port, order in call.typing.casts.items():
            name, _, index = port.partition("[")
            if index:
                place = int(index.removesuffix("]"))
                arguments[name][place] = arguments[name][place].permute(order)
            else:
                arguments[name] = arguments[name].permute(order)
        result = call.module.forward(**arguments)
        tensors = call.tensors()
        known |= dict(zip(tensors, (result,) if len(tensors) == 1 else result, strict=True))
    return {name: known[tensor] for name, tensor in graph.outputs.items()}
