"""Kinds of values: a tree of their own, with dtype families and sizes."""

import copy
import pickle
from typing import Any

import pytest

from nm_types import (
    KINDS,
    Attention,
    AudioSignal,
    DefinitionError,
    Edge,
    FrozenError,
    Kind,
    Labels,
    Lengths,
    Logits,
    LogProbs,
    NeuralType,
    Text,
    TokenIds,
    TypeSyntaxError,
    type_call,
)
from nm_types.connecting import assumed, transposed
from nm_types.notation import check_input


class Hypothesis(Text, id="asr.Hypothesis"):
    """A kind of a collection."""


def test_kinds_with_equal_sizes_are_equal() -> None:
    """An instance is its kind and its sizes; unknown sizes at the end are left out."""
    assert Labels(29) == Labels("29")
    assert Labels("n") != Labels("m")
    assert Labels(None) == Labels() == Labels("?")
    assert hash(Labels(29)) == hash(Labels(29))
    assert Labels(29) != TokenIds(29)
    assert str(Lengths("t//2")) == "Lengths(t//2)"
    assert str(Labels(None)) == "Labels"


def test_a_child_keeps_the_family_and_the_sizes_of_its_parent() -> None:
    """TokenIds are Labels: integers, with a number of classes."""
    assert TokenIds.dtype == Labels.dtype == "int"
    assert TokenIds.parameters == ("classes",)
    assert Hypothesis.dtype == "object"


def test_a_family_cannot_change_below() -> None:
    """A float among integers would break every port that takes the parent."""
    with pytest.raises(DefinitionError, match="int, as its parent's"):
        type(Kind)("Soft", (Labels,), {"__module__": "m"}, id="m.Soft", dtype="float")
    with pytest.raises(DefinitionError, match="float or int or bool or object"):
        type(Kind)("Soft", (Kind,), {"__module__": "m"}, id="m.Soft", dtype="complex")


def test_sizes_of_a_child_begin_with_those_of_its_parent() -> None:
    """So that a child can stand where the parent is asked for."""
    wider: Any = type(Kind)("Wide", (Labels,), {"__module__": "m"}, id="m.Wide", parameters=("classes", "pad"))

    assert wider(29, 1).size(1) is not None
    with pytest.raises(DefinitionError, match="must begin with"):
        type(Kind)("Odd", (Labels,), {"__module__": "m"}, id="m.Odd", parameters=("pad",))


def test_too_many_sizes_are_refused() -> None:
    """The error says which sizes there are."""
    with pytest.raises(DefinitionError, match=r"LogProbs has 0 sizes \(none\)"):
        LogProbs(3)
    with pytest.raises(TypeSyntaxError, match="the classes is a whole number of at least 1"):
        Labels(0)


def test_kinds_do_not_change_and_survive_copies() -> None:
    """A kind is a value."""
    kind = AudioSignal(16000)
    with pytest.raises(FrozenError):
        kind.sizes = ()
    assert copy.deepcopy(kind) == pickle.loads(pickle.dumps(kind)) == kind


def test_object_kinds_stand_after_the_word_object() -> None:
    """A collection's object kind is printed qualified and read in its scope."""
    one = NeuralType("object Hypothesis", kinds=[Hypothesis])

    assert str(one) == "object asr.Hypothesis"
    assert one.is_object
    assert one.refines(NeuralType("object Text"))
    assert NeuralType({}, kind=Text) == NeuralType("object Text")


def test_a_former_id_is_read_as_the_kind_of_today() -> None:
    """A notation may name what a kind was called before; an id of today wins over a former one."""
    moved: Any = type(Kind)("Moved", (Text,), {"__module__": "m"}, id="common.Hypothesis", formerly=("asr.Hypothesis",))

    read = NeuralType("list[object asr.Hypothesis]", kinds=[moved])

    assert read == NeuralType("list[object common.Hypothesis]", kinds=[moved])
    assert str(read) == "list[object common.Hypothesis]"
    both = NeuralType("object asr.Hypothesis", kinds=[moved, Hypothesis])
    assert str(both) == "object asr.Hypothesis"
    with pytest.raises(DefinitionError, match='"moved" is no id of a kind'):
        type(Kind)("Moved", (Text,), {"__module__": "m"}, id="common.Hypothesis", formerly=("moved",))


@pytest.mark.parametrize("text", ["*s ; 'K", "B 'A:n ; sum('Kind)"])
def test_kind_variables_are_written_and_read(text: str) -> None:
    """In notations, in data and in copies; a variable is equal to itself alone, and no input has the kind of a sum."""
    type = NeuralType(text)

    assert str(type).endswith(text.rpartition("; ")[2])
    assert type == NeuralType(str(type)) == NeuralType.from_dict(type.to_dict()) == pickle.loads(pickle.dumps(type))
    assert hash(type) == hash(NeuralType(str(type)))
    assert type.compare(type).fits
    assert not type.refines(NeuralType(text.partition(";")[0] + "; Logits"))
    assert NeuralType("B ; 'K") != NeuralType("B ; sum('K)") != NeuralType("B ; sum('L)")


def test_the_kind_of_a_sum_is_linear() -> None:
    """Sums of logits are logits, and so are those of a kind below; sums of probabilities are features."""

    class Scores(Logits, id="x.Scores"): ...

    assert Scores.linear
    assert not Attention.linear
    for kind, expected in ((Scores, "x.Scores"), (Logits, "Logits"), (Attention, "Features"), (Labels, "Features")):
        edge = Edge("m", "x", "a.y", NeuralType("*s ; 'K"), NeuralType("B C", kind=kind))
        assert str(type_call([edge], {"y": NeuralType("*s ; sum('K)")}, owner="m").outputs["y"].kind) == expected


def test_values_have_one_kind() -> None:
    """Neither a free input, nor a claim, nor an order, nor the kind of an input may leave it open in the wrong way."""
    edge = Edge("m", "x", "a.y", NeuralType("B C"), NeuralType("B C ; 'K"))
    with pytest.raises(DefinitionError, match="'K stands for many kinds"):
        type_call([edge], {}, owner="m")
    for view in (assumed, transposed):
        with pytest.raises(TypeSyntaxError, match="'K stands for any"):
            view(Edge("m", "x", "a.y", NeuralType("B C ; 'K"), NeuralType("B C")))
    with pytest.raises(TypeSyntaxError, match=r"sum\('K\) is the kind of an output"):
        check_input(NeuralType("B C ; sum('K)"))


def test_every_kind_is_documented() -> None:
    """The catalogue of nm-types has no doubles and no gaps."""
    assert len({kind.id for kind in KINDS}) == len(KINDS)
    assert all(kind.__doc__ and kind.name == kind.__name__ for kind in KINDS)
