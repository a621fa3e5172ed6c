"""The true cause of a call that does not fit comes first: swapped arguments, or another output of the same call."""

import pytest
from nm_core_samples import Decoder, Encoder, Features

from nm_core import NeuralTypeError, inputs


def test_two_swapped_positional_arguments_are_told_as_swapped() -> None:
    """Both problems say so first, and the fix gives each value its port; what was seen follows."""
    spec, length, *_ = Features()()
    with pytest.raises(NeuralTypeError) as caught:
        Encoder()(length, spec)
    for problem in caught.value.problems:
        assert problem.cause == "The values of signal and length are swapped: each fits the port of the other."
        assert problem.fixes[0].text == "give features.spec to signal, and features.length to length."
        assert problem.notes[0].startswith("The port expects")


def test_a_sibling_output_that_fits_is_named() -> None:
    """`decoder(encoded_length)` has the output beside it in mind."""
    encoded, encoded_length = Encoder()(*Features()()[:2])
    with pytest.raises(NeuralTypeError) as caught:
        Decoder()(encoded_length)
    (problem,) = caught.value.problems
    assert problem.cause == "This is another output of encoder than the port takes: encoder.encoded fits."
    assert problem.fixes[0].text == "give encoder.encoded to encoded."
    assert encoded.name == "encoder.encoded"


def test_nothing_is_proposed_where_nothing_fits() -> None:
    """A value of another size is the right one, and two outputs that would fit are no advice."""
    wide = inputs(spec="B Spectrogram:80 T:t", length="B ; Lengths(t)")
    with pytest.raises(NeuralTypeError) as caught:
        Encoder()(wide.spec, wide.length)
    assert caught.value.problems[0].cause.startswith("Axis 1 has the size 80")
    several = inputs(a="B Encoded:32 T:t", b="B Encoded:32 T:t", c="B ; Labels")
    with pytest.raises(NeuralTypeError) as caught:
        Decoder()(several.c)
    assert caught.value.problems[0].cause.startswith("The port expects 3 axes")
