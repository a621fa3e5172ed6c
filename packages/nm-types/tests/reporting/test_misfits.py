"""Messages: what a user reads, character by character, and the same as data."""

import copy
import json
import pickle
import re

import pytest

from nm_types import Edge, NeuralType, NeuralTypeError, type_call

ENCODER = "nm_asr.encoders.jasper.JasperEncoder"


def message(expected: str, given: str, **more: str) -> str:
    """The text of the error of one edge, connected in train.py."""
    edge = Edge("encoder", "audio_signal", "loader.features", NeuralType(expected), NeuralType(given), **more)
    with pytest.raises(NeuralTypeError) as caught:
        type_call([edge], {}, owner="encoder", location="train.py:41")
    return str(caught.value)


def test_axes_in_another_order() -> None:
    """The example of the page Types: one cause, both types aligned, a safe fix and another way."""
    text = message("B Spectrogram:64 T:t", "B T:t Spectrogram:64", declared=ENCODER, given_declared="AudioLayer")

    assert text == (
        "NM104  axes are in a different order                                 train.py:41\n"
        "  loader.features -> encoder.audio_signal\n"
        "\n"
        "                    axis 0   axis 1           axis 2\n"
        "  encoder expects   Batch    Spectrogram:64   Time:t\n"
        "  loader gives      Batch    Time:t           Spectrogram:64\n"
        "                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ swapped\n"
        "\n"
        "  The meanings agree; only axes 1 and 2 are swapped (TRANSPOSE_SAME).\n"
        "  encoder.audio_signal is declared in nm_asr.encoders.jasper.JasperEncoder.\n"
        "  loader.features is declared in AudioLayer.\n"
        '  fix (safe): encoder(audio_signal=transpose(features, "B Spectrogram T"))\n'
        "    (from nm_core import transpose)\n"
        '  or allow it for a block of calls: with nm_core.casts("transpose"):\n'
        "  nmod explain NM104 says more."
    )


def test_another_kind_of_values() -> None:
    """The kind of the values is the last column."""
    assert message("B T:t Class:29 ; LogProbs", "B T:t Class:29 ; Logits") == (
        "NM106  the kind of values differs                                    train.py:41\n"
        "  loader.features -> encoder.audio_signal\n"
        "\n"
        "                    axis 0   axis 1   axis 2     values\n"
        "  encoder expects   Batch    Time:t   Class:29   LogProbs\n"
        "  loader gives      Batch    Time:t   Class:29   Logits\n"
        "                                                 ^^^^^^^^ another kind\n"
        "\n"
        "  The values are Logits, the port needs LogProbs.\n"
        "  fix: connect an output of the kind LogProbs, or a module that turns Logits\n"
        "    into it.\n"
        "  nmod explain NM106 says more."
    )


@pytest.mark.parametrize(
    ("expected", "given", "words"),
    [
        ("B C T", "B Token T", "Axis 1 means Token, the port expects Channel."),
        ("B C T", "B C", "The port expects 3 axes, it is given 2."),
        ("*s C T", "C", "The port expects at least 2 axes, it is given 1."),
        ("B WordEmbedding", "B Embedding", "axis 1 is Embedding, not WordEmbedding"),
        ("B ; TokenIds", "B ; Labels(5)", "The values are Labels(5), the port needs TokenIds."),
        ("B C:64", "B C:40", "Axis 1 has the size 40, expected 64."),
        ("T:t T:t", "T:5 T:6", "Axis 1 has the size 6, expected t = 5."),
        ("B ; Labels(29)", "B ; Labels(30)", "The values are Labels(30), expected Labels(29)."),
        ("B C T", "object Text", "The port takes a tensor, it is given an object."),
        ("object Text", "list[object Text]", "The port takes an object, it is given a list."),
        ("B C", "{}", "loader.features says nothing about its values ({}), the port needs Batch Channel."),
        ("B T T", "T B T", "or one of the orders that fit: (1, 0, 2) or (1, 2, 0)."),
        ("T B C", "B C T", "only axes 0, 1 and 2 are in another order (TRANSPOSE_SAME)."),
        ("list[B C T]", "list[B T C]", "transpose each item before it goes into the list."),
        ("B C ; Logits", "B T ; Mask", "The values do not fit either: Mask, expected Logits."),
        ("B C:64 T", "B T C:40", "Once transposed, the sizes would not fit either."),
        ("*a Channel *b", "B T", "The port looks for Channel, which no axis of the value means."),
        ("T:t T:t", "T:a T:a//2", "because one of the two was subsampled and the other was not."),
    ],
)
def test_the_cause_is_said_in_one_sentence(expected: str, given: str, words: str) -> None:
    """Each way in which an edge can be bad has its own words."""
    assert words in " ".join(message(expected, given).split())


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("B C T", "B Token T"),
        ("B C T", "B C"),
        ("B ; TokenIds", "B ; Labels(5)"),
        ("B C:64 ; AudioSignal(16000)", "B C:64 ; AudioSignal(8000)"),
        ("T:t T:t", "T:a T:a//2"),
        ("B T T C H W", "B Token T Channel:12345 H W"),
    ],
)
def test_messages_fit_80_columns_and_have_no_trailing_blanks(expected: str, given: str) -> None:
    """Only what a user copies may be longer."""
    for line in message(expected, given).splitlines():
        assert len(line) <= 80 or '"' in line
        assert line == line.rstrip()


def test_types_that_are_too_wide_stand_one_axis_per_line() -> None:
    """The two types then stand beside each other."""
    text = message(
        "B Spectrogram:64 T:(2*first+3*second+17)//8 C:160 H:240 W:240",
        "B Spectrogram:64 T:(2*first+3*second+17)//8 C:160 W:240 H:240",
    )

    assert (
        "           expected                         given\n"
        "  axis 0   Batch                            Batch\n"
        "  axis 1   Spectrogram:64                   Spectrogram:64\n"
    ) in text
    assert "  axis 4   Height:240                       Width:240   <- swapped\n" in text


def test_the_chain_of_a_derived_size_is_shown() -> None:
    """Which ports have decided what this one asks for."""
    edges = [
        Edge("loss", "log_probs", "decoder.output", NeuralType("T:t"), NeuralType("T:(x+1)//2")),
        Edge("loss", "length", "decoder.length", NeuralType("; Lengths(t)"), NeuralType("; Lengths(x)")),
    ]
    with pytest.raises(NeuralTypeError) as caught:
        type_call(edges, {}, owner="loss")

    text = " ".join(str(caught.value).split())
    assert (
        "(decoder.x+1)//2 (from decoder.output at log_probs) = decoder.x (from decoder.length) "
        "can hold only by accident, because one of the two was subsampled and the other was not."
    ) in text


def error_with(count: int) -> NeuralTypeError:
    """An error with many bad edges."""
    edges = [Edge("m", f"p{i:02}", f"s{i}.y", NeuralType("B C"), NeuralType("B T")) for i in range(count)]
    with pytest.raises(NeuralTypeError) as caught:
        type_call(edges, {}, owner="m")
    return caught.value


def test_at_most_ten_problems_are_shown() -> None:
    """The rest is counted; the data has all of them."""
    error = error_with(13)

    assert str(error).count("NM101  an axis") == 10
    assert str(error).endswith("... and 3 more.\n\nnmod explain NM101 says more.")
    assert len(error.problems) == 13
    assert len(error.to_dict()["problems"]) == 13  # type: ignore[arg-type]
    assert "... and 3 more." in error._repr_html_()


def test_problems_are_plain_data_for_tools() -> None:
    """Codes, both types, columns and fixes, as JSON."""
    edge = Edge("encoder", "x", "loader.y", NeuralType("B C T"), NeuralType("B T C"), "Encoder", "Loader")
    with pytest.raises(NeuralTypeError) as caught:
        type_call([edge], {}, owner="encoder", location="train.py:41")

    (data,) = json.loads(json.dumps(caught.value.to_dict()))["problems"]
    assert data["code"] == caught.value.code == "NM104"
    assert (data["expected"], data["given"]) == ("Batch Channel Time", "Batch Time Channel")
    assert data["comparison"] == "TRANSPOSE_SAME"
    assert data["columns"][1] == {"head": "axis 1", "expected": "Channel", "given": "Time", "marked": True}
    assert data["fixes"] == [
        {
            "text": 'encoder(x=transpose(y, "B C T"))',
            "safe": True,
            "when": "",
            "needs": "from nm_core import transpose",
            "module": '{type: nm.Transpose, params: {order: "B C T"}}',
        }
    ]
    assert [data[key] for key in ("location", "file", "line", "column")] == ["train.py:41", "train.py", 41, None]


def test_notebooks_show_html() -> None:
    """What could be read as markup is escaped."""
    html = error_with(1)._repr_html_()
    edge = Edge("<b>", "x<i>", 's&t"."', NeuralType("B C"), NeuralType("B T"), "a.<script>", "<img src=x>")
    with pytest.raises(NeuralTypeError) as caught:
        type_call([edge], {}, owner="m", location="<u>.py:1")

    assert not re.findall(r"<(?:b>\.|i>|script|img|u>)", caught.value._repr_html_())
    assert "http" not in html
    assert "<b>NM101</b>" in html
    assert "<code>s0.y</code> &rarr; <code>m.p00</code>" in html


def test_errors_survive_copies_and_pickles() -> None:
    """With their problems."""
    error = error_with(2)

    for again in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):
        assert str(again) == str(error)
        assert again.problems == error.problems
        assert isinstance(again, TypeError)
