"""What deferred checks cost: nothing in a decided graph, a look-up where an edge is open and its shapes were seen.

Both graphs have the same modules on small tensors on the CPU; the second has one open edge, whose producer does not say
how many channels it gives. `--check` ends with an error where a figure is above its limit.

    python benchmarks/deferred_checks.py --check
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import torch
from torch import Tensor

from nm_core import Graph, inputs, ports
from nm_core.graphs.open_checks import checks
from nm_torch import TorchModule
from nm_torch.lowering import lower
from nm_torch.lowering.shape_checks import ShapeCheck, shape_check


class Layer(TorchModule):
    """Passes on what it is given, and promises as many channels as it is told, or any number."""

    input_ports = ports(x="B T:t C:8")
    output_ports = ports(y="B T:t C:{channels}")

    def __init__(self, *, channels: int | None = 8) -> None:
        super().__init__()

    def forward(self, x: Tensor) -> Tensor:
        """Return it."""
        return x


class Measured(TorchModule):
    """Takes features and their lengths."""

    input_ports = ports(x="B T:t C:8", n="B ; Lengths(t)")
    output_ports = ports(y="B T:t C:8")

    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        """Return the features."""
        return x


def chain(open_edges: int, length: int = 8) -> Graph:
    """A chain of layers, some of which leave their channels open."""
    value = inputs(x="B T:t C:8")
    for place in range(length):
        value = Layer(channels=None if place < open_edges else 8)(x=value)
    return Graph(Layer(name="last")(x=value))


def checks_of(graph: Graph) -> list[ShapeCheck]:
    """The checks that a graph lowers to."""
    found = [shape_check(call, one) for call, one in checks(graph.plan()).items()]
    return [check for check in found if check is not None]


def best(function: Callable[[], object], number: int, rounds: int) -> float:
    """Microseconds of one call of a function, the best of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(number):
            function()
        times.append((time.perf_counter() - start) / number)
    return 1e6 * min(times)


def figures(rounds: int) -> list[tuple[str, float, float, str]]:
    """Name, value, limit and unit of each figure."""
    x, n = torch.zeros(4, 50, 8), torch.zeros(4, dtype=torch.int64)
    decided, opened = chain(0), chain(1)
    (check,) = checks_of(opened)
    free = inputs(x="B T:t C:8", n="B ; Lengths(t)", m="B T:s C:8")
    (lengths,) = checks_of(Graph([Measured()(x=free.m, n=free.n), Layer()(x=free.x)]))
    fresh = count(1)

    def never_seen() -> Any:
        check.function(x.new_empty(()).expand(1, next(fresh), 8))

    empty = best(lambda: x.new_empty(()).expand(1, 7, 8), 2000, rounds)
    without, with_one = (lower(graph.plan()) for graph in (decided, opened))
    pairs = [[best(lambda one=one: one(x), 500, 1) for one in (without, with_one)] for _ in range(4 * rounds)]
    times = [min(alternating) for alternating in zip(*pairs, strict=True)]
    return [
        ("checks in a decided graph", float(len(checks_of(decided))), 0, "checks"),
        ("checks with one open edge", float(len(checks_of(opened))), 1, "checks"),
        ("a check of shapes seen before", best(lambda: check.function(x), 20_000, rounds), 5, "us"),
        ("the same, features and lengths", best(lambda: lengths.function(x, n, 50), 20_000, rounds), 10, "us"),
        ("a check of shapes never seen", best(never_seen, 2000, rounds) - empty, 200, "us"),
        ("a decided graph of nine modules", times[0], 500, "us"),
        ("the same with one open edge", times[1], 505, "us"),
    ]


def main() -> int:
    """Measure, print a table or JSON, and say whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a figure is above its limit")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found = figures(options.rounds)
    if options.json:
        print(json.dumps([dict(zip(("name", "value", "limit", "unit"), one, strict=True)) for one in found], indent=2))
    else:
        for name, value, limit, unit in found:
            print(f"{name:32} {value:9.2f} {unit:6} (at most {limit:g}){'  over' if value > limit else ''}")
    return int(options.check and any(value > limit for _, value, limit, _ in found))


if __name__ == "__main__":
    sys.exit(main())
