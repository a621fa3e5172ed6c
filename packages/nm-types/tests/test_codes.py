"""The catalogue of codes."""

import re
from pathlib import Path

import pytest

import nm_types
from nm_types import CODES, UnknownNameError, explain


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    """A title in a few words, and a paragraph within 80 columns that ends in a full stop or an example."""
    text = explain(code)
    title, body = CODES[code]

    assert text.startswith(f"{code}  {title}\n\n{body}")
    assert len(title) < 72
    assert all(len(line) <= 80 for line in text.splitlines())
    assert len(body) > 60


def test_codes_are_found_whatever_their_case() -> None:
    """As somebody types them."""
    assert explain(" nm104 ") == explain("NM104")


def test_an_unknown_code_is_an_error() -> None:
    """With the closest one."""
    with pytest.raises(UnknownNameError, match='Did you mean "NM104"'):
        explain("NM1044")


def test_every_code_that_is_raised_is_in_the_catalogue_and_the_other_way_round() -> None:
    """No code without an explanation, no explanation without a use; some are for what only a framework can see."""
    used = {"NM130", "NM131", "NM132"}
    for file in Path(nm_types.__file__).parent.glob("*.py"):
        if file.name != "codes.py":
            used |= set(re.findall(r"\bNM\d{3}\b", file.read_text("utf-8")))

    assert used == set(CODES)
