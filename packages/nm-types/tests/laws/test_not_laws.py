"""What is no law, each with a counterexample: the page Types says so, and nobody may rely on it."""

from nm_types import Comparison, Edge, NeuralType, check_equations, compare, connect, type_call
from nm_types.sizes import clash, parse_size

SAME = Comparison.SAME


def types(*texts: str) -> list[NeuralType]:
    """Types from their notations."""
    return [NeuralType(text) for text in texts]


def test_same_is_not_transitive_through_what_is_left_out() -> None:
    """Not through an unknown size, nor an omitted kind, nor the omitted size of a kind."""
    for texts in (
        ("B C:64", "B C", "B C:40"),
        ("B ; Logits", "B", "B ; LogProbs"),
        ("B ; Labels(5)", "B ; Labels", "B ; Labels(6)"),
        ("T:t", "T:u", "T:t+1"),
    ):
        a, b, c = types(*texts)
        assert (compare(a, b), compare(b, c)) == (SAME, SAME)
        assert compare(a, c) not in (SAME, Comparison.LESS)


def test_same_is_not_transitive_through_root() -> None:
    """An input {} is the same as everything, and lists of it are."""
    a, b, c = types("B C", "{}", "B T")
    assert compare(a, b) is compare(c, b) is SAME
    assert compare(a, c) is Comparison.INCOMPATIBLE

    a, b, c = types("list[B C]", "list[{}]", "list[B T]")
    assert compare(a, b) is compare(c, b) is SAME
    assert compare(a, c) is Comparison.INCOMPATIBLE


def test_same_with_root_has_two_sides() -> None:
    """Swapping the sides turns SAME into GREATER where one is root: law 2 is about types without it."""
    output, root = types("B C", "{}")

    assert compare(output, root) is SAME
    assert compare(root, output) is Comparison.GREATER


def test_same_is_not_equality_where_something_is_left_out() -> None:
    """Nor does it imply that either side refines the other."""
    a, b = types("B C:64 T", "B C T:5")

    assert compare(a, b) is SAME
    assert a != b
    assert not a.refines(b)
    assert not b.refines(a)


def test_less_is_not_transitive_where_something_is_left_out() -> None:
    """Through an unknown size, LESS and LESS make DIM_INCOMPATIBLE."""
    a, b, c = types("WordEmbedding:64", "Embedding", "Channel:40")

    assert compare(a, b) is compare(b, c) is Comparison.LESS
    assert compare(a, c) is Comparison.DIM_INCOMPATIBLE


def test_acceptance_is_not_transitive() -> None:
    """Each edge is judged on its own; what a port that says little lets pass, one behind it may refuse."""
    for texts in (("B C:64", "B C", "B C:40"), ("B ; Logits", "B", "B ; LogProbs"), ("T:t T:t", "T T", "T:t T:t+1")):
        a, b, c = types(*texts)
        assert connect(a, b).accepted
        assert connect(b, c).accepted
        assert not connect(a, c).accepted


def test_being_accepted_is_not_being_accepted_in_the_other_direction() -> None:
    """Connections have a direction: that of the data."""
    a, b = types("B Spectrogram", "B Channel")

    assert connect(a, b).accepted
    assert not connect(b, a).accepted


def test_a_cast_is_not_a_step_on_the_way_of_another() -> None:
    """Two casts in a row may do what one may not: the second sees less specific tags."""
    a, b, c = types("Spectrogram Encoded", "Encoded Channel", "Channel Encoded")

    assert connect(a, b, casts="transpose").cast == (1, 0)
    assert connect(b, c, casts="transpose").accepted
    assert connect(a, c, casts="transpose").cast is None


def test_forgetting_a_size_may_leave_an_accident() -> None:
    """A number makes an accident a fact; without it, what is left holds for one size, which is an error (law 5)."""
    port = NeuralType("Time:t Channel:t Height:(t+1)//2")
    known, unknown = types("Time:1 Channel:b Height:b", "Time Channel:b Height:b")

    assert connect(known, port).accepted
    problem = connect(unknown, port).problem
    assert problem is not None
    assert problem.code == "NM108"


def test_forgetting_a_size_may_leave_two_meanings() -> None:
    """A size that an axis has may be a size of its values; without it, what is left is of another meaning (law 5)."""
    port = NeuralType("Time:u Channel:c ; Labels(c)")
    known, unknown = types("Time:t Channel:t ; Labels(t)", "Time:t Channel ; Labels(t)")

    assert connect(known, port).accepted
    problem = connect(unknown, port).problem
    assert problem is not None
    assert problem.code == "NM107"


def test_a_more_specific_producer_may_have_two_axes_where_one_is_looked_for() -> None:
    """Two rows around one axis find it by its tag: a narrower tag beside it may be found too (law 6 without rows)."""
    port, general, special = types("*a Spectrogram *b", "Channel Spectrogram", "Spectrogram Spectrogram")

    assert special.refines(general)
    assert connect(general, port).accepted
    assert not connect(special, port).accepted


def test_batches_of_one_value_are_related_by_calls_and_not_by_refinement() -> None:
    """Two bare batch axes are of one size in a call; `refines` looks at each axis alone."""
    general, special = types("Batch Batch", "Batch:4 Batch:5")

    assert special.refines(general)
    assert connect(general, general).accepted
    assert not connect(special, general).accepted


def test_equal_functions_are_not_always_equal_sizes() -> None:
    """The normal form is not complete: these are equal for every value, not equal as sizes, and never said to clash."""
    for left, right in (("(t+1)//2", "t-t//2"), ("t//2+(t+1)//2", "t"), ("((u-t//2)//3)//2", "(u-t//2)//6")):
        one, other = parse_size(left), parse_size(right)
        assert one != other
        assert not clash(one, other)  # type: ignore[arg-type]


def test_what_check_equations_accepts_need_not_have_a_solution() -> None:
    """Open equations of many calls are judged by simple proofs: that 7 is no square is not found out."""
    made = type_call([], {"x": NeuralType("T:a*a"), "y": NeuralType("T:b")}, owner="s").outputs
    edges = [Edge("m", port, f"s.{port}", NeuralType("T:7"), value) for port, value in made.items()]
    equations = type_call(edges, {}, owner="m").equations

    assert [str(one) for one in equations] == ["7 = s.a*s.a", "7 = s.b"]
    assert check_equations(equations) == ()
