"""Find the modules of the packages that have no test of their name at the mirrored place.

Use: `python tools/mirror.py`. The test of `packages/nm-core/src/nm_core/graphs/graph.py` is
`packages/nm-core/tests/graphs/test_graph.py`. Modules that may do without one are listed in `mirror.toml` beside this
file, room by room: each entry names the tests that hold those modules instead, and says why.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from version import PACKAGES

ENTRIES = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Entry:
    """Modules of a room that have no test of their own: patterns of names, the tests that hold them, and why."""

    room: str
    modules: list[str]
    tests: list[str]
    reason: str

    def covers(self, module: PurePosixPath) -> list[str]:
        """Return the patterns that name a module."""
        inside = fnmatch(str(module.parent), self.room)
        return [pattern for pattern in self.modules if inside and fnmatch(module.name, pattern)]


def read_entries(path: Path = ENTRIES) -> list[Entry]:
    """Read the modules that may do without a test of their name."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [Entry(**entry) for entry in tomllib.loads(text).get("without", [])]


def modules_of(package: Path) -> Iterator[PurePosixPath]:
    """Yield each module of a package as `<package>/<room>/<module>`, without the import name of the package."""
    top = package / "src" / package.name.replace("-", "_")
    for path in sorted((package / "src").rglob("*.py")):
        if path.name != "__init__.py":
            below = path.relative_to(top) if path.is_relative_to(top) else path.relative_to(package / "src")
            yield PurePosixPath(package.name) / below.with_suffix("").as_posix()


def mirrored_test(module: PurePosixPath) -> Path:
    """Return where the test of a module belongs."""
    package, *rooms, name = module.parts
    return PACKAGES.joinpath(package, "tests", *rooms, f"test_{name.strip('_')}.py")


def faults(entries: list[Entry]) -> Iterator[str]:
    """Yield modules without a test, and entries that no longer hold."""
    unused = {(index, pattern) for index, entry in enumerate(entries) for pattern in entry.modules}
    for package in sorted(path.parent for path in PACKAGES.glob("*/pyproject.toml")):
        for module in modules_of(package):
            if mirrored_test(module).exists():
                continue
            matches = {(index, pattern) for index, entry in enumerate(entries) for pattern in entry.covers(module)}
            unused -= matches
            if not matches:
                test = mirrored_test(module).relative_to(PACKAGES.parent).as_posix()
                yield f"{module}: expected a test in {test}, or an entry in tools/{ENTRIES.name} that says why not."
    for index, pattern in sorted(unused):
        yield f"tools/{ENTRIES.name}: {entries[index].room}: {pattern} names no module without a test; take it out."
    for entry in entries:
        if not entry.reason:
            yield f"tools/{ENTRIES.name}: {entry.room}: expected a reason."
        for test in entry.tests:
            if not any(PACKAGES.parent.glob(test)):
                yield f"tools/{ENTRIES.name}: {entry.room}: there is no test {test}."


def main() -> None:
    """List the modules without a test of their name, and entries that no longer hold."""
    entries = read_entries()
    problems = list(faults(entries))
    if problems:
        raise SystemExit("\n".join(problems))
    count = sum(1 for package in PACKAGES.glob("*/pyproject.toml") for _ in modules_of(package.parent))
    print(f"{count} modules have a test of their name, or one of {len(entries)} reasons to be held by others")


if __name__ == "__main__":
    main()
