"""The engine on a GPU: what it computes there, what it waits for, and what it costs beside a plain loop.

Each check prints one line with its figure; the exit status is 0 where all pass. Without a GPU the same checks run on
the CPU, in small, and those that need one say so.

    python benchmarks/gpu.py --output gpu.json
"""

import argparse
import gc
import json
import os
import statistics
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from engine import Points, build
from gpu_listings import Speech, Trained, Translation, seeded, train, write_corpora
from torch import Tensor

import nm_core
from nm_core.callbacks import CheckpointCallback
from nm_torch.data import DataLayer, Request
from nm_torch.lowering import lower

ON_GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda", 0) if ON_GPU else torch.device("cpu")
PLACEMENT = "cuda" if ON_GPU else "cpu"
SYNC = "called a synchronizing"
"""What torch's warning of a wait says."""

LISTINGS: dict[str, type[Speech] | type[Translation]] = {"speech": Speech, "translation": Translation}


class Verdict(NamedTuple):
    """Whether a check passes, its figure in words, and its numbers."""

    passed: bool
    figure: str
    numbers: dict[str, Any]


class NeedsGpuError(RuntimeError):
    """A check that says nothing on a CPU."""


def losses_fall(folder: Path, name: str, precision: str) -> Verdict:
    """The loss of a listing falls to less than two thirds."""
    listing = LISTINGS[name]
    losses = train(seeded(listing, folder), PLACEMENT, steps=listing.steps, precision=precision).losses
    first, last = statistics.mean(losses[:3]), statistics.mean(losses[-3:])
    return Verdict(last < first * 2 / 3, f"{first:.3f} to {last:.3f}", {"losses": losses})


def equals_cpu(folder: Path, name: str) -> Verdict:
    """In float32, the first updates are those of the CPU."""
    on_cpu, here = (train(seeded(LISTINGS[name], folder), placement).losses for placement in ("cpu", PLACEMENT))
    apart = [abs(a - b) / abs(a) for a, b in zip(on_cpu, here, strict=True)]
    passed = apart[0] < 1e-5 and max(apart) < 1e-2
    return Verdict(passed, f"relative {apart[0]:.1e} at update 1, {max(apart):.1e} within 10", {"apart": apart})


def per_update(count: Callable[[int], Counter[str]], few: int = 8, many: int = 24) -> Counter[str]:
    """Return what many updates do more often than few, for each of those more."""
    if not ON_GPU:
        raise NeedsGpuError
    before, after = count(few), count(many)
    return Counter({name: (number - before[name]) / (many - few) for name, number in after.items()})


def waits(folder: Path, name: str, precision: str, allowed: float) -> Verdict:
    """Between log points an update reads nothing from the GPU, but for what its loss function or loss scale reads."""

    def count(steps: int) -> Counter[str]:
        listing = seeded(LISTINGS[name], folder)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                train(listing, PLACEMENT, steps=steps, log_every=1000, precision=precision)
            finally:
                torch.cuda.set_sync_debug_mode("default")
        places = [
            f"{Path(warning.filename).name}:{warning.lineno}" for warning in caught if SYNC in str(warning.message)
        ]
        return Counter(places)

    places = {place: count for place, count in per_update(count).items() if count}
    number = sum(places.values())
    return Verdict(number <= allowed, f"{number:g} an update (at most {allowed:g}) {places or ''}", {"places": places})


def resumes(folder: Path, name: str) -> Verdict:
    """Twelve updates in one piece, and in two with a checkpoint and another factory between, end bit for bit alike."""

    def run(steps: int, work_dir: str, resume: str | None) -> Trained:
        return train(
            seeded(LISTINGS[name], folder, dropout=0.1),
            PLACEMENT,
            steps=steps,
            resume=resume,
            deterministic=True,
            work_dir=folder / name / work_dir,
            callbacks=[CheckpointCallback(every_steps=6)],
        )

    whole = run(12, "whole", None)
    run(6, "pieces", None)
    resumed = run(12, "pieces", "auto")
    pairs = list(zip(whole.weights(), resumed.weights(), strict=True))
    equal = sum(torch.equal(a, b) for a, b in pairs)
    passed = equal == len(pairs) and whole.losses[6:] == resumed.losses
    return Verdict(passed, f"{equal} of {len(pairs)} tensors bitwise equal", {"equal": equal, "tensors": len(pairs)})


def refuses_nondeterminism(folder: Path) -> Verdict:
    """torch has no deterministic gradient of CTC on a GPU, and a run that asks for one ends with its error."""
    if not ON_GPU:
        raise NeedsGpuError
    try:
        resumes(folder, "speech")
    except RuntimeError as error:
        text = str(error).partition("\n")[0]
        return Verdict("deterministic" in text and "ctc" in text, text[:90], {})
    return Verdict(False, "no error", {})


def copies(folder: Path, workers: int) -> Verdict:
    """What data workers read is copied to the GPU from page-locked memory."""

    def count(steps: int) -> Counter[str]:
        listing = seeded(Translation, folder, workers=workers)
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
            train(listing, PLACEMENT, steps=steps, log_every=1000)
        return Counter(event.name for event in profile.events())

    numbers = per_update(count)
    pinned, pageable = (numbers[f"Memcpy HtoD ({kind} -> Device)"] for kind in ("Pinned", "Pageable"))
    synchronised = sum(number for name, number in numbers.items() if "Synchronize" in name)
    figure = f"{pinned:g} pinned, {pageable:g} pageable, {synchronised:g} calls to synchronise in an update"
    return Verdict(pinned > 0 and pageable == 0 and synchronised == 0, figure, dict(numbers))


def answers_on_the_cpu(folder: Path, name: str) -> Verdict:
    """What is trained and saved on the GPU answers alike there and, loaded again, on the CPU."""
    trained = train(seeded(LISTINGS[name], folder), PLACEMENT, steps=LISTINGS[name].steps)
    here = trained.outputs()
    saved = trained.factory.save(folder / f"{name}_saved", graphs={"infer": trained.listing.graph})
    application = nm_core.load_application(saved, placement="cpu")
    records = application.infer("infer", **trained.listing.example()).collect()["log_probs"]
    apart = max(float((a - torch.as_tensor(b)).abs().max()) for a, b in zip(here, records, strict=True))
    return Verdict(apart < 1e-3, f"log-probabilities {apart:.1e} apart", {"apart": apart})


class Plain:
    """The loop that people write, over the listing's own module and data layer."""

    def __init__(self, layer: DataLayer, loss: Any, optimizer: type[torch.optim.Optimizer], rate: float) -> None:
        self.layer, plan = layer, nm_core.Graph(loss).plan()
        self.model = lower(plan).to(DEVICE).train()
        ports = list(layer.outputs)
        self.places = [ports.index(tensor.port) for tensor in plan.framework_inputs]
        self.optimizer = optimizer(self.model.parameters(), lr=rate, fused=True)
        self.batches = self._batches()

    def _batches(self) -> Iterator[tuple[Tensor, ...]]:
        for epoch in range(1_000_000):
            for indices in self.layer.plan_epoch(0, epoch):
                values = self.layer.read(Request(0, epoch, indices)).values
                assert values is not None
                yield tuple(values[place] for place in self.places)

    def __call__(self, steps: int) -> None:
        """Make so many steps."""
        for _ in range(steps):
            batch = [value.to(DEVICE, non_blocking=True) for value in next(self.batches)]
            self.model(*batch).backward()
            self.optimizer.step()
            self.optimizer.zero_grad()


class Engine:
    """`factory.train` in pieces."""

    def __init__(self, loss: Any, optimizer: str, rate: float, prepare: Callable[[Any], None] | None = None) -> None:
        self.factory = nm_core.NeuralModuleFactory(placement=PLACEMENT, strategy="single")
        if prepare is not None:
            prepare(self.factory)
        self.loss, self.optimizer, self.steps = loss, {"name": optimizer, "lr": rate}, 0

    def __call__(self, steps: int) -> None:
        """Make so many steps more."""
        self.steps += steps
        self.factory.train(self.loss, optimizer=self.optimizer, max_steps=self.steps, log_every=100)


def wait() -> None:
    """Let the GPU finish."""
    if ON_GPU:
        torch.cuda.synchronize()


def loops(folder: Path, name: str) -> tuple[Callable[[int], None], Callable[[int], None], int]:
    """Return the plain loop, the engine, and the steps of a block."""
    if name == "perceptron":
        (layer, loss), (_, other_loss) = build(), build()
        assert isinstance(layer, Points)
        return Plain(layer, loss, torch.optim.AdamW, 1e-3), Engine(other_loss, "adamw", 1e-3), 2000 if ON_GPU else 200
    size = {"hidden": 512, "layers": 3, "batch_tokens": 6000} if ON_GPU else {"hidden": 32, "layers": 1}
    mine, plain = (seeded(Translation, folder, **size) for _ in range(2))
    decoder, log_softmax = plain.modules[1:]
    log_softmax.weight = decoder.embedding.weight
    engine = Engine([mine.loss], "adam", 1e-4, mine.prepare)
    return Plain(plain.data, plain.loss, torch.optim.Adam, 1e-4), engine, 12 if ON_GPU else 2


def throughput(folder: Path, name: str, blocks: int = 30) -> Verdict:
    """The engine makes as many steps a second as a plain loop that reads, copies and computes the same."""
    plain, engine, steps = loops(folder, name)
    rates: dict[str, list[float]] = {"plain": [], "engine": []}
    for turn in range(blocks + 1):
        for label, loop in (("plain", plain), ("engine", engine))[:: 1 if turn % 2 else -1]:
            wait()
            start = time.perf_counter()
            loop(steps)
            wait()
            if turn:  # the first block loads kernels
                rates[label].append(steps / (time.perf_counter() - start))
    medians = {label: statistics.median(values) for label, values in rates.items()}
    ratio = statistics.median(b / a for a, b in zip(rates["plain"], rates["engine"], strict=True))
    figure = f"{medians['engine']:.0f} steps/s, plain loop {medians['plain']:.0f}, median ratio {ratio:.2f}"
    return Verdict(ratio > 0.9, figure, {"ratio": ratio, "rates": rates})


def peak_memory(folder: Path) -> Verdict:
    """The engine needs no more memory of the GPU than a plain loop."""
    if not ON_GPU:
        raise NeedsGpuError
    peaks = []
    for number in range(2):
        gc.collect()
        torch.cuda.empty_cache()
        base = torch.cuda.memory_allocated()
        loop = loops(folder, "translation")[:2][number]
        torch.cuda.reset_peak_memory_stats()
        loop(12)
        wait()
        peaks.append((torch.cuda.max_memory_allocated() - base) / 2**20)
        del loop
    return Verdict(peaks[1] < peaks[0] * 1.05, f"{peaks[1]:.0f} MiB, plain loop {peaks[0]:.0f} MiB", {"MiB": peaks})


def one_of_one(folder: Path) -> Verdict:
    """One process under `ddp` trains as one without it."""
    alone = train(seeded(Translation, folder), PLACEMENT, strategy="single").losses
    os.environ |= {"RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29617"}
    under_ddp = train(seeded(Translation, folder), PLACEMENT, strategy="ddp").losses
    apart = max(abs(a - b) / abs(a) for a, b in zip(alone, under_ddp, strict=True))
    return Verdict(apart < 1e-4, f"relative {apart:.1e} within 10 updates", {"apart": apart})


def checks(folder: Path) -> Iterator[tuple[str, Callable[[], Verdict]]]:
    """Yield the name of each check and what makes it; the last one joins a process group for good."""
    for name in LISTINGS:
        for precision in ("fp32", "tf32", "bf16", "fp16") if ON_GPU else ("fp32", "bf16"):
            yield f"{name}, {precision}: the loss falls", partial(losses_fall, folder, name, precision)
        yield f"{name}: as on the CPU", partial(equals_cpu, folder, name)
        yield f"{name}: saved there, answers on the CPU", partial(answers_on_the_cpu, folder, name)
    yield "translation: waits for the GPU", partial(waits, folder, "translation", "fp32", 0)
    yield "translation, bf16: waits for the GPU", partial(waits, folder, "translation", "bf16", 0)
    yield "translation, fp16: waits for the GPU", partial(waits, folder, "translation", "fp16", 1)
    # torch's ctc_loss reads the lengths of frames and of labels
    yield "speech: waits for the GPU", partial(waits, folder, "speech", "fp32", 2)
    yield "translation: resumes exactly", partial(resumes, folder, "translation")
    if not ON_GPU:
        yield "speech: resumes exactly", partial(resumes, folder, "speech")
    yield "speech: no deterministic gradient", partial(refuses_nondeterminism, folder)
    yield "copies from data workers", partial(copies, folder, 2)
    yield "copies without workers", partial(copies, folder, 0)
    yield "perceptron: throughput", partial(throughput, folder, "perceptron")
    yield "translation: throughput", partial(throughput, folder, "translation")
    yield "translation: peak memory", partial(peak_memory, folder)
    yield "translation: ddp with one process", partial(one_of_one, folder)


def outcome(check: Callable[[], Verdict]) -> tuple[str, str, dict[str, Any]]:
    """Make a check; an error of any kind is a failure, and the others go on."""
    try:
        verdict = check()
    except NeedsGpuError:
        return "SKIP", "needs a GPU", {}
    except Exception as error:  # noqa: BLE001
        return "FAIL", f"{type(error).__name__}: {error}", {}
    return "PASS" if verdict.passed else "FAIL", verdict.figure, verdict.numbers


def main() -> int:
    """Make all checks, print a line for each, and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, help="a file for the figures, as JSON")
    parser.add_argument("--only", default="", help="checks whose names hold this")
    options = parser.parse_args()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS reads it when it starts, to be deterministic
    machine = {
        "device": torch.cuda.get_device_name() if ON_GPU else "cpu",
        "torch": torch.__version__,
        "python": sys.version.split()[0],
    }
    print(", ".join(machine.values()), flush=True)
    results = []
    with tempfile.TemporaryDirectory() as text:
        write_corpora(Path(text), pairs=4000 if ON_GPU else 400)
        for name, check in checks(Path(text)):
            if options.only not in name:
                continue
            start = time.perf_counter()
            status, figure, numbers = outcome(check)
            seconds = time.perf_counter() - start
            print(f"{status} {name}: {figure} ({seconds:.1f} s)", flush=True)
            results.append({"check": name, "status": status, "figure": figure, "seconds": seconds, **numbers})
            if options.output is not None:  # after each: a run that is cut short keeps what it has
                options.output.write_text(json.dumps({"machine": machine, "checks": results}, indent=1) + "\n")
    return int(any(result["status"] == "FAIL" for result in results))


if __name__ == "__main__":
    sys.exit(main())
