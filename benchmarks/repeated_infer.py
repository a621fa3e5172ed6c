"""Measure what repeated `app.infer` costs over its lowered module: `python benchmarks/repeated_infer.py`.

A saved recogniser of a few layers, loaded again. Blocks of calls of `app.infer(...).collect()` and of the lowered
module by hand, in turn; the ratio of two neighbours, its median and the bootstrap interval of that. Then 10,000 calls,
with the memory of the process, the number of objects and of generated sources before and after. Time is that of the
thread.
"""

import argparse
import gc
import json
import linecache
import platform
import statistics
import tempfile
from pathlib import Path

import torch
from checked_calls import block, interval
from torch import fx

from nm_asr import JasperDecoderForCTC, JasperEncoder
from nm_core import Graph, NeuralModuleFactory, inputs, load_application
from nm_core.application import Application

SIZES = {"small": (1, 50, 16), "recogniser": (4, 400, 64)}
"""Samples, frames and filters."""


def recogniser(folder: Path, filters: int) -> Application:
    """Save a recogniser with new weights, and load it."""
    free = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    blocks = [{"filters": filters, "kernel": 11, "stride": 2}]
    encoder = JasperEncoder(feat_in=64, blocks=blocks, name="encoder")
    encoded, lengths = encoder(audio_signal=free.spec, length=free.length)
    log_probs = JasperDecoderForCTC(feat_in=filters, num_classes=28, name="decoder")(encoder_output=encoded)
    graph = Graph({"log_probs": log_probs, "lengths": lengths})
    factory = NeuralModuleFactory(placement="cpu")
    return load_application(factory.save(folder / f"app-{filters}", {"infer": graph}), placement="cpu")


def memory() -> int:
    """Return the resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096


def counts() -> dict[str, int]:
    """Return what could grow."""
    gc.collect()
    sources = getattr(getattr(fx.graph_module, "_loader", None), "eval_cache", ())
    return {"objects": len(gc.get_objects()), "lines": len(linecache.cache), "sources": len(sources), "bytes": memory()}


def measure(app: Application, batch: int, frames: int, blocks: int, calls: int) -> dict[str, object]:
    """Return the times of both ways and their ratio."""
    spec, length = torch.randn(batch, 64, frames), torch.full((batch,), frames)
    lowered = app.factory.lower(app.graphs["infer"]).eval()

    def by_hand() -> object:
        with torch.no_grad():
            return lowered(spec, length)

    def by_infer() -> object:
        return app.infer(spec=spec, length=length).collect()

    for run in (by_hand, by_infer):
        block(run, calls)
    pairs = [(block(by_hand, calls), block(by_infer, calls)) for _ in range(blocks)]
    ratios = [infer / hand for hand, infer in pairs]
    return {
        "by_hand_us": round(statistics.median(hand for hand, _ in pairs), 1),
        "infer_us": round(statistics.median(infer for _, infer in pairs), 1),
        "added_us": round(statistics.median(infer - hand for hand, infer in pairs), 1),
        "ratio": round(statistics.median(ratios), 3),
        "interval_95": [round(value, 3) for value in interval(ratios)],
    }


def growth(app: Application, calls: int) -> dict[str, object]:
    """Return what was there before and after so many calls."""
    spec, length = torch.randn(1, 64, 50), torch.tensor([50])
    for _ in range(calls // 10):
        app.infer(spec=spec, length=length).collect()
    before = counts()
    for _ in range(calls):
        app.infer(spec=spec, length=length).collect()
    after = counts()
    return {name: [before[name], after[name]] for name in before}


def main() -> None:
    """Measure and print, and write a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=40)
    parser.add_argument("--calls", type=int, default=50)
    parser.add_argument("--growth", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    result: dict[str, object] = {"blocks": options.blocks, "calls_per_block": options.calls}
    with tempfile.TemporaryDirectory() as folder:
        for name, (batch, frames, filters) in SIZES.items():
            app = recogniser(Path(folder), filters)
            result[name] = measure(app, batch, frames, options.blocks, options.calls)
        result[f"growth_over_{options.growth}_calls"] = growth(app, options.growth)
    result |= {"python": platform.python_version(), "torch": torch.__version__, "machine": platform.machine()}
    text = json.dumps(result, indent=2)
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
