"""What a change costs: a benchmark of two checkouts in turns, and the ratios of their figures.

The command is a benchmark of this folder that knows `--json`, with its options. Each block runs it once in either
checkout, with that checkout's packages and its own copy of the benchmark, and the order turns around from block to
block, so that a busy machine slows both. Each ratio after/before is the median over the blocks, with an interval of
95 % from resampled blocks: one that holds 1 shows no difference.

    python benchmarks/side_by_side.py --before ../before --after . --blocks 30 neural_types.py --rounds 1
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Comparison(NamedTuple):
    """A figure before and after, medians over the blocks; the median of the ratios and its interval."""

    name: str
    before: float
    after: float
    ratio: float
    low: float
    high: float


def measure(checkout: Path, command: Sequence[str]) -> dict[str, float]:
    """Run a benchmark with the packages of a checkout; return its figures by name.

    Raises:
        SystemExit: it failed; its message is shown.
    """
    packages = os.pathsep.join(str(path) for path in sorted(checkout.glob("packages/*/src")))
    environment = {"OMP_NUM_THREADS": "1", **os.environ, "PYTHONPATH": packages}
    script = [sys.executable, str(checkout / "benchmarks" / command[0]), *command[1:], "--json"]
    done = subprocess.run(script, capture_output=True, text=True, env=environment, cwd=checkout, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(script)} failed:\n{done.stderr}")
    return {figure["name"]: figure["value"] for figure in json.loads(done.stdout)}


def interval(ratios: Sequence[float], resamples: int = 2000) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of the median over resampled blocks (Efron 1979)."""
    stream = random.Random(0)
    medians = sorted(statistics.median(stream.choices(ratios, k=len(ratios))) for _ in range(resamples))
    return medians[int(0.025 * resamples)], medians[int(0.975 * resamples) - 1]


def compare(befores: Sequence[dict[str, float]], afters: Sequence[dict[str, float]]) -> list[Comparison]:
    """Return the comparison of each figure that both have and that is never 0, from one measurement per block."""
    comparisons = []
    for name in befores[0]:
        pairs = [(before[name], after[name]) for before, after in zip(befores, afters, strict=True) if name in after]
        if not pairs or any(before == 0 for before, _ in pairs):
            continue
        ratios = [after / before for before, after in pairs]
        old, new = (statistics.median(values) for values in zip(*pairs, strict=True))
        comparisons.append(Comparison(name, old, new, statistics.median(ratios), *interval(ratios)))
    return comparisons


def main() -> None:
    """Measure both checkouts in turns and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, required=True, help="a checkout")
    parser.add_argument("--after", type=Path, default=Path("."), help="the other, this one where not given")
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print the comparisons as JSON")
    parser.add_argument("command", nargs=argparse.REMAINDER, help="a benchmark and its options")
    options = parser.parse_args()
    checkouts = [options.before.resolve(), options.after.resolve()]
    measured: dict[Path, list[dict[str, float]]] = {checkout: [] for checkout in checkouts}
    for block in range(options.blocks):
        for checkout in checkouts if block % 2 == 0 else reversed(checkouts):
            measured[checkout].append(measure(checkout, options.command))
    comparisons = compare(*(measured[checkout] for checkout in checkouts))
    if options.json:
        print(json.dumps([row._asdict() for row in comparisons], indent=1))
        return
    print(f"{'':38}{'before':>12}{'after':>12}{'after/before':>14}   95 %")
    for row in comparisons:
        numbers = f"{row.before:12.4g}{row.after:12.4g}{row.ratio:14.3f}   {row.low:.3f} to {row.high:.3f}"
        print(f"{row.name:38}{numbers}")


if __name__ == "__main__":
    main()
