"""What applications as files cost: checking, loading and writing large ones, and the listings of `nmod`.

Each round is a process of its own, so that nothing is known from an earlier one; figures are medians over the rounds.
What is measured is the processor's time, which is the wall time of an idle machine, and which others at work on a busy
one change least.
Importing the collections that a file names is not counted, reading, checking and writing the file is. The application
is a recogniser with as many modules as are asked for, each called in two graphs: one that trains and one that infers.

    python benchmarks/applications.py --check
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

LISTINGS = ("modules", "collections")


class Figure(NamedTuple):
    """A measured time and what it may be at most, in seconds."""

    name: str
    value: float
    limit: float


def application(modules: int) -> dict[str, Any]:
    """Return an application with a number of modules: blocks of a convolution, an activation, dropout and a sum."""
    labels = "abcdefghijklmnopqrstuvwxyz"
    made: dict[str, Any] = {
        "train_data": {
            "type": "asr.AudioToTextDataLayer@1",
            "params": {"manifest": "t.jsonl", "labels": "$labels", "sample_rate": "$rate", "features": "audio"},
        },
        "mel": {"type": "asr.AudioToMelSpectrogramPreprocessor@1", "params": {"sample_rate": "$rate", "n_mels": 64}},
        "decoder": {"type": "asr.JasperDecoderForCTC@1", "params": {"feat_in": 64, "num_classes": len(labels)}},
        "loss": {"type": "asr.CTCLossNM@1"},
        "greedy": {"type": "asr.GreedyCTCDecoder@1", "params": {"labels": "$labels"}},
    }
    calls = []
    value, length = "mel.spec", "mel.spec_len"
    for index in range((modules - len(made)) // 4):
        conv, act, drop, add = (f"{part}{index}" for part in ("conv", "act", "drop", "sum"))
        sizes = {"input_size": 64, "output_size": 64, "strides": [1 if index % 50 else 2]}
        made |= {
            conv: {"type": "common.ConvSubsampling@1", "params": sizes},
            act: {"type": "common.Activation@1", "params": {"function": "silu"}},
            drop: {"type": "common.Dropout@1", "params": {"probability": 0.1}},
            add: {"type": "common.Add@1"},
        }
        calls += [
            {"call": conv, "inputs": {"x": value, "length": length}},
            {"call": act, "inputs": {"x": f"{conv}.y"}},
            {"call": drop, "inputs": {"x": f"{act}.y"}},
            {"call": add, "inputs": {"xs": [f"{conv}.y", f"{drop}.y"]}},
        ]
        value, length = f"{add}.y", f"{conv}.y_length"
    calls.append({"call": "decoder", "inputs": {"encoder_output": value}})
    loss = {"log_probs": "decoder.output", "targets": "train_data.transcript"}
    loss |= {"input_length": length, "target_length": "train_data.transcript_len"}
    heard = {"audio": "train_data.spec", "length": "train_data.spec_len"}
    train = [{"call": "train_data"}, {"call": "mel", "inputs": heard}, *calls, {"call": "loss", "inputs": loss}]
    infer = [{"call": "mel", "inputs": {"audio": "audio", "length": "length"}}, *calls]
    infer.append({"call": "greedy", "inputs": {"log_probs": "decoder.output", "length": length}})
    return {
        "nm": "app/1",
        "params": {"rate": 16000, "labels": labels},
        "modules": made,
        "graphs": {
            "train": {"calls": train, "outputs": {"loss": "loss.loss"}},
            "infer": {
                "inputs": {"audio": "B T:t ; AudioSignal({rate})", "length": "B ; Lengths(t)"},
                "calls": infer,
                "outputs": {"text": "greedy.hypotheses"},
            },
        },
        "train": {"optimize": ["train.loss"], "max_steps": 1},
    }


def measure(path: str) -> dict[str, float]:
    """Check, load and write one application in this process; each part is timed once, with nothing known before."""
    from nm_core.application import check_file, load_application
    from nm_core.application.saved.document import read_document
    from nm_core.application.text.writers import to_json, to_yaml
    from nm_core.plugins import Collections

    collections = Collections.load()
    entry = read_document(path).entry
    assert entry is not None
    for id in {module.type for module in entry.modules.values() if module.type}:
        collections.resolve(id)
    collections.lookup("backends", "torch")
    times = {}
    start = time.process_time()
    report = check_file(path, collections=collections)
    times["check"] = time.process_time() - start
    report.raise_if_bad()
    start = time.process_time()
    loaded = load_application(path, collections=collections)
    times["load"] = time.process_time() - start
    start = time.process_time()
    text = to_yaml(loaded.canonical)
    times["dump"] = time.process_time() - start
    start = time.process_time()
    other = to_json(loaded.canonical)
    times["dump as JSON"] = time.process_time() - start
    assert min(len(text), len(other)) > 100 * len(entry.modules)
    return times


def rounds_of(path: Path, rounds: int) -> dict[str, float]:
    """Return the median seconds of each part of `measure`, over several processes."""
    command = [sys.executable, __file__, "--measure", str(path)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(rounds)]
    return {name: statistics.median(times[name] for times in found) for name in found[0]}


def listing(command: str, rounds: int) -> float:
    """Return the median seconds of a listing, from the start of its process to its end."""
    code = "import sys, nmod; sys.exit(nmod.main())"
    times = []
    for _ in range(rounds + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code, command], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return statistics.median(times[1:])  # the first one brings the files into memory


def figures(rounds: int) -> list[Figure]:
    """Measure everything."""
    from nm_core.application.text.writers import to_yaml

    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder) / "small.yaml", Path(folder) / "large.yaml"
        small.write_text(to_yaml(application(200)), encoding="utf-8")
        large.write_text(to_yaml(application(1000)), encoding="utf-8")
        few, many = rounds_of(small, rounds), rounds_of(large, rounds)
    return [
        Figure("check of 200 modules", few["check"], 0.3),
        Figure("load of 1,000 modules", many["load"], 0.5),
        Figure("dump of 1,000 modules", many["dump"], 0.5),
        Figure("dump of 1,000 modules as JSON", many["dump as JSON"], 0.5),
        *(Figure(f"nmod {command}", listing(command, rounds), 0.35) for command in LISTINGS),
    ]


def main() -> int:
    """Measure, print a table or JSON, and say whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a figure is above its limit")
    parser.add_argument("--measure", metavar="APP", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return 0
    measured = figures(options.rounds)
    if options.json:
        print(json.dumps([figure._asdict() for figure in measured], indent=2))
    else:
        for figure in measured:
            over = "  over" if figure.value > figure.limit else ""
            print(f"{figure.name:32} {figure.value:7.3f} s (at most {figure.limit:g}){over}")
    return int(options.check and any(figure.value > figure.limit for figure in measured))


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
