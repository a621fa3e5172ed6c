"""Time to a first batch, and memory of all processes, for manifests and parallel text of 10^4 to 10^7 lines.

    python benchmarks/manifests.py --lines 10000 1000000 --workers 0 4
    python benchmarks/manifests.py --kind sentences --lines 10000 1000000

Each measurement is a fresh process: it makes the data layer, plans an epoch (shuffled, bucketed, limited by size) and
reads its first ten batches. Memory is the proportional set size (PSS) of the process and its workers, which counts what
they share once: the highest of readings about 20 times a second. Each manifest is written anew, so that the file is in
the system's cache. Needs Linux.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy

from nm_torch.data import DataLayer

RATE = 8000
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "yes", "no", "up", "down")


def main() -> None:
    """Measure, and print one line of JSON for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=["manifest", "sentences"], default="manifest")
    parser.add_argument("--lines", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 4])
    parser.add_argument("--read", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_batches(options.kind, Path(options.read[0]), int(options.read[1]))
        return
    for lines in options.lines:
        with tempfile.TemporaryDirectory() as folder:
            write_files(options.kind, Path(folder), lines)
            size = sum(path.stat().st_size for path in Path(folder).iterdir() if path.suffix in (".jsonl", ".txt"))
            seconds = None
            if options.kind == "manifest":
                start = time.process_time()
                with open(Path(folder) / "train.jsonl", encoding="utf-8") as file:
                    for line in itertools.islice(file, 100_000):
                        json.loads(line)
                seconds = (time.process_time() - start) * max(lines / 100_000, 1)
            for workers in options.workers:
                measured = measure(options.kind, folder, workers)
                print(
                    json.dumps({"lines": lines, "MB": size // 10**6, "json_seconds": seconds, **measured}), flush=True
                )


def measure(kind: str, folder: str, workers: int) -> dict[str, object]:
    """Read first batches in a process of its own, and watch the memory of all its processes."""
    command = [sys.executable, __file__, "--kind", kind, "--read", folder, str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    most = 0
    while process.poll() is None:
        most = max(most, sum(map(read_pss, family(process.pid))))
        time.sleep(0.05)
    assert process.stdout is not None
    if process.returncode:
        raise SystemExit("the measured process failed")
    return {"workers": workers, "peak_MB": most // 1000, **json.loads(process.stdout.read())}


def family(process: int) -> Iterator[int]:
    """Yield a process and its descendants."""
    yield process
    try:
        children = [(task / "children").read_text() for task in Path(f"/proc/{process}/task").iterdir()]
    except OSError:
        return
    for child in " ".join(children).split():
        yield from family(int(child))


def read_pss(process: int) -> int:
    """Return the proportional set size of a process, in kB."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def read_batches(kind: str, folder: Path, workers: int) -> None:
    """Make the layer and read ten batches; print the seconds since the import, and the memory."""
    make = import_layer(kind, folder, workers)
    begin, cpu = time.perf_counter(), time.process_time()
    layer = make()
    made, made_cpu = time.perf_counter() - begin, time.process_time() - cpu
    own = sum(map(read_pss, family(os.getpid())))
    batches = layer.epoch(0, 0)
    next(batches)
    first, first_cpu = time.perf_counter() - begin, time.process_time() - cpu
    for _ in range(9):
        next(batches)
    reading = sum(map(read_pss, family(os.getpid())))
    batches.close()
    seconds = {"made_seconds": made, "made_cpu_seconds": made_cpu, "first_batch_seconds": first}
    seconds["first_batch_cpu_seconds"] = first_cpu
    rounded = {name: round(value, 2) for name, value in seconds.items()}
    print(json.dumps({**rounded, "made_MB": own // 1000, "reading_MB": reading // 1000}))


def import_layer(kind: str, folder: Path, workers: int) -> Callable[[], DataLayer[Any]]:
    """Import what makes the data layer, and return a function that does."""
    if kind == "manifest":
        from nm_asr import AudioToTextDataLayer

        return partial(
            AudioToTextDataLayer, manifest=str(folder / "train.jsonl"), labels=" abcdefghijklmnopqrstuvwxyz'",
            features="audio", sample_rate=RATE, batch_size=32, batch_seconds=300.0, shuffle=True, bucketing=True,
            workers=workers,
        )  # fmt: skip
    from nm_nlp import TranslationDataLayer

    return partial(
        TranslationDataLayer, source=folder / "source.txt", target=folder / "target.txt",
        source_tokenizer=folder / "words.json", batch_tokens=4096, max_length=100, workers=workers,
    )  # fmt: skip


def write_files(kind: str, folder: Path, lines: int) -> None:
    """Write a manifest over one long recording, or parallel text and its tokenizer."""
    draw = random.Random(0)
    texts = [" ".join(draw.choices(WORDS, k=draw.randint(1, 14))) for _ in range(1000)]
    if kind == "sentences":
        from nm_nlp import train_tokenizer

        train_tokenizer("word", texts).save(folder / "words.json")
        for name in ("source.txt", "target.txt"):
            with open(folder / name, "w", encoding="utf-8") as file:
                file.writelines(f"{texts[draw.randrange(1000)]}\n" for _ in range(lines))
        return
    with wave.open(str(folder / "long.wav"), "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE)
        recording.writeframes(numpy.zeros(RATE * 60, numpy.int16).tobytes())
    with open(folder / "train.jsonl", "w", encoding="utf-8") as file:
        for number in range(lines):
            duration, offset = draw.randint(1000, 16000) / 1000, draw.randint(0, 40000) / 1000
            file.write(
                f'{{"audio_filepath": "long.wav", "offset": {offset}, "duration": {duration},'
                f' "text": "{texts[number % 1000]}", "speaker": "s{number % 977:04d}"}}\n'
            )


if __name__ == "__main__":
    main()
