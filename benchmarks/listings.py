"""What listing costs with twenty third-party collections installed beside the official ones, and with none.

Two fresh environments see the packages where this interpreter has them; in one, pip has installed twenty wheels of five
modules each. `nmod collections` and `nmod modules` run in both by turns, so that a busy machine troubles all alike.
Figures are medians, from the start of the process to its end.

    python benchmarks/listings.py --check
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "packages/nm-core/tests/wheels"))

from nm_core_wheels import Environment, Wheel

COMMANDS = ("collections", "modules")
GUESTS = 20
DECLARATION = """
from nm_core.plugins import Collection, ModuleSpec, hookimpl

@hookimpl
def nm_collection():
    def spec(name):
        return ModuleSpec(name, f"{{name}} of {collection}.", {{"torch": f"{package}.{{name.lower()}}:{{name}}"}})

    modules = map(spec, ("Encoder", "Decoder", "Loss", "Augmentation", "Data"))
    return Collection("{collection}", "Modules of somebody else.", modules=modules, tags=["{package}.tags:Tag"])

@hookimpl
def nm_callbacks():
    return {{"{collection}_callback": "{package}.callbacks:Callback"}}
"""


class Figure(NamedTuple):
    """Measured seconds, of the clock and of the processor, and how many of the clock are allowed."""

    name: str
    wall: float
    cpu: float
    limit: float


def guest(number: int) -> Wheel:
    """Return a third-party distribution with one collection of five modules."""
    collection, package = f"guest{number}", f"nmx_guest{number}"
    declaration = DECLARATION.format(collection=collection, package=package)
    files = {f"{package}/__init__.py": "", f"{package}/_collection.py": declaration}
    requires = ("nm-core>=0.1", "nm-types>=0.1", "numpy>=1.26", 'tomli>=2; python_version < "3.11"')
    return Wheel(f"nmx-guest{number}", files, {collection: f"{package}._collection"}, requires)


def seconds(environment: Environment, command: str) -> tuple[float, float]:
    """Run a listing and return its time by the clock and by the processor."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = environment.nmod(command)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.code == 0, ended
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def figures(rounds: int) -> list[Figure]:
    """Measure both listings in both environments."""
    with tempfile.TemporaryDirectory() as folder:
        alone, together = Environment(Path(folder) / "alone"), Environment(Path(folder) / "together")
        together.install(*map(guest, range(GUESTS)))
        assert together.nmod("modules").out.count(" of guest") == 5 * GUESTS
        cases = {
            f"nmod {command}{where}": (environment, command, limit)
            for command in COMMANDS
            for where, environment, limit in (("", alone, 0.35), (f", {GUESTS} guests", together, 0.5))
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
        for turn in range(rounds + 1):
            for name, (environment, command, _) in cases.items():
                measured = seconds(environment, command)
                if turn:  # the first one compiles, and brings the files into memory
                    times[name].append(measured)
    medians = {
        name: [statistics.median(column) for column in zip(*values, strict=True)] for name, values in times.items()
    }
    return [Figure(name, *medians[name], limit) for name, (_, _, limit) in cases.items()]


def main() -> int:
    """Measure, print a table or JSON, and say whether all is within its limits."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--check", action="store_true", help="fail where a figure is above its limit")
    options = parser.parse_args()
    measured = figures(options.rounds)
    if options.json:
        print(json.dumps([figure._asdict() for figure in measured], indent=2))
    else:
        for figure in measured:
            over = "  over" if figure.wall > figure.limit else ""
            print(
                f"{figure.name:30} {figure.wall:.3f} s (at most {figure.limit:g}), processor {figure.cpu:.3f} s{over}"
            )
    return int(options.check and any(figure.wall > figure.limit for figure in measured))


if __name__ == "__main__":
    sys.exit(main())
