"""Laws 1 to 4 and 9: how two types relate; numbers as in the page Types."""

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from nm_types_examples import above, beneath, near, port_for, seeds, tensors
from nm_types_model import KINDS, PARENTS, TAGS, Model

from nm_types import Comparison, NeuralType, compare, connect

SWAPPED = {Comparison.LESS: Comparison.GREATER, Comparison.GREATER: Comparison.LESS}
KNOWN = ("2", "3", "4")
KNOWN_KINDS = ("Logits", "Labels", "TokenIds", "asr.Phonemes", "music.Grid", "music.Calibrated")


def wrap_lines(type: NeuralType, pick: Random) -> NeuralType:
    """A type, or a list of it, or an object in the place of it."""
    form = pick.randrange(8)
    if form == 0:
        return NeuralType(f"list[{type}]", tags=TAGS, kinds=KINDS)
    return NeuralType(f"object {pick.choice(('Text', 'asr.Hypothesis'))}", kinds=KINDS) if form == 1 else type


@st.composite
def pairs(draw: st.DrawFn) -> tuple[NeuralType, NeuralType]:
    """Two types that are related more often than not: ports, outputs, lists, objects."""
    pick = draw(seeds)
    one = draw(tensors())
    one = port_for(one, pick) if pick.random() < 0.3 else one
    other = pick.choice((near, near, above, beneath))(one, pick)
    form = pick.getrandbits(32)
    return wrap_lines(one.type, Random(form)), wrap_lines(other.type, Random(form if pick.random() < 0.8 else form + 1))


@given(pairs())
def test_law_1_a_type_is_the_same_as_itself(pair: tuple[NeuralType, NeuralType]) -> None:
    """compare(a, a) is SAME, whatever a says."""
    for one in pair:
        assert compare(one, one) is Comparison.SAME
        assert compare(one, NeuralType(str(one), tags=TAGS, kinds=KINDS)) is Comparison.SAME


@given(pairs())
def test_law_2_swapping_the_sides(pair: tuple[NeuralType, NeuralType]) -> None:
    """Swapping maps LESS to GREATER and back, and leaves the other four as they are."""
    there, back = compare(*pair), compare(pair[1], pair[0])

    assert back is SWAPPED.get(there, there)


@given(pairs(), tensors(), seeds)
def test_law_3_refinement_is_a_partial_order(pair: tuple[NeuralType, NeuralType], first: Model, pick: Random) -> None:
    """Reflexive, antisymmetric, transitive, with root on top; and it implies SAME or LESS."""
    a, b = pair
    root = NeuralType("{}")
    low, middle = (model.type for model in (first, above(first, pick)))
    high = above(above(first, Random(1)), pick).type

    assert a.refines(a)
    assert a.refines(root)
    assert not root.refines(a)
    assert low.refines(middle)
    for one, other in ((a, b), (b, a), (low, high), (middle, high), (low, middle)):
        if one.refines(other):
            assert compare(one, other).fits
            assert (one == other) is other.refines(one)
    for one, two, three in ((low, middle, high), (a, b, a), (low, high, middle)):
        if one.refines(two) and two.refines(three):
            assert one.refines(three)


@given(tensors(KNOWN, KNOWN_KINDS), seeds)
def test_law_3_below_and_above_are_in_order(first: Model, pick: Random) -> None:
    """A chain of three types, each made from the one before it by saying less, is ordered in all three pairs."""
    second = above(first, pick)
    third = above(second, pick)

    assert first.type.refines(second.type)
    assert second.type.refines(third.type)
    assert first.type.refines(third.type)


@st.composite
def known_triples(draw: st.DrawFn) -> tuple[NeuralType, NeuralType, NeuralType]:
    """Types with all sizes and kinds known, climbing from one to the next, or close to it."""
    one = draw(tensors(KNOWN, KNOWN_KINDS))
    pick = draw(seeds)
    models = [one]
    for _ in range(2):
        models.append(above(models[-1], pick, forget=False))
    if pick.random() < 0.3:
        i, place = pick.randrange(3), pick.randrange(len(one.axes))
        axes = list(models[i].axes)
        axes[place] = pick.choice(list(PARENTS)[:5]), pick.choice(KNOWN)
        models[i] = Model(tuple(axes), models[i].kind, models[i].sizes)
    return models[0].type, models[1].type, models[2].type


@given(known_triples())
def test_law_4_same_is_equality_and_less_is_transitive_where_all_is_known(
    types: tuple[NeuralType, NeuralType, NeuralType],
) -> None:
    """With all sizes and kinds known and no root."""
    a, b, c = types

    for one, other in ((a, b), (b, c), (a, c), (c, a)):
        assert (compare(one, other) is Comparison.SAME) is (one == other)
    if compare(a, b) is Comparison.LESS and compare(b, c) is Comparison.LESS:
        assert compare(a, c) is Comparison.LESS


NAMES = ("t", "u", "v", "c", "d", "e")


@given(tensors(), seeds, st.permutations(("t", "u", "zeta", "a_1", "u2", "v")))
def test_law_9_renaming_changes_nothing(one: Model, pick: Random, new: list[str]) -> None:
    """Names of sizes mean nothing by themselves, as long as they stay apart: not even their order in the alphabet."""
    other = pick.choice((near, port_for))(one, pick)
    names = dict(zip(NAMES, new, strict=True))

    def renamed(model: Model) -> NeuralType:
        axes = tuple((tag, _renamed(size, names)) for tag, size in model.axes)
        return Model(axes, model.kind, tuple(_renamed(size, names) for size in model.sizes)).type

    pair, again = (one.type, other.type), (renamed(one), renamed(other))
    assert compare(*again) is compare(*pair)
    assert again[0].refines(again[1]) is pair[0].refines(pair[1])
    for casts in ("error", "transpose"):
        before, after = connect(*pair, casts=casts), connect(*again, casts=casts)
        assert after.cast == before.cast
        assert (after.problem and after.problem.code) == (before.problem and before.problem.code)
        assert (after.deferred, after.unchecked) == (before.deferred, before.unchecked)


def _renamed(size: str | None, names: dict[str, str]) -> str | None:
    return None if size is None else "".join(names.get(letter, letter) for letter in size)


def test_the_examples_of_these_laws_reach_the_interesting_cases() -> None:
    """Every result of compare, chains of LESS, refinements of every kind: none of them is rare."""
    seen: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True)
    @given(pairs(), known_triples())
    def count(pair: tuple[NeuralType, NeuralType], types: tuple[NeuralType, NeuralType, NeuralType]) -> None:
        seen[compare(*pair).name] += 1
        seen["refines"] += pair[0].refines(pair[1]) and pair[0] != pair[1]
        seen["template"] += pair[0].rank is None or "'" in str(pair[0])
        seen["chain"] += {compare(*types[:2]), compare(*types[1:])} == {Comparison.LESS}

    count()
    assert min(seen[result.name] for result in Comparison) >= 3, seen
    assert min(seen[case] for case in ("refines", "template", "chain")) >= 5, seen
