"""The files shown in the documentation are well formed."""

import re
from pathlib import Path

import pytest

from nm_core.actions.train_options import EngineOptions, TrainOptions, declared_options
from nm_core.application.form.schema import APPLICATION, TRAIN
from nm_core.application.saved.document import parse_document

PAGE = Path(__file__).parents[4] / "docs" / "application-files.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("text", BLOCKS)
def test_what_is_shown_can_be_read(text: str) -> None:
    """Every application in the page has the shape of the format."""
    document = parse_document(text, PAGE.with_suffix(".yaml"))

    assert document.problems.report().ok, document.problems.report()


@pytest.mark.parametrize("options", [TrainOptions, EngineOptions])
def test_the_page_has_the_defaults_of_the_options(options: type) -> None:
    """The table of the train section says the default of each option as it is declared."""
    rows = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| `")]
    for name, declared in declared_options(options).items():
        (cell,) = (row[-1].strip("`| ") for row in rows if f"`{name}`" in row[0])
        written = {"none": None, "constant": None, "": None, "false": False}.get(cell, cell)
        assert str(written) == str(declared.default), name


@pytest.mark.parametrize("key", [*APPLICATION.fields, *TRAIN.fields])
def test_every_key_is_documented(key: str) -> None:
    """No key of the format is left out of the page."""
    assert f"`{key}`" in TEXT
