"""A message about a derived size says who made it, and what measures it."""

import pytest

from nm_core import NeuralModule, NeuralTypeError, inputs, ports


class Halve(NeuralModule):
    """Keeps every other frame."""

    input_ports = ports(x="B C:4 T:t", n="B ; Lengths(t)")
    output_ports = ports(y="B C:4 T:(t+1)//2", m="B ; Lengths((t+1)//2)")


class Same(NeuralModule):
    """Changes nothing about sizes."""

    input_ports = ports(x="*s")
    output_ports = ports(y="*s")


class Needs(NeuralModule):
    """Frames and their lengths."""

    input_ports = ports(x="B C T:t", n="B ; Lengths(t)")
    output_ports = ports(y="; Loss")


def test_a_derived_size_is_followed_to_its_maker() -> None:
    """Through modules that only pass it on; the lengths beside it are what to connect."""
    x, n = inputs(x="B C:4 T:t", n="B ; Lengths(t)")
    y, _ = Halve(name="encoder")(x=x, n=n)
    passed = Same()(Same()(y))

    with pytest.raises(NeuralTypeError) as caught:
        Needs()(x=passed, n=n)
    (problem,) = caught.value.problems
    assert problem.code == "NM108"
    assert f"(inputs.t+1)//2 is made by encoder.y ({y.call.location})." in problem.notes
    assert [fix.text for fix in problem.fixes] == [
        "connect encoder.y and encoder.m together: both speak of (inputs.t+1)//2."
    ]

    Needs()(x=passed, n=y.call.tensor("m"))


def test_a_size_that_only_lengths_have_is_followed_too() -> None:
    """Here the lengths were subsampled and the frames were not."""
    x, n = inputs(x="B C:4 T:t", n="B ; Lengths(t)")
    _, m = Halve(name="encoder")(x=x, n=n)

    with pytest.raises(NeuralTypeError) as caught:
        Needs()(x=x, n=m)
    assert any("is made by encoder.m" in note for note in caught.value.problems[0].notes)
    assert caught.value.problems[0].fixes[0].text.startswith("connect encoder.m and encoder.y together")


def test_plain_sizes_need_no_maker() -> None:
    """A name belongs to whoever declares it, and a message about it says nothing more."""
    x, y = inputs(x="B C:4 T:5", y="B C:4 T:5")

    with pytest.raises(NeuralTypeError) as caught:
        Needs()(x=x, n=inputs(n="B:3 ; Lengths(6)"))
    assert all("is made by" not in note for problem in caught.value.problems for note in problem.notes)
    assert y.type == x.type
