"""The laws are numbered as in the page Types."""

import re
from pathlib import Path


def test_each_of_the_sixteen_laws_is_a_test() -> None:
    """By its number, which is part of the name of the test."""
    texts = [file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py")]
    numbers = {int(number) for text in texts for number in re.findall(r"^def test_law_(\d+)_", text, re.MULTILINE)}

    assert numbers == set(range(1, 17))
