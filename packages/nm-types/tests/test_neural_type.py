"""NeuralType: an immutable, hashable value that can be asked about itself."""

import copy
import pickle

import pytest

from nm_types import AxisType, BindingError, FrozenError, NeuralType, TimeTag, type_call


def test_a_type_can_be_asked_about_itself() -> None:
    """Rank, forms, items and parameters."""
    type = NeuralType("B Encoded:{feat_in} T:t//{stride} ; Labels({n})")
    texts = NeuralType("list[object Text]")

    assert type.rank == 3
    assert type.parameters == {"feat_in", "stride", "n"}
    assert not any((type.is_root, type.is_object, type.is_list))
    assert NeuralType("{}").is_root
    assert texts.is_list
    assert texts.item is not None
    assert texts.item.is_object
    assert texts.rank is None
    assert NeuralType("*s C").rank is None
    assert NeuralType("; Loss").rank == 0


def test_equality_is_a_plain_truth_value() -> None:
    """Types compare equal to types only, and work as keys."""
    type = NeuralType("B T:t")

    assert (type == NeuralType("Batch Time:t")) is True
    assert (type == NeuralType("B T:u")) is False
    assert (type == "B T:t") is False
    assert (type != 3) is True
    assert {type: 1}[NeuralType("B T:t")] == 1


def test_binding_fills_in_parameters() -> None:
    """Each name in braces takes its value, in axes, kinds and items; the rest stays."""
    params = {"feat_in": 64, "stride": 2, "n": 28, "other": "text"}

    bound = NeuralType("list[B Encoded:{feat_in} T:t//{stride} ; Labels({n}+1)]").bind(params)

    assert bound == NeuralType("list[B Encoded:64 T:t//2 ; Labels(29)]")
    assert bound.bind({}) is bound
    assert NeuralType("B C:{n}").bind({"n": None}) == NeuralType("B C")


def test_binding_says_what_is_wrong() -> None:
    """A missing parameter, or one that makes a size below one."""
    with pytest.raises(BindingError, match=r"\{feat_in\}"):
        NeuralType("B Encoded:{feat_in}").bind({"feat": 3})
    with pytest.raises(BindingError, match=r"Encoded:\{n\}-1 has no usable value"):
        NeuralType("B Encoded:{n}-1").bind({"n": 1})


def test_a_type_does_not_change() -> None:
    """Nor do its axes."""
    type = NeuralType("B T:t")

    with pytest.raises(FrozenError, match="immutable"):
        type.axes = ()
    with pytest.raises(FrozenError):
        type.axes[0].size = 3  # type: ignore[union-attr]
    assert repr(AxisType(TimeTag, "t//2")) == "AxisType(TimeTag, 't//2')"
    assert repr(AxisType(TimeTag, 5)) == "AxisType(TimeTag, 5)"
    assert repr(AxisType(TimeTag)) == "AxisType(TimeTag)"


def test_declared_types_copy_to_themselves() -> None:
    """An immutable value needs no second one; a pickle gives an equal one."""
    type = NeuralType("list[B T:t//2 ; Labels(n)]")

    assert copy.copy(type) is type
    assert copy.deepcopy(type) is type
    assert pickle.loads(pickle.dumps(type)) == type


def test_types_of_a_call_copy_together() -> None:
    """A copied graph has sizes of its own, related to each other as before (law 16)."""
    outputs = type_call(
        [], {"spec": NeuralType("B T:t"), "length": NeuralType("B ; Lengths(t)")}, owner="loader"
    ).outputs

    for copied in (copy.deepcopy(outputs), pickle.loads(pickle.dumps(outputs))):
        assert copied["spec"] != outputs["spec"]
        assert str(copied["spec"]) == "Batch Time:loader.t"
        assert copied["spec"].axes[1].size == copied["length"].kind.size(0)
        assert copied["spec"].axes[0] == copied["length"].axes[0]
