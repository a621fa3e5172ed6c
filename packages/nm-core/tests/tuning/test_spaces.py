"""The notation of search spaces: what each form means, and what a slip is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_core.application.text.scalars import plain_scalar
from nm_core.tuning import Choice, Range, TuningError, read_space


def drawn(space, value):
    """Return what a drawn value is in a file."""
    return plain_scalar(space.text(value))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2..8", "whole numbers from 2 to 8"),
        ("-4..+4", "whole numbers from -4 to 4"),
        ("0.0..0.5", "numbers from 0.0 to 0.5"),
        ("0..1.", "numbers from 0.0 to 1.0"),
        (".1...5", "numbers from 0.1 to 0.5"),
        ("1e-4..1e-1:log", "numbers from 0.0001 to 0.1, logarithmic"),
        ("16..1024:log", "whole numbers from 16 to 1024, logarithmic"),
        ("64..512:step=64", "whole numbers from 64 to 512 in steps of 64"),
        ("0.0..0.3:step=0.1", "numbers from 0.0 to 0.3 in steps of 0.1"),
        ("adamw,novograd", "one of adamw, novograd"),
        ("{adamw, novograd}", "one of adamw, novograd"),
        ("[1, 2],[3]", "one of [1, 2], [3]"),
        ("{name: sgd, lr: 1},{name: adamw}", "one of {name: sgd, lr: 1}, {name: adamw}"),
        ("'a,b',c", "one of 'a,b', c"),
        ("don't,do", "one of don't, do"),
        ("../a.jsonl,../b.jsonl", "one of ../a.jsonl, ../b.jsonl"),
    ],
)
def test_each_form_means_what_it_says(text, words) -> None:
    """The form of the numbers says whether they are whole; commas outside brackets and quotes separate choices."""
    space = read_space("x", text)

    assert space is not None
    assert space.describe() == words
    assert read_space("x", str(space)) == space


@pytest.mark.parametrize(
    "text",
    [
        "0.1",
        "adamw",
        "[1, 2]",
        "{name: sgd, lr: 0.1}",
        "{}",
        "../data/train.jsonl",
        "a..b",
        "'1..2'",
        '"a,b"',
        "'a|b'",
        "",
    ],
)
def test_everything_else_is_one_value(text) -> None:
    """What nmod train --set takes as one value stays one, unless it looks like a space."""
    assert read_space("x", text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.5..0.0", "the lower bound comes first"),
        ("1..1", "the lower bound comes first"),
        ("1..", "needs a number on both sides"),
        ("..5", "needs a number on both sides"),
        ("a..5", "needs a number on both sides"),
        ("0.1..high", "needs a number on both sides"),
        ("1e300..1e999", "finite"),
        ("0..1:log", "begins above 0"),
        ("1..8:lo", 'no option "lo". Did you mean "log"?'),
        ("1..8:step", 'no option "step". Did you mean "step="?'),
        ("1..8:step=0", "a step is a whole number above 0"),
        ("1..8:step=0.5", "a step is a whole number above 0"),
        ("1.0..8.0:step=x", "a step is a number above 0"),
        ("64..500:step=64", "write 64..448 or 64..512"),
        ("1..9:log:step=2", "logarithmic or has steps, not both"),
        ("1e-4..1e-1,log", "its options follow a colon, 1e-4..1e-1:log"),
        ("adamw|novograd", "separated by commas: x=adamw,novograd"),
        ("a,", "nothing between two commas"),
        ("{a}", "two at least"),
        ("a,a", "two at least"),
    ],
)
def test_a_slip_is_told_what_is_right(text, said) -> None:
    """The message says what is wrong and shows the forms there are."""
    with pytest.raises(TuningError) as caught:
        read_space("x", text)

    assert said in str(caught.value)
    assert "1e-4..1e-1:log" in str(caught.value)
    assert isinstance(caught.value, ValueError)


def test_steps_of_fractions_stay_on_their_grid() -> None:
    """0.1 + 2 * 0.1 is 0.3 in a file, and not 0.30000000000000004."""
    space = read_space("x", "0.1..0.5:step=0.1")

    assert isinstance(space, Range)
    assert space.values() == (0.1, 0.2, 0.3, 0.4, 0.5)
    assert space.text(0.1 + 0.1 + 0.1) == "0.3"


def test_only_spaces_with_an_end_have_values() -> None:
    """Whole numbers, steps and choices can be counted; other ranges cannot."""
    assert [read_space("x", text).values() for text in ("2..4", "a,b", "0.0..1.0", "1..9:log")] == [
        (2, 3, 4),
        ("a", "b"),
        None,
        None,
    ]


@given(st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.booleans())
def test_any_number_of_a_range_is_the_same_in_a_file(low, width, log) -> None:
    """What is drawn is what is trained: texts of numbers lose nothing."""
    high = low + width
    if high == low:
        return
    space = read_space("x", f"{low!r}..{high!r}{':log' if log else ''}")

    assert isinstance(space, Range)
    for value in (low, high, (low + high) / 2):
        assert drawn(space, value) == value


@given(st.lists(st.integers(-9, 99), min_size=2, max_size=5, unique=True))
def test_choices_are_texts_of_the_file(numbers) -> None:
    """A chosen number is a number again in the file."""
    space = read_space("x", ",".join(map(str, numbers)))

    assert isinstance(space, Choice)
    assert [drawn(space, value) for value in space.values()] == numbers
