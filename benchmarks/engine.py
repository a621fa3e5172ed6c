"""Steps per second of the engine beside a plain PyTorch loop, and interpreter calls per step.

A tiny model (64-64-10, batch 32, AdamW, one thread), where nothing hides what an engine costs. The loops take turns, so
that a busy machine slows all of them; the figures are medians.

    python benchmarks/engine.py --rounds 9 --steps 2000
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor, nn

import nm_core
from nm_core.callbacks import CheckpointCallback, LoggingCallback, ProgressCallback
from nm_torch import LossModule, TorchModule, ports
from nm_torch.data import Batching, DataLayer, Loaded, Request
from nm_torch.lowering import lower

BATCH, FEATURES, CLASSES = 32, 64, 10


class Points(DataLayer):
    """Random points in memory; a micro-batch is a slice."""

    output_ports = ports(x="B Channel:64", label="B ; Labels(10)")

    def __init__(self, *, count: int = 64_000) -> None:
        super().__init__(batching=Batching(batch_size=BATCH))
        generator = torch.Generator().manual_seed(0)
        self.x_BC = torch.randn(count, FEATURES, generator=generator)
        self.label_B = torch.randint(CLASSES, (count,), generator=generator)

    def __len__(self) -> int:
        return len(self.x_BC)

    def read(self, request: Request) -> Loaded:
        """Cut out a slice: the samples of a micro-batch follow each other here."""
        first, last = request.indices[0], request.indices[-1] + 1
        return Loaded((self.x_BC[first:last], self.label_B[first:last]), request.indices, ())

    def sample(self, index: int, random: numpy.random.Generator) -> tuple[Tensor, Tensor]:
        """Return one point."""
        return self.x_BC[index], self.label_B[index]


class Perceptron(TorchModule):
    """Two layers."""

    input_ports = ports(x="B Channel:64")
    output_ports = ports(logits="B Class:10 ; Logits")

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = nn.Linear(FEATURES, 64), nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits, ``[B, 10]``."""
        return self.out(self.hidden(x).relu())


class CrossEntropy(LossModule):
    """Cross entropy summed over samples."""

    input_ports = ports(logits="B Class:n ; Logits", label="B ; Labels(n)")
    output_ports = ports(loss="; Loss")

    def total(self, logits: Tensor, label: Tensor) -> Tensor:
        """Return the sum."""
        return nn.functional.cross_entropy(logits, label, reduction="sum")

    def weight(self, label: Tensor) -> int:
        """Return the number of samples."""
        return len(label)


def build() -> tuple[Points, Any]:
    """Return a data layer and a loss."""
    layer = Points()
    x, label = layer()
    return layer, CrossEntropy()(logits=Perceptron()(x=x), label=label)


class Plain:
    """The loop that people write, over batches that are tensors already."""

    def __init__(self, *, fused: bool, clip: float | None = None) -> None:
        self.layer, loss = build()
        self.model = lower(nm_core.Graph(loss).plan())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.001, fused=fused)
        self.clip = clip

    def __call__(self, steps: int) -> None:
        """Make so many steps."""
        x_BC, label_B = self.layer.x_BC, self.layer.label_B
        for step in range(steps):
            first = step * BATCH % len(x_BC)
            loss = self.model(x_BC[first : first + BATCH], label_B[first : first + BATCH])
            loss.backward()
            if self.clip is not None:
                nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
            self.optimizer.step()
            self.optimizer.zero_grad()


class Engine:
    """`nf.train` in pieces."""

    def __init__(self, callbacks: Sequence[nm_core.Callback] = (), log_every: int = 100, **settings: Any) -> None:
        self.folder = tempfile.TemporaryDirectory()
        _, self.loss = build()
        self.factory = nm_core.NeuralModuleFactory(placement="cpu", strategy="single", work_dir=self.folder.name)
        self.settings = {"callbacks": callbacks, "log_every": log_every, **settings}
        self.done = 0

    def __call__(self, steps: int) -> None:
        """Make so many steps more."""
        self.done += steps
        self.factory.train(self.loss, max_steps=self.done, **self.settings)


def usual() -> list[nm_core.Callback]:
    """Return progress, logging of losses and checkpoints."""
    return [ProgressCallback(every_seconds=3600), LoggingCallback(), CheckpointCallback(every_steps=1000)]


def calls(function: Callable[[int], None], few: int = 20, many: int = 120) -> float:
    """Return Python calls and generator resumptions per step."""

    def count(steps: int) -> int:
        found = 0

        def profile(frame: Any, event: str, argument: Any) -> None:
            nonlocal found
            found += event == "call"

        sys.setprofile(profile)
        try:
            function(steps)
        finally:
            sys.setprofile(None)
        return found

    return (count(many) - count(few)) / (many - few)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument(
        "--cpu-time", action="store_true", help="seconds of the processor, for machines that are shared"
    )
    parser.add_argument("--json", action="store_true", help="print microseconds and calls per step as JSON")
    arguments = parser.parse_args()
    clock = time.process_time if arguments.cpu_time else time.perf_counter
    torch.set_num_threads(1)
    loops: dict[str, Callable[[int], None]] = {
        "plain loop": Plain(fused=False),
        "plain loop, fused": Plain(fused=True),
        "plain loop, fused, clipping": Plain(fused=True, clip=1.0),
        "engine": Engine(),
        "engine, clipping": Engine(gradient_clip_norm=1.0),
        "engine, usual callbacks": Engine(usual()),
    }
    rates: dict[str, list[float]] = {name: [] for name in loops}
    for loop in loops.values():
        loop(200)
    for _ in range(arguments.rounds):
        for name, loop in loops.items():
            begun = clock()
            loop(arguments.steps)
            rates[name].append(arguments.steps / (clock() - begun))
    medians = {name: statistics.median(values) for name, values in rates.items()}
    counts = {name: calls(loop) for name, loop in loops.items()}
    if arguments.json:
        figures = [{"name": name, "value": 1e6 / rate, "unit": "us"} for name, rate in medians.items()]
        figures += [{"name": f"{name}, calls", "value": count, "unit": "calls"} for name, count in counts.items()]
        print(json.dumps(figures, indent=1))
        return
    base = medians["plain loop"]
    print(f"{'':30}{'steps/s':>10}{'to plain':>10}{'µs added':>10}{'calls/step':>12}")
    for name, rate in medians.items():
        print(f"{name:30}{rate:10.0f}{rate / base:10.2f}{1e6 / rate - 1e6 / base:10.0f}{counts[name]:12.1f}")


if __name__ == "__main__":
    main()
