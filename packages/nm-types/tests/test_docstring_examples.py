"""The examples in the docstrings of the package."""

import doctest
import importlib
import pkgutil

import pytest

import nm_types

MODULES = ["nm_types", *(module.name for module in pkgutil.walk_packages(nm_types.__path__, "nm_types."))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name: str) -> None:
    """Each example runs by itself, with the names of its module, and prints what stands below it."""
    module = importlib.import_module(name)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    report: list[str] = []

    for example in doctest.DocTestFinder(exclude_empty=True).find(module, name):
        runner.run(example, out=report.append)

    assert not runner.failures, "".join(report)
