"""The decisions of a call, and of one output into one input."""

from typing import Literal

import pytest
from nm_types_calls import call, codes, source

from nm_types import Comparison, DefinitionError, NeuralType, NeuralTypeError, connect


@pytest.mark.parametrize(
    ("output", "input", "accepted", "deferred"),
    [
        ("B Spectrogram:64 T:5", "B Spectrogram:64 T:5", True, False),
        ("B Spectrogram:64 T:5", "B Channel T", True, False),
        ("B C T:t", "B C:64 T:t", True, True),
        ("B T:t", "B T:64", True, True),
        ("B T ; Logits", "B T ; Logits", True, False),
        ("B T", "B T ; Logits", True, True),
        ("B C", "B Spectrogram", False, False),
        ("B C:64", "B C:40", False, False),
        ("B T C", "B C T", False, False),
        ("B T", "B C", False, False),
        ("{}", "B C", False, False),
        ("B C", "{}", True, False),
        ("object Text", "{}", True, False),
        ("T:t T:t", "T:u T:u", True, False),
        ("T:t T:t", "T:u T:(u+1)//2", False, False),
        ("T:t T:t", "T:u T:2*(u//2)", True, True),
    ],
)
def test_decisions_about_one_edge(output: str, input: str, accepted: bool, deferred: bool) -> None:
    """The table of connect: ok, ok with a deferred check, or an error."""
    decision = connect(NeuralType(output), NeuralType(input))

    assert (decision.accepted, decision.deferred) == (accepted, deferred)


def test_a_condition_is_stated() -> None:
    """What a deferred check looks for is said in words."""
    even = connect(NeuralType("T:t T:t"), NeuralType("T:u T:2*(u//2)"))
    kind = connect(NeuralType("B T"), NeuralType("B T ; Labels"))
    odd = connect(NeuralType("T:t T:t"), NeuralType("T:u T:2*((u-1)//2)+1"))
    unnamed = connect(NeuralType("B C"), NeuralType("B C:64"))
    named = connect(NeuralType("B C:c"), NeuralType("B C:64"))

    assert even.conditions == ("output.t must be a multiple of 2",)
    assert odd.conditions == ("output.t must leave 1 when it is divided by 2",)
    assert unnamed.conditions == ("axis 1 must be 64",)
    assert named.conditions == ("axis 1, output.c, must be 64",)
    assert kind.conditions == ("the values must be int numbers",)
    assert kind.unchecked


def test_names_on_both_sides_are_unrelated() -> None:
    """A graph renames apart before it compares: two uses of t are two sizes."""
    assert connect(NeuralType("T:t"), NeuralType("T:t+1")).accepted
    assert NeuralType("T:t").compare(NeuralType("T:t+1")) is Comparison.DIM_INCOMPATIBLE


def test_a_cast_is_visible_and_used() -> None:
    """With casts allowed the permutation is given back and the types go on as if the axes had been in order."""
    loader = source(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    inputs = {"x": ("B Channel:d T:t", loader["spec"]), "n": ("B ; Lengths(t)", loader["length"])}

    assert codes(inputs) == {"x": "NM104"}
    typing = call(inputs, {"y": "B T:t//2 C:d"}, casts="transpose")
    assert typing.casts == {"x": (0, 2, 1)}
    assert str(typing.outputs["y"]) == "Batch Time:loader.t//2 Channel:64"
    assert typing.deferred == ()


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("B T T", "T B T"),
        ("list[B T C]", "list[B C T]"),
        ("B C:40 T", "B T C:64"),
        ("B C T ; LogProbs", "B T C ; Logits"),
    ],
)
def test_casts_are_refused_where_tags_do_not_decide_or_more_is_wrong(expected: str, given: str) -> None:
    """Repeated tags, items of lists, sizes or kinds that differ."""
    with pytest.raises(NeuralTypeError):
        call({"x": (expected, given)}, {}, casts="transpose")


def test_a_fix_is_safe_only_where_it_helps() -> None:
    """Transposing does not repair a size that differs."""
    good = connect(NeuralType("B T C:64"), NeuralType("B C:64 T")).problem
    bad = connect(NeuralType("B T C:64"), NeuralType("B C:40 T")).problem
    assert good is not None
    assert bad is not None

    assert [fix.safe for fix in good.fixes] == [True]
    assert [fix.safe for fix in bad.fixes] == [False]
    assert "the sizes would not fit either" in str(bad)


def test_root_ports_take_anything_and_root_outputs_promise_nothing() -> None:
    """{} on either side, and through a call."""
    typing = call({"x": ("{}", "object Text"), "y": ("{}", "B T:t")}, {"z": "{}"})

    assert str(typing.outputs["z"]) == "{}"
    assert typing.deferred == typing.unchecked == ()


def test_a_type_that_is_not_bound_cannot_be_connected() -> None:
    """Parameters need values, and the message says where."""
    from nm_types import BindingError

    with pytest.raises(BindingError, match=r"\{d\}: parameters in braces must have values"):
        call({"x": ("B C:{d}", "B C:4")}, {})
    with pytest.raises(DefinitionError, match="stands for many meanings"):
        call({"x": ("B C:4", "B 'A:4")}, {})


@pytest.mark.parametrize(
    ("output", "input", "casts", "said"),
    [
        ("B C:64 T", "B C:64 T", "error", "SAME: accepted."),
        ("B C T", "B C:64 T", "error", "SAME: accepted; when it runs, axis 1 must be 64."),
        ("B T C", "B C T", "transpose", "TRANSPOSE_SAME: accepted; transposed by (0, 2, 1)."),
    ],
)
def test_a_decision_is_said_in_a_sentence(
    output: str, input: str, casts: Literal["error", "transpose"], said: str
) -> None:
    """As text and in a notebook, where a refusal shows its table."""
    decision = connect(NeuralType(output), NeuralType(input), casts=casts)

    assert str(decision) == said
    assert decision._repr_html_() == f"<div>{said}</div>"
    refusal = connect(NeuralType("B T"), NeuralType("B C"))
    assert str(refusal).startswith("NM101")
    assert "<table" in refusal._repr_html_()
