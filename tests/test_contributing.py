"""The walk-throughs of CONTRIBUTING.md: their examples are right, and a part takes three source files."""

import doctest
import re
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PARTS = TEXT.partition("## Add a part\n")[2].partition("\n## ")[0]
WALKS = dict(re.findall(r"^### (An? .+?)\n(.*?)(?=^### |\Z)", PARTS, re.MULTILINE | re.DOTALL))
FILE = re.compile(r"^\| `(packages/\S+\.py)` \|", re.MULTILINE)
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_every_kind_of_part_is_walked_through() -> None:
    """Encoders, losses, decoding methods, optimizers and callbacks."""
    assert list(WALKS) == ["An encoder", "A loss", "A decoding method", "An optimizer", "A callback"]


@pytest.mark.parametrize("part", WALKS)
def test_a_part_takes_three_source_files(part: str) -> None:
    """One of them is new; declaration and export are there; the test stands at the mirrored place."""
    module, declaration, export, test = FILE.findall(WALKS[part])

    assert (ROOT / declaration).name == "_collection.py"
    assert (ROOT / export).name == "__init__.py"
    assert (ROOT / declaration).exists()
    assert (ROOT / export).exists()
    assert not (ROOT / module).exists()
    assert (ROOT / module).parent.is_dir()
    package, _, _, *rooms = Path(module).relative_to("packages").parts
    assert test == Path("packages", package, "tests", *rooms[:-1], f"test_{rooms[-1]}").as_posix()


def test_the_examples_in_docstrings_are_right() -> None:
    """The classes shown do what their own examples say."""
    names: dict[str, object] = {"__name__": "contributing", "torch": torch}
    for code in CODE.findall(PARTS):
        exec(compile(code, "CONTRIBUTING.md", "exec"), names)
    classes = [part for part in names.values() if getattr(part, "__module__", "") == "contributing"]

    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(verbose=False)
    tests = [test for part in classes for test in finder.find(part, module=False, globs=dict(names))]
    results = [runner.run(test) for test in tests if test.examples]

    assert len(results) == len(WALKS)
    assert sum(result.failed for result in results) == 0
