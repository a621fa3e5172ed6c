"""The catalogue of codes."""

import re
from pathlib import Path

import pytest

import nm_types
from nm_types import CODES, UnknownNameError, explain


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    """A title in a few words; then within a dozen lines what it means, why it matters, an example, and what to do."""
    text = explain(code)
    title, body = CODES[code]

    assert text.startswith(f"{code}  {title}\n\n{body}")
    assert len(title) < 72
    assert all(len(line) <= 80 and line == line.rstrip() for line in text.splitlines())
    assert 5 <= len(body.splitlines()) <= 12
    before, wrong, example = body.partition("\n\n  wrong:")
    assert before
    assert wrong
    assert "\n  right:" in example


def test_codes_are_found_whatever_their_case() -> None:
    """As somebody types them."""
    assert explain(" nm104 ") == explain("NM104")


def test_an_unknown_code_is_an_error() -> None:
    """With the closest one."""
    with pytest.raises(UnknownNameError, match='Did you mean "NM104"') as caught:
        explain("NM1044")
    assert str(caught.value).startswith('There is no code "NM1044".')


def test_every_code_that_is_raised_is_in_the_catalogue() -> None:
    """Some codes of the catalogue are for what only a framework can see, and are raised elsewhere."""
    used = set()
    for file in Path(nm_types.__file__).parent.rglob("*.py"):
        used |= set(re.findall(r"\bNM\d{3}\b", file.read_text("utf-8")))

    assert used <= set(CODES)
    assert not [code for code in set(CODES) - used if not code.startswith("NM13")]
