"""The public classes of the packages, read from the sources: where each is defined, and whether it has an example.

Public is what the reference documents (the packages and the rooms that `docs/_reference/sources.py` lists) and what a
collection registers.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from version import PACKAGES

EXAMPLE = re.compile(r"^\s*>>> ", re.MULTILINE)
TARGET = re.compile(r"(nm_[\w.]+):(\w+)")

# Classes that inherit one of these, or whose base's name ends like them, need no example of their own.
BASES_WITHOUT_EXAMPLE = {
    "Error": "an error is raised by the library and caught by its class",
    "Warning": "a warning is raised by the library and filtered by its class",
    "Exception": "an error is raised by the library and caught by its class",
    "Protocol": "a protocol is implemented, not constructed",
    "Enum": "members are named, not constructed",
    "TypedDict": "it only names keys for type checkers",
    "Tag": "a tag is written in a type; `Tag` shows how",
    "Kind": "a kind is written in a type; `Kind` shows how",
}
# Single classes that need none; each with its reason.
CLASSES_WITHOUT_EXAMPLE: dict[str, str] = {}


@dataclass(frozen=True)
class Source:
    """A file of a package: its path below `packages`, the name it is imported by, its text and its syntax tree."""

    package: str
    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The name of the file, without its folders."""
        return Path(self.path).name

    @property
    def classes(self) -> list[ast.ClassDef]:
        """The public classes at the top of the file, exported or not."""
        return [node for node in self.tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]


def read_sources(packages: Iterable[str]) -> list[Source]:
    """Read all sources of the packages."""
    sources = []
    for package in packages:
        folder = PACKAGES / package / "src"
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            text = path.read_text(encoding="utf-8")
            relative = path.relative_to(PACKAGES).as_posix()
            sources.append(Source(package, relative, module, text, ast.parse(text, str(path))))
    return sources


def docstring_of(node: ast.AST) -> tuple[int, str] | None:
    """Return line and text of the docstring of a module, class or function."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or not node.body:
        return None
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return first.lineno, first.value.value.strip()
    return None


def documented_rooms() -> list[str]:
    """Return the rooms that the reference documents beside the packages themselves."""
    listing = PACKAGES.parent / "docs" / "_reference" / "sources.py"
    for node in ast.parse(listing.read_text(encoding="utf-8")).body if listing.exists() else []:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAMESPACES":
            return [f"{owner}.{room}" for owner, rooms in ast.literal_eval(node.value).items() for room in rooms]
    return []


def imported_from(source: Source) -> dict[str, str]:
    """Return the module that each name comes from which a file imports from the packages."""
    origins: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("nm_"):
            origins |= {alias.name: str(node.module) for alias in node.names}
    return origins


def listed_names(source: Source) -> list[str]:
    """Return `__all__` of a file; where it is not written out, what the file defines, or imports as an `__init__`."""
    for node in source.tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            constants = [inner.value for inner in ast.walk(node.value) if isinstance(inner, ast.Constant)]
            if constants:
                return [str(constant) for constant in constants]
    names = [node.name for node in source.classes]
    return [*names, *imported_from(source)] if source.name == "__init__.py" else names


def registered_targets(source: Source) -> Iterator[tuple[str, str]]:
    """Yield module and class of each target that a declaration names, as `module:Class` or as two arguments."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if match := TARGET.fullmatch(node.value):
                yield match[1], match[2]
        elif isinstance(node, ast.Call) and node.args:
            texts = [str(arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
            if len(texts) == len(node.args) and re.fullmatch(r"nm_\w+(\.\w+)+", texts[-1]):
                yield texts[-1], texts[0]


def public_classes(sources: list[Source]) -> Iterator[tuple[Source, ast.ClassDef]]:
    """Yield each public class with the file that defines it, once."""
    by_module = {source.module: source for source in sources}
    public: list[tuple[str, str]] = []
    for module in (*(name for name in by_module if "." not in name), *documented_rooms()):
        if module in by_module:
            public += [(module, name) for name in listed_names(by_module[module])]
    for source in sources:
        if source.name == "_collection.py":
            public += registered_targets(source)
    definitions: set[tuple[str, str]] = set()
    for module, name in public:
        # follow the imports from the exporting file to the defining one
        while module in by_module and (origin := imported_from(by_module[module]).get(name, module)) != module:
            module = origin
        definitions.add((module, name))
    for source in sources:
        for node in source.classes:
            if (source.module, node.name) in definitions:
                yield source, node


def bases_of(node: ast.ClassDef) -> list[str]:
    """Return the short names of the bases of a class."""
    return [ast.unparse(base).split("[")[0].split(".")[-1] for base in node.bases]


def needs_example(node: ast.ClassDef, by_name: dict[str, ast.ClassDef]) -> bool:
    """Return whether people construct or call a class: neither it nor a base of it is excepted."""
    if node.name in CLASSES_WITHOUT_EXAMPLE:
        return False
    for base in bases_of(node):
        parent = by_name.get(base)
        if base.endswith(tuple(BASES_WITHOUT_EXAMPLE)):
            return False
        if parent and parent is not node and base != node.name and not needs_example(parent, by_name):
            return False
    return True


def find_without_example(sources: list[Source]) -> Iterator[tuple[Source, ast.ClassDef]]:
    """Yield the public classes that people construct or call and whose docstring has no example."""
    by_name = {node.name: node for source in sources for node in source.classes}
    for source, node in public_classes(sources):
        docstring = docstring_of(node)
        if not (docstring and EXAMPLE.search(docstring[1])) and needs_example(node, by_name):
            yield source, node


def find_repeated_names(sources: list[Source]) -> Iterator[tuple[Source, ast.ClassDef]]:
    """Yield the classes without underscore whose name another class has too, in whatever package."""
    definitions = Counter(node.name for source in sources for node in source.classes)
    for source in sources:
        for node in source.classes:
            if definitions[node.name] > 1:
                yield source, node


def find_repeated_files(sources: list[Source]) -> Iterator[Source]:
    """Yield the files whose name another file of the same package has too."""
    files = Counter((source.package, source.name) for source in sources)
    for source in sources:
        if source.name != "__init__.py" and files[source.package, source.name] > 1:
            yield source
