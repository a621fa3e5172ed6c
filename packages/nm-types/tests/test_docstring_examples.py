"""The examples in the docstrings of the package."""

from pathlib import Path

import pytest

from docstring_examples import find_modules, run_examples


@pytest.mark.parametrize("name", find_modules("nm_types"))
def test_examples_print_what_they_show(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example runs in an empty folder, and prints what stands below it."""
    monkeypatch.chdir(tmp_path)

    assert not run_examples(name)
