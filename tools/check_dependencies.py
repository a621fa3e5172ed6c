"""Compare what each package imports with what it declares: nothing undeclared, nothing declared in vain.

Use: `python tools/check_dependencies.py`. Imports are read from the sources, not run. What an extra brings is imported
where it is used, inside a function, so that loading a module needs no extra. Since nm-types declares nothing, it stands
on the standard library alone.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from requirements import all_packages, extras_of
from version import PACKAGES

IMPORTED_AS = {"pyyaml": "yaml"}
BY_NAME = {"import_module", "importorskip"}  # importlib.import_module("espeakng_loader")
ONLY_LOADED_BY_PYTEST = {"nm_core/testing/pytest_suite.py"}
KNOWN_TO_TYPE_CHECKERS = {"typing_extensions"}
"""Type checkers bring the stubs of these; a block that only they read needs nothing installed."""


def module_of(distribution: str) -> str:
    """Return the name under which a distribution is imported."""
    name = distribution.lower()
    return IMPORTED_AS.get(name, name.replace("-", "_"))


def imports(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Yield the full name of each module imported, its line, and whether loading the file imports it."""
    inner = {id(node) for outer in ast.walk(tree) if is_deferred(outer) for node in ast.walk(outer)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in BY_NAME:
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
        yield from ((name, node.lineno, id(node) not in inner) for name in names if name)


def is_deferred(node: ast.AST) -> bool:
    """Return whether what stands inside is not run when the file is loaded: a function, a block for type checkers."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def faults(package: str) -> Iterator[str]:
    """Yield what a package uses and does not declare, imports too early, or declares and does not use."""
    root = PACKAGES / package
    own = {path.stem for path in (root / "src").iterdir()}
    extras = {module_of(needed.name): extra for extra, all_ in extras_of(package).items() for needed in all_}
    used = {name.split(".")[0] for path in (root / "tests").rglob("*.py") for name, _, _ in imports(parsed(path))}
    used = {name for name in used if extras.get(name)}  # an extra may be there for the tests, a requirement may not
    for path in sorted((root / "src").rglob("*.py")):
        where = path.relative_to(root / "src").as_posix()
        for name, line, at_once in imports(parsed(path)):
            top = name.split(".")[0]
            used.add(top)
            if top in own or top in sys.stdlib_module_names:
                continue
            if top in KNOWN_TO_TYPE_CHECKERS and not at_once:
                continue
            if top not in extras:
                yield f"{where}:{line}: imports {name}, which packages/{package}/pyproject.toml does not declare."
            elif extras[top] and at_once and where not in ONLY_LOADED_BY_PYTEST:
                yield f"{where}:{line}: imports {name} when loaded, which only the extra {extras[top]} brings."
    for module, extra in extras.items():
        if module not in used:
            where = f"its extra {extra}" if extra else "it"
            yield f"packages/{package}/pyproject.toml: {where} requires {module}, which nothing imports."
    texts = [path.read_text(encoding="utf-8") for path in (root / "README.md", *(root / "src").rglob("*.py"))]
    for extra in filter(None, extras_of(package)):
        if not any(f"{package}[{extra}]" in text for text in texts):
            yield f"packages/{package}: no message, docstring or README names {package}[{extra}]."


def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def main() -> None:
    """Check all packages and list every fault."""
    found = [fault for package in all_packages() for fault in faults(package)]
    if found:
        raise SystemExit("\n".join(found))
    print(f"{len(all_packages())} packages import what they declare and declare what they import")


if __name__ == "__main__":
    main()
