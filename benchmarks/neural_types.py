"""What types cost: a comparison, a call, and a graph of many typed modules.

Each figure is the processor's time, the best of several rounds, so that a busy machine shows least; `--check` ends with
an error where a figure is above its limit. (A file named types.py would hide the standard library from its neighbours.)

    python benchmarks/neural_types.py --check
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

from nm_core import Graph, NeuralModule, ports
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
        start = time.process_time()
        for _ in range(number):
            function()
        times.append((time.process_time() - start) / number)
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
    start = time.process_time()
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
    return time.process_time() - start, checks


class Source(NeuralModule):
    """Features and their lengths."""

    segment: ClassVar[Any] = "source"
    output_ports = ports(x="B Encoded:64 T:t", n="B ; Lengths(t)")


class Layer(NeuralModule):
    """A convolution over time, as far as types see it."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(x="B Encoded:{width} T:t", n="B ; Lengths(t)")
    output_ports = ports(
        x="B Encoded:{width} T:(t+2*({kernel}//2)-{kernel})//{stride}+1",
        n="B ; Lengths((t+2*({kernel}//2)-{kernel})//{stride}+1)",
    )

    def __init__(self, *, width: int = 64, kernel: int = 11, stride: int = 1) -> None: ...


class Joined(NeuralModule):
    """Two values that must be of one length, which leaves an equation open."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(x="B Encoded T:t", other="B Encoded T:t")
    output_ports = ports(y="B Encoded T:u")


def graph(count: int) -> tuple[float, int]:
    """Seconds to make a chain of modules, connect them and cut the graph, every hundredth halving the time."""
    start = time.process_time()
    x, n = Source()()
    for i in range(count):
        x, n = Layer(stride=1 if i % 100 else 2, name=f"layer{i}")(x=x, n=n)
    cut = Graph({"x": x, "n": n})
    seconds = time.process_time() - start
    return seconds, sum(len(call.typing.deferred) + len(call.typing.equations) for call in cut.calls)


def open_graph(count: int) -> tuple[float, int]:
    """Seconds to judge a graph in which every call leaves an equation open, and how many there are."""
    x, _ = Source()()
    first = x
    for i in range(count):
        x = Joined(name=f"joined{i}")(x=x, other=first)
    start = time.process_time()
    cut = Graph(x)
    return time.process_time() - start, len(cut.equations)


def chains(rounds: int) -> list[Figure]:
    """Chains of 1,000 and of 10,000 calls and modules, and how the long ones compare with ten of the short ones."""
    short, built = (min(make(1000)[0] for _ in range(rounds)) for make in (chain, graph))
    long, checks = chain(10_000)
    large, left = graph(10_000)
    judged, equations = open_graph(1000)
    assert equations == 999, "the first call gives itself"
    return [
        Figure("1,000 calls", short, 0.5, "s"),
        Figure("10,000 calls", long, 5, "s"),
        Figure("growth from 1,000 to 10,000 calls", long / (10 * short), 2, "times"),
        Figure("graph of 1,000 modules", built, 0.5, "s"),
        Figure("graph of 10,000 modules", large, 5, "s"),
        Figure("growth from 1,000 to 10,000 modules", large / (10 * built), 2, "times"),
        Figure("checks left for run time", float(checks + left), 0, "checks"),
        Figure("999 open equations judged", judged, 0.5, "s"),
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
            print(f"{figure.name:36} {figure.value:9.2f} {figure.unit:6} (at most {figure.limit:g}){over}")
    return int(options.check and any(figure.value > figure.limit for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
