"""A small collection in plain Python, with a backend that really computes, for the tests of applications."""

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from nm_core import (
    Callback,
    CompositeModule,
    LoadedWeights,
    Metric,
    NeuralModule,
    TrainingResult,
    optional,
    ports,
    variadic,
)
from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
from nm_core.errors import ApplicationError
from nm_core.graphs.graph import Graph
from nm_core.plugins import Collection, ModuleSpec, hookimpl
from nm_core.symbols.component import Segment as SegmentName
from nm_core.symbols.tensor import ConstantInput

Segment = ClassVar[SegmentName]
GENERATOR = random.Random()  # stands for a framework's own generator, which sessions seed


class Frames(NeuralModule):
    """A data layer over a file with one sample per line: numbers, then a word."""

    segment: Segment = "source"
    output_ports = ports(spec="B Spectrogram:{size} T:t", length="B ; Lengths(t)", word="B Token:u ; Labels")

    def __init__(self, *, manifest: str | Path, size: int = 2, batch_size: int = 4) -> None:
        self.lines = Path(manifest).read_text().split("\n")

    def forward(self) -> Any:
        """Return the whole file as one batch."""
        rows = [line.split() for line in self.lines if line]
        return (
            [[float(cell) for cell in row[:-1]] for row in rows],
            [len(row) - 1 for row in rows],
            [row[-1] for row in rows],
        )


class Encoder(NeuralModule):
    """Scales its input by one weight."""

    segment: Segment = "framework"
    input_ports = ports(signal="B Spectrogram:{size} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(
        encoded="B Encoded:{width} T:t//{stride}",
        encoded_length=optional("B ; Lengths(t//{stride})", needs=("length",)),
    )

    def __init__(self, *, size: int = 2, width: int = 3, stride: int = 1) -> None:
        self.weight = GENERATOR.random()

    def has_weights(self) -> bool:
        """Say that its weight must be saved."""
        return True

    def forward(self, signal: Any, length: Any = None) -> Any:
        """Scale."""
        return [[self.weight * number for number in row] for row in signal], length


class Decoder(NeuralModule):
    """Sums each row and adds a weight."""

    segment: Segment = "framework"
    input_ports = ports(encoded="B Encoded:{width} T:t")
    output_ports = ports(log_probs="B T:t Class:{classes}+1 ; LogProbs")

    def __init__(self, *, width: int = 3, classes: int = 3) -> None:
        self.weight = GENERATOR.random()

    def has_weights(self) -> bool:
        """Say that its weight must be saved."""
        return True

    def forward(self, encoded: Any) -> Any:
        """Sum."""
        return [sum(row) + self.weight for row in encoded]


class Head(NeuralModule):
    """Gives logits, which are no log-probabilities."""

    segment: Segment = "framework"
    input_ports = ports(encoded="B Encoded:{width} T:t")
    output_ports = ports(logits="B T:t Class:4 ; Logits", swapped="T:t B Class:4 ; LogProbs")

    def __init__(self, *, width: int = 3) -> None: ...


class Loss(NeuralModule):
    """A loss."""

    segment: Segment = "framework"
    input_ports = ports(log_probs="B T:t Class ; LogProbs", labels="B Token:u ; Labels", scale=optional("; Features"))
    output_ports = ports(loss="; Loss")

    def forward(self, log_probs: Any, labels: Any, scale: float = 1.0) -> Any:
        """Sum everything."""
        return scale * sum(log_probs)


class Add(NeuralModule):
    """Adds any number of values."""

    segment: Segment = "framework"
    input_ports = ports(values=variadic("B Encoded:{width} T"))
    output_ports = ports(total="B Encoded:{width} T")

    def __init__(self, *, width: int = 3) -> None: ...

    def forward(self, values: Any) -> Any:
        """Add."""
        return [[sum(cells) for cells in zip(*rows, strict=True)] for rows in zip(*values, strict=True)]


class Halve(NeuralModule):
    """Keeps every other frame."""

    segment: Segment = "framework"
    input_ports = ports(frames="B C T:t", length="B ; Lengths(t)")
    output_ports = ports(frames="B C T:(t+1)//2", length="B ; Lengths((t+1)//2)")


class Needs(NeuralModule):
    """Takes frames with their lengths."""

    segment: Segment = "framework"
    input_ports = ports(frames="B C T:t", length="B ; Lengths(t)")
    output_ports = ports(y="B")


class Speller(NeuralModule):
    """Turns each score into a word of a vocabulary, a file."""

    input_ports = ports(log_probs="B T Class ; LogProbs")
    output_ports = ports(text="list[object Text]")
    asset_params: ClassVar[tuple[str, ...]] = ("vocabulary",)

    def __init__(self, *, vocabulary: str) -> None:
        self.words = Path(vocabulary).read_text().split()

    def forward(self, log_probs: Any) -> Any:
        """Spell."""
        return [self.words[int(score) % len(self.words)] for score in log_probs]


class EncodeDecode(CompositeModule):
    """An encoder and a decoder under one name."""

    input_ports = ports(signal="B Spectrogram:{size} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(log_probs="B T:t Class ; LogProbs")

    def __init__(self, *, size: int = 2, width: int = 3) -> None:
        self.encoder = Encoder(size=size, width=width)
        self.decoder = Decoder(width=width)

    def build(self, signal: Any, length: Any = None) -> Any:
        """Encode, then decode."""
        encoded, _ = self.encoder(signal=signal)
        return self.decoder(encoded=encoded)


class Unregistered(NeuralModule):
    """A module that no collection declares."""

    input_ports = ports(text="list[object Text]")
    output_ports = ports(text="list[object Text]")


class WordCount(Metric):
    """Counts words, and those that agree with a reference."""

    input_ports = ports(hypotheses="list[object Text]", references="B Token ; Labels")

    def __init__(self, *, weight: float = 1.0) -> None:
        self.weight = weight
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.count, self.right = 0, 0

    def update(self, hypotheses: Any, references: Any) -> None:
        """Count."""
        self.count += len(hypotheses)
        self.right += sum(one == other for one, other in zip(hypotheses, references, strict=True))

    def compute(self) -> dict[str, float]:
        """Return the counts."""
        return {"words": self.weight * self.count, "right": self.right}


class Watch(Callback):
    """A callback that evaluates."""

    def __init__(self, metrics: Any, *, name: str = "dev", log_dir: str | Path | None = None) -> None:
        self.metrics = tuple(metrics)
        self.name = name
        self.log_dir = log_dir


class Silent(Callback):
    """A callback that does nothing."""

    def __init__(self, *, every: int = 1) -> None:
        self.every = every


def transcribe(app: Any, rows: Any, *, loud: bool = False) -> list[str]:
    """Return the words of rows of numbers."""
    words = app.infer(app.graph_of("transcribe").name, spec=rows).collect()["text"]
    return [word.upper() for word in words] if loud else words


def run(graph: Graph, inputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Compute a graph's outputs call by call; data layers give their one batch."""
    known = {tensor: (inputs or {})[name] for name, tensor in graph.inputs.items()}
    for call in graph.calls:
        given: dict[str, Any] = {}
        for port, argument in call.inputs.items():
            if isinstance(argument, tuple):
                given[port] = [known[tensor] for tensor in argument]
            else:
                given[port] = argument.value if isinstance(argument, ConstantInput) else known[argument]
        result = call.module.forward(**given)
        tensors = call.tensors()
        known |= dict(zip(tensors, (result,) if len(tensors) == 1 else result, strict=True))
    return {name: known[tensor] for name, tensor in graph.outputs.items()}


class PythonSession:
    """A session that runs graphs call by call."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.requests: list[Any] = []
        self.facts: list[tuple[str, ...]] = []

    def seed_generator(self, seed: int) -> None:
        """Do nothing: these modules draw nothing by themselves."""

    @contextmanager
    def seeded(self, seed: int, name: str) -> Iterator[None]:
        """Make weights follow from the seed and the name."""
        state = GENERATOR.getstate()
        GENERATOR.seed(f"{seed}/{name}")
        yield
        GENERATOR.setstate(state)

    rank = 0

    def share(self, value: Any) -> Any:
        """Return the value: there is one process."""
        return value

    def train(self, request: TrainRequest) -> TrainingResult:
        """Move every weight by one for each step."""
        self.requests.append(request)
        steps = request.max_steps or request.max_epochs or 0
        for call in request.graph.calls:
            if call.module.has_weights():
                call.module.weight += steps
        return TrainingResult(step=steps, epoch=0, samples=0, losses={}, reason="finished", seconds=0.0)

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Compute each metric over its data layer."""
        scores: dict[str, float] = {}
        for metric in request.metrics:
            assert metric.call is not None
            tensors: Any = dict(metric.call.inputs)
            metric.update(**run(request.graph.subgraph(tensors)))
            scores |= metric.compute()
        return scores

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample."""
        columns = run(request.graph, dict(request.inputs or {}))
        for row in zip(*columns.values(), strict=True):
            yield dict(zip(columns, row, strict=True))

    def convert_value(self, value: Any, family: str | None) -> Any:
        """Take nested lists as they are."""
        return value

    def observe(self, value: Any) -> None:
        """Know no tensors: lists are lists here."""

    def extremes(self, value: Any) -> tuple[float, float]:
        """Know no numbers."""
        return 0, 0

    def save_weights(self, module: Any, path: Path, *, without: Any = ()) -> None:
        """Write the weight."""
        path.write_text(json.dumps({} if "weight" in without else {"weight": module.weight}))

    def load_weights(
        self, module: Any, path: Path, *, renamed: Any = None, partial: bool = False, elsewhere: Any = None
    ) -> LoadedWeights:
        """Read the weight."""
        found = json.loads(path.read_text())
        found = {renamed(name) if renamed else name: value for name, value in found.items()}
        found |= {name: json.loads(other.read_text())[key] for name, (other, key) in (elsewhere or {}).items()}
        report = LoadedWeights.compare(module.name, str(path), {"weight": ()}, dict.fromkeys(found, ()))
        if not report.complete and not partial:
            raise ApplicationError(str(report))
        module.weight = found.get("weight", module.weight)
        return report

    def set_evaluation_mode(self, module: Any) -> None:
        """Know no modes."""

    def tie(self, modules: Any, first: str, second: str) -> None:
        """Remember the tie."""
        self.facts.append(("tie", first, second))

    def freeze(self, modules: Any, pattern: str) -> int:
        """Remember the pattern."""
        self.facts.append(("freeze", pattern))
        return 1


class PythonBackend:
    """A backend in plain Python."""

    def open(self, settings: Settings) -> PythonSession:
        """Begin a session."""
        return PythonSession(settings)

    def check_training(self, optimizer: Any, policy: Any, extra: Any) -> dict[str, str]:
        """Refuse learning rates that are no numbers."""
        return {"optimizer": "lr is no number."} if isinstance(optimizer.get("lr"), str) else {}


_MODULES = (Frames, Encoder, Decoder, Head, Loss, Add, Halve, Needs, Speller, EncodeDecode)


class SpeechPlugin:
    """The declaration of the sample collection."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the modules."""
        specs = [
            ModuleSpec(cls.__name__, "A sample.", targets={"any": f"nm_core_speech:{cls.__name__}"}) for cls in _MODULES
        ]
        halving = {"any": "nm_core_speech:Halve"}
        specs.append(ModuleSpec("Halving", "A sample.", targets=halving, deprecated="Use speech.Halve."))
        return Collection("speech", "Samples.", modules=specs)

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"python": "nm_core_speech:PythonBackend"}

    @hookimpl
    def nm_metrics(self) -> dict[str, str]:
        """Declare the metric."""
        return {"WordCount": "nm_core_speech:WordCount"}

    @hookimpl
    def nm_callbacks(self) -> dict[str, str]:
        """Declare the callbacks."""
        return {"watch": "nm_core_speech:Watch", "silent": "nm_core_speech:Silent"}

    @hookimpl
    def nm_tasks(self) -> dict[str, str]:
        """Declare the verb."""
        return {"transcribe": "nm_core_speech:transcribe"}
