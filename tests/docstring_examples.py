"""Examples in the docstrings of a package, found and run for the tests of each package."""

import doctest
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def find_modules(package: str) -> list[str]:
    """Return the modules of a package whose docstrings show examples, without importing them."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    root = Path(spec.submodule_search_locations[0])
    files = [path for path in sorted(root.rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
    names = [".".join(path.relative_to(root.parent).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in names]


def run_examples(name: str) -> str:
    """Run the examples of a module, each by itself with the module's names; return what differs from what they show."""
    module = import_module(name)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report: list[str] = []
    for example in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(example, out=report.append)
    if not runner.tries:
        return f"{name} shows examples that are in no docstring."
    return "".join(report) if runner.failures else ""
