"""A pasted fix writes the module and its arguments as the user's own line does."""

from types import SimpleNamespace
from typing import Any

import pytest
from nm_core_samples import Decoder, Encoder, Sum

from nm_core import NeuralTypeError, inputs


def fix_of(call: Any) -> str:
    """Return the fix of the first problem of a call."""
    with pytest.raises(NeuralTypeError) as caught:
        call()
    return str(caught.value.problems[0].fixes[0].text)


def test_a_fix_has_the_users_names() -> None:
    """Variables, attributes and the name of the module are those of the line, whatever the ports are called."""
    mine = SimpleNamespace(decode=Decoder(name="other"))
    batch = inputs(features="B T:t Encoded:32")
    by_position = fix_of(lambda: mine.decode(batch))
    by_name = fix_of(lambda: mine.decode(encoded=batch))
    assert by_position == by_name == 'mine.decode(encoded=transpose(batch, "B Encoded T"))'


def test_a_call_over_several_lines_is_read_whole() -> None:
    """Its source is found by the positions of the instruction, letters beyond ASCII before it included."""
    encoder, größe = Encoder(), inputs(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    fix = fix_of(
        lambda: encoder(
            größe.spec,
            length=größe.length,
        )
    )
    assert fix == 'encoder(signal=transpose(größe.spec, "B Spectrogram T"))'


def test_items_of_a_list_are_told() -> None:
    """A list that is written out gives each item its expression."""
    total, right, wrong = Sum(), inputs(a="B Encoded:32 T:t"), inputs(b="B T:t Encoded:32")
    # outside of the assertion: older releases of pytest rewrite it without the places of what is in it
    fix = fix_of(lambda: total([right, wrong]))
    assert fix.endswith("in the place of wrong in values")


def test_without_a_readable_call_the_port_of_the_value_is_named() -> None:
    """Stars, and code that is in no file, leave the names of the ports."""
    decoder, arguments = Decoder(), [inputs(features="B T:t Encoded:32")]
    expected = 'decoder(encoded=transpose(features, "B Encoded T"))'
    assert fix_of(lambda: decoder(*arguments)) == expected
    assert fix_of(lambda: eval("decoder(arguments[0])", {"decoder": decoder, "arguments": arguments})) == expected
