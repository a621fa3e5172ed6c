"""What types cost: a comparison, a call, and a chain of many typed modules.

Each figure is the best of several rounds, so that a busy machine shows least; `--check` ends with an error where a
figure is above its limit. (A file named types.py would hide the standard library from its neighbours.)

    python benchmarks/neural_types.py --check
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from nm_types import Edge, NeuralType, type_call


class Figure(NamedTuple):
    """A measured time and what it may be at most, in one unit."""

    name: str
    value: float
    limit: float
    unit: str


def best(function: Callable[[], object], number: int, rounds: int) -> float:
    """Microseconds of one call of a function, the best of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(number):
            function()
        times.append((time.perf_counter() - start) / number)
    return 1e6 * min(times)


def never_seen(count: int) -> Iterator[tuple[NeuralType, NeuralType]]:
    """Pairs of types with derived sizes that no pair before has had."""
    for i in range(1, count + 1):
        yield NeuralType(f"B Spectrogram:{i} T:t{i}//2+{i}"), NeuralType(f"B Channel:{i} T:(t{i}+{2 * i}+1)//2")


def comparisons(rounds: int) -> list[Figure]:
    """One comparison: with tags in order, with a permutation, with sizes never seen before."""
    output, input = NeuralType("B Spectrogram:64 T:t"), NeuralType("B Channel:64 T:t")
    permuted = NeuralType("B T:t Spectrogram:64")
    number = 2000
    fresh = never_seen(number * rounds)
    pairs = iter(list(fresh))

    def compare_next() -> object:
        one, other = next(pairs)
        return one.compare(other)

    names = iter(range(1, number * rounds + 1))
    return [
        Figure("comparison", best(lambda: output.compare(input), number, rounds), 10, "us"),
        Figure("comparison, axes permuted", best(lambda: permuted.compare(output), number, rounds), 30, "us"),
        Figure("comparison, sizes never seen", best(compare_next, number, rounds), 50, "us"),
        Figure("notation never seen", best(lambda: NeuralType(f"B C:{next(names)} T:t"), number, rounds), 50, "us"),
    ]


def chain(count: int) -> tuple[float, int]:
    """Seconds to type a chain of modules with features and lengths, every hundredth halving them; and its open checks.

    Each module binds the parameters of its ports and checks two edges, as the wiring of a graph does.
    """
    features = NeuralType("B Encoded:{width} T:t")
    lengths = NeuralType("B ; Lengths(t)")
    made = NeuralType("B Encoded:{width} T:(t+2*({kernel}//2)-{kernel})//{stride}+1")
    made_lengths = NeuralType("B ; Lengths((t+2*({kernel}//2)-{kernel})//{stride}+1)")
    start = time.perf_counter()
    types = type_call([], {"x": NeuralType("B Encoded:64 T:t"), "n": lengths}, owner="loader").outputs
    checks = 0
    for i in range(count):
        owner, before = f"layer{i}", f"layer{i - 1}" if i else "loader"
        params = {"width": 64, "kernel": 11, "stride": 1 if i % 100 else 2}
        typing = type_call(
            [
                Edge(owner, "x", f"{before}.x", features.bind(params), types["x"]),
                Edge(owner, "n", f"{before}.n", lengths.bind(params), types["n"]),
            ],
            {"x": made.bind(params), "n": made_lengths.bind(params)},
            owner=owner,
        )
        types = typing.outputs
        checks += len(typing.deferred) + len(typing.unchecked) + len(typing.equations)
    return time.perf_counter() - start, checks


def chains(rounds: int) -> list[Figure]:
    """Chains of 1,000 and of 10,000 modules, and how the second compares with ten of the first."""
    short = min(chain(1000)[0] for _ in range(rounds))
    long, checks = chain(10_000)
    return [
        Figure("chain of 1,000 modules", short, 0.5, "s"),
        Figure("chain of 10,000 modules", long, 5, "s"),
        Figure("growth from 1,000 to 10,000", long / (10 * short), 2, "times"),
        Figure("checks left for run time", float(checks), 0, "checks"),
    ]


def main() -> int:
    """Measure, print a table or JSON, and say whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a figure is above its limit")
    options = parser.parse_args()
    figures = comparisons(options.rounds) + chains(options.rounds)
    if options.json:
        print(json.dumps([figure._asdict() for figure in figures], indent=2))
    else:
        for figure in figures:
            over = "  over" if figure.value > figure.limit else ""
            print(f"{figure.name:32} {figure.value:9.2f} {figure.unit:6} (at most {figure.limit:g}){over}")
    return int(options.check and any(figure.value > figure.limit for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
