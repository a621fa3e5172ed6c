"""The types of values as the ports of a module would declare them."""

import pytest

from nm_types import NeuralType, type_call
from nm_types.sizes import Size
from nm_types.unifying import release_sizes, with_sizes


def ports(**types: str) -> dict[str, str]:
    """What is declared, made into values of a call and back."""
    made = type_call([], {name: NeuralType(text) for name, text in types.items()}, owner="loader").outputs
    return {name: str(type) for name, type in release_sizes(made).items()}


@pytest.mark.parametrize(
    "types",
    [
        {"x": "Batch Time:t Spectrogram:64", "n": "Batch ; Lengths(t)"},
        {"x": "Batch Time:t//2+1 Channel", "y": "Batch Time:t Token:2*u"},
        {"x": "Batch:b Time", "y": "Batch:b+1 Time"},
        {"x": "Time Time", "y": "list[object Text]", "z": "{}"},
        {"x": "Batch Token:u ; Labels(5)", "y": "; Loss", "z": "Batch ; Labels"},
        {"x": "Batch ; AudioSignal(16000)"},
    ],
)
def test_what_was_declared_comes_back(types: dict[str, str]) -> None:
    """Names, numbers and what was left out."""
    assert ports(**types) == types


def test_sizes_of_several_calls_get_names_of_their_own() -> None:
    """Two calls may both speak of t; one name in all types is one size."""
    one = type_call([], {"x": NeuralType("B T:t")}, owner="one").outputs["x"]
    other = type_call([], {"x": NeuralType("B T:t")}, owner="other").outputs["x"]

    made = release_sizes({"a": one, "b": other, "c": one})

    assert {name: str(type) for name, type in made.items()} == {
        "a": "Batch:n Time:t",
        "b": "Batch:n2 Time:t2",
        "c": "Batch:n Time:t",
    }


def test_an_unnamed_size_that_stands_twice_gets_a_name() -> None:
    """It would otherwise be two unknown sizes."""
    made = type_call([], {"x": NeuralType("T C")}, owner="m").outputs["x"]

    assert [str(type) for type in release_sizes({"a": made, "b": made}).values()] == ["Time:n Channel:n2"] * 2


def test_sizes_take_the_place_of_names() -> None:
    """In axes, in kinds and in the items of lists."""
    t = Size("t")

    for text, made in [
        ("B T:t ; Lengths(t+1)", "Batch Time:4 ; Lengths(5)"),
        ("list[T:2*t]", "list[Time:8]"),
        ("{}", "{}"),
    ]:
        assert str(with_sizes(NeuralType(text), {t.symbol: Size(4)})) == made
