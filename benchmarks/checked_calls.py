"""Measure what `nm_torch.checked` adds to a call of two tensors: `python benchmarks/checked_calls.py`.

A module of two inputs (features and their lengths) and two outputs that computes nothing, in blocks of calls with and
without the switch, in turn. The difference of two neighbours is the cost; its median has a bootstrap interval. Time is
that of the thread, so that other programs take none of it.
"""

import argparse
import json
import platform
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from nm_torch import TorchModule, checked, ports


class Pass(TorchModule):
    """Give what it is given."""

    input_ports = ports(x="B Channel:8 T:t", length="B ; Lengths(t)")
    output_ports = ports(y="B Channel:8 T:t", y_length="B ; Lengths(t)")

    def forward(self, x: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
        """Compute nothing."""
        return x, length


def block(call: Callable[[], object], calls: int) -> float:
    """Return the microseconds of a call, as the mean of a block."""
    started = time.thread_time()
    for _ in range(calls):
        call()
    return (time.thread_time() - started) / calls * 1e6


def interval(values: list[float], draws: int = 2000) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the median."""
    generator = random.Random(0)
    medians = sorted(statistics.median(generator.choices(values, k=len(values))) for _ in range(draws))
    return medians[int(0.025 * draws)], medians[int(0.975 * draws)]


def main() -> None:
    """Measure and print, and write a file if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=60)
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    plain, switched = Pass(name="plain"), Pass(name="switched")
    checked(switched)
    x, length = torch.zeros(4, 8, 100), torch.tensor([100, 50, 20, 1])
    runs = [lambda module=module: module(x, length) for module in (plain, switched)]
    for run in runs:
        block(run, options.calls)
    pairs = [[block(run, options.calls) for run in runs] for _ in range(options.blocks)]
    costs = [with_checks - without for without, with_checks in pairs]
    result = {
        "without_us": round(statistics.median(pair[0] for pair in pairs), 2),
        "with_us": round(statistics.median(pair[1] for pair in pairs), 2),
        "cost_us": round(statistics.median(costs), 2),
        "interval_95": [round(value, 2) for value in interval(costs)],
        "blocks": options.blocks,
        "calls_per_block": options.calls,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
    }
    text = json.dumps(result, indent=2)
    print(text)
    if options.output is not None:
        options.output.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
