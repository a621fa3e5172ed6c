"""Find circles of imports within each package: files that need one another, whenever they import each other.

Use: `python tools/circles.py [package ...]`, such as `nm_torch`; all packages without. Imports under `TYPE_CHECKING`
and inside functions count. A name that the `__init__` of a room passes on counts as an import of the file that defines
it. Imports are read from the sources, not run.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

Lines = dict[str, int]
"""From the file that is imported, by its module name, to the first line that imports it."""


class Sources:
    """The files of one package by module name, parsed.

    Args:
        folder: the package's folder, `packages/nm-torch/src/nm_torch`.
    """

    def __init__(self, folder: Path) -> None:
        self.paths: dict[str, Path] = {}
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        self.trees = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.paths.items()}

    def imports(self, module: str) -> Lines:
        """Return the files of the package that a file imports."""
        lines: Lines = {}
        for node in ast.walk(self.trees[module]):
            for target in self._targets(node):
                if target != module:
                    lines.setdefault(target, node.lineno)  # type: ignore[attr-defined]  # imports and calls have one
        return lines

    def _targets(self, node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in self.trees)
        elif isinstance(node, ast.ImportFrom) and node.module in self.trees:
            yield from (self._definer(node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "import_module":
            yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant) and arg.value in self.trees)

    def _definer(self, module: str, name: str, passed: frozenset[str] = frozenset()) -> str:
        """Return the file that defines a name: a submodule, or where the `__init__` of a package has it from."""
        if f"{module}.{name}" in self.trees:
            return f"{module}.{name}"
        if self.paths[module].name != "__init__.py" or module in passed:
            return module
        for node in ast.walk(self.trees[module]):
            if isinstance(node, ast.ImportFrom) and node.module in self.trees:
                for alias in node.names:
                    if name == (alias.asname or alias.name):
                        return self._definer(node.module, alias.name, passed | {module})
        return module


def find_circles(graph: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """Return the largest sets of nodes in which each reaches each other, those of one node left out.

    Tarjan's algorithm (1972), with a stack of its own instead of recursion, as a chain of imports may be long.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    circles: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        path = [(root, iter(graph[root]))]
        while path:
            node, targets = path[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    path.append((target, iter(graph[target])))
                    break
                if target in stack:
                    low[node] = min(low[node], index[target])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    position = stack.index(node)
                    circle, stack[position:] = stack[position:], []
                    if len(circle) > 1:
                        circles.append(sorted(circle))
    return circles


def shortest_circle(graph: Mapping[str, Mapping[str, int]], members: list[str]) -> list[str]:
    """Return a shortest way from a node over others back to itself, among nodes that reach each other."""
    ways = []
    for start in members:
        queue = [[start]]
        reached: set[str] = set()
        for way in queue:  # grows while it is read: breadth first
            steps = [target for target in graph[way[-1]] if target in members and target not in reached]
            if start in steps:
                ways.append([*way, start])
                break
            reached.update(steps)
            queue += [[*way, target] for target in steps]
    return min(ways, key=len)


def report(folder: Path) -> Iterator[str]:
    """Yield a paragraph for each circle of a package."""
    sources = Sources(folder)
    graph = {module: sources.imports(module) for module in sources.trees}
    for members in find_circles(graph):
        way = shortest_circle(graph, members)
        steps = "".join(
            f"  {sources.paths[module].relative_to(folder.parent)}:{graph[module][target]} imports {target}\n"
            for module, target in pairwise(way)
        )
        more = "" if len(members) == len(way) - 1 else f"  The circle has {len(members)} files: {', '.join(members)}\n"
        yield f"{folder.name}: files import each other in a circle.\n{steps}{more}"


def main(names: list[str]) -> int:
    """Print the circles of packages and return the exit code."""
    folders = sorted(path.parent for path in ROOT.glob("packages/*/src/*/__init__.py"))
    unknown = set(names) - {folder.name for folder in folders}
    if unknown:
        print(f"There is no package {', '.join(sorted(unknown))} in packages/.", file=sys.stderr)
        return 2
    folders = [folder for folder in folders if not names or folder.name in names]
    reports = [paragraph for folder in folders for paragraph in report(folder)]
    if reports:
        print("".join(reports), end="", file=sys.stderr)
        return 1
    print(f"{', '.join(folder.name for folder in folders)}: no circle of imports.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
