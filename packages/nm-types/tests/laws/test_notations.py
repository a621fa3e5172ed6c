"""Laws 11, 12 and 14: what is written, what it stands for, and who else may declare tags."""

import copy
import pickle
from collections import Counter
from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nm_types_examples import port_for, seeds, tensors
from nm_types_model import KINDS, TAGS, TENSOR_KINDS
from nm_types_sizes import reading

from nm_types import KINDS as OWN_KINDS
from nm_types import TAGS as OWN_TAGS
from nm_types import (
    DefinitionError,
    Kind,
    NeuralType,
    Size,
    Tag,
    TypeSyntaxError,
    UnknownNameError,
    compare,
    connect,
)
from nm_types.sizes import Sum, Variable, parse_size
from nm_types.sizes.formulas import LONGEST

NAMES = ("t", "u", "v")
leaves = st.one_of(st.integers(0, 9).map(str), st.sampled_from(NAMES))


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda three: f"({three[0]}{three[1]}{three[2]})"),
        st.tuples(inner, st.integers(1, 12)).map(lambda two: f"({two[0]}//{two[1]})"),
    )


written = st.recursive(leaves, _grow, max_leaves=8)
numbers = st.fixed_dictionaries({name: st.integers(-9, 40) for name in NAMES})


@given(written, numbers)
def test_law_11_normalising_keeps_the_value(text: str, known: dict[str, int]) -> None:
    """A size in normal form has the value of the expression as written, below zero too."""
    assert Size(parse_size(text)).evaluate(known) == reading(text)(known)


@given(written, written, numbers)
def test_law_11_substituting_keeps_the_value(text: str, other: str, known: dict[str, int]) -> None:
    """A size put in the place of a name is as good as its number."""
    inner = Size(parse_size(other))
    made = Size(parse_size(text)).substitute({Variable("t"): inner})

    assert made.evaluate(known) == reading(text)({**known, "t": reading(other)(known)})


@given(written, written)
def test_law_11_normalising_is_idempotent(text: str, other: str) -> None:
    """Building a size again changes nothing, from its parts, or from its text where that is not too long to be read."""
    size = Size(parse_size(text))
    added = size + Size(Sum("n_i")) * 2 - Size(parse_size(other))

    for one in (size, added, added // 3, size * 2 - size):
        assert one.substitute({Variable(name): Size(name) for name in NAMES}) == one
        if len(str(one)) <= LONGEST:
            assert parse_size(str(one)) == one
            assert hash(parse_size(str(one))) == hash(one)
    assert size * 2 - size == size


affine = st.tuples(*[st.integers(-7, 7)] * 4).map(
    lambda n: n[0] * Size("t") + n[1] * Size("u") + n[2] * Size("v") + n[3]
)


@given(affine, st.integers(1, 9), st.integers(1, 9), st.integers(-9, 9))
def test_law_11_divisions_in_divisions_join(size: Size, inner: int, outer: int, added: int) -> None:
    """floor((floor(e/a) + c)/b) is floor((e + a*c)/(a*b)), multiples come out, common divisors go."""
    assert (size // inner + added) // outer == (size + inner * added) // (inner * outer)
    assert (size * inner) // (inner * outer) == size // outer
    assert (size + outer * added) // outer == size // outer + added


@given(affine, affine, st.tuples(*[st.integers(1, 9)] * 3), st.tuples(*[st.integers(-9, 9)] * 3), numbers)
def test_law_11_divisions_of_divisions_keep_the_value(
    one: Size, other: Size, divisors: tuple[int, ...], counts: tuple[int, ...], known: dict[str, int]
) -> None:
    """Multiples of one or two floor divisions, divided again."""
    (a, b, c), (k, m, n) = divisors, counts
    made = ((one // a) * k + (other // b) * m + n) // c

    assert made.evaluate(known) == (one.evaluate(known) // a * k + other.evaluate(known) // b * m + n) // c


EXPRESSIONS = (
    None, "64", "t", "t//2", "(t+1)//2", "{n}", "{n}+1", "2*{n}", "t//{s}", "(t+2*{p}-{d}*({k}-1)-1)//{s}+1",
    "{n}*({n}+1)", "t*{n}", "sum(n_i)", "count(xs)", "n_i", "t-u", "3*(t//3)", "({n}+t)*2", "t*t-{n}", "{n}//2//3",
    "{a}-({b}-{c})",
)  # fmt: skip


@st.composite
def notations(draw: st.DrawFn) -> str:
    """Any notation: tags and kinds of collections, parameters in braces, rows, variables, lists, objects, root."""
    pick = draw(seeds)
    form = pick.randrange(12)
    if form == 0:
        return pick.choice(("{}", "object Text", "object asr.Hypothesis", "; Loss"))
    if form == 1:
        return f"list[{draw(notations())}]"
    model = draw(tensors(EXPRESSIONS, (None, *TENSOR_KINDS)))
    return str(port_for(model, pick) if pick.random() < 0.4 else model)


def read(text: str) -> NeuralType:
    """A type in the scope of all collections of these tests."""
    return NeuralType(text, tags=TAGS, kinds=KINDS)


@example("T ; music.Grid(?,4)")
@example("*s ; 'K")
@example("*s Class:count(xs) ; sum('K)")
@given(notations())
def test_law_12_types_read_back(text: str) -> None:
    """parse(str(T)), from_dict(to_dict(T)), a copy and a pickle are T, with its hash and its text."""
    type = read(text)
    again = [read(str(type)), NeuralType.from_dict(type.to_dict(), tags=TAGS, kinds=KINDS)]
    again += [copy.deepcopy(type), pickle.loads(pickle.dumps(type))]

    for one in again:
        assert one == type
        assert hash(one) == hash(type)
        assert str(one) == str(type)
        assert one.to_dict() == type.to_dict()
        assert one.parameters == type.parameters


@given(notations(), st.fixed_dictionaries({name: st.integers(1, 9) for name in "nspdkabc"}))
def test_law_12_bound_types_read_back(text: str, values: dict[str, int]) -> None:
    """With values in the place of parameters too, and a bound type has none left."""
    try:
        type = read(text).bind(values)
    except (TypeSyntaxError, ValueError):
        return

    assert not type.parameters
    assert read(str(type)) == type
    assert NeuralType.from_dict(type.to_dict(), tags=TAGS, kinds=KINDS) == type


OLD = [
    "B T:t", "B Time:t Spectrogram:64", "Token:u", "B Token ; Labels(5)", "B Class ; TokenIds", "B Channel:c T",
    "{}", "object Text", "list[B T]", "B:? T", "*s C", "B 'A<=Channel", "B T ; Lengths(t)", "B H W ; Attention",
    "T:t//2 B", "B WordEmbedding ; Logits", "; Loss", "B Encoded:64 T:t", "B T Channel", "B Embedding",
]  # fmt: skip
BARE = [*(tag.name for tag in OWN_TAGS), *(kind.name for kind in OWN_KINDS), "Phoneme", "Pitch", "Frame"]


@st.composite
def newcomers(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """Tags and kinds that some collections declare: below each other, below those of nm-types, names taken already."""
    pick = draw(seeds)
    tags: list[Any] = []
    kinds: list[Any] = []
    for _ in range(pick.randrange(1, 4)):
        home, name = pick.choice(("asr", "vision")), pick.choice(BARE)
        short = {"short": pick.choice("BTCHWP")} if pick.random() < 0.3 else {}
        try:
            if pick.random() < 0.6:
                parent = pick.choice([Tag, *OWN_TAGS, *tags])
                tags.append(type(Tag)(name, (parent,), {"__module__": home}, id=f"{home}.{name}", **short))
            else:
                parent = pick.choice([Kind, *OWN_KINDS, *kinds])
                kinds.append(type(Kind)(name, (parent,), {"__module__": home}, id=f"{home}.{name}"))
        except DefinitionError:
            continue
    return tags, kinds


TYPES = [NeuralType(text) for text in OLD]


def results(types: list[NeuralType], pairs: list[tuple[int, int]]) -> list[object]:
    """All that the relations and connect say of some pairs."""
    found: list[object] = []
    for i, j in pairs:
        one, other = types[i], types[j]
        found.append((compare(one, other), one.refines(other)))
        if one.rank is not None and "'" not in str(one):
            decision = connect(one, other, casts="transpose")
            found.append((decision.cast, decision.conditions, decision.problem and decision.problem.code))
    return found


PAIRS = list(product(range(len(OLD)), repeat=2))
BEFORE = results(TYPES, PAIRS)


@given(newcomers(), seeds)
def test_law_14_new_tags_and_kinds_change_no_old_result(new: tuple[list[Any], list[Any]], pick: Random) -> None:
    """Old notations stand for old types, also where a newcomer takes a name of nm-types, and their results stay."""
    tags, kinds = new
    again = [NeuralType(text, tags=tags, kinds=kinds) for text in OLD]

    assert again == TYPES
    for type in TYPES:
        assert NeuralType(str(type), tags=tags, kinds=kinds) == type
        assert NeuralType.from_dict(type.to_dict(), tags=tags, kinds=kinds) == type
    pairs = pick.sample(PAIRS, 10)
    assert results(again, pairs) == results(TYPES, pairs)


def test_law_14_a_universe_of_old_results_is_as_before() -> None:
    """All results of all pairs, after the tags and kinds of these tests were declared and used."""
    assert read("asr.Phoneme music.Hop ; music.Grid(2)").refines(read("Token Time"))
    assert results([NeuralType(text, tags=TAGS, kinds=KINDS) for text in OLD], PAIRS) == BEFORE


@given(newcomers())
def test_law_14_names_of_newcomers_are_understood_or_refused(new: tuple[list[Any], list[Any]]) -> None:
    """Qualified always; bare where nm-types has no such name and one newcomer has it; an error where two have it."""
    tags, kinds = new
    for members, own, text in ((tags, OWN_TAGS, "B {}"), (kinds, OWN_KINDS, "B ; {}")):
        taken = {one.name for one in own} | {one.short for one in own}
        for one in (member for member in members if getattr(member, "dtype", "") != "object"):
            if sum(other.id == one.id and other != one for other in members) == 0:
                type = NeuralType(text.format(one.id), tags=tags, kinds=kinds)
                assert (type.axes[-1].tag if own is OWN_TAGS else type.kind.__class__) == one
                assert NeuralType(str(type), tags=tags, kinds=kinds) == type
            rivals = {other for other in members if one.name in (other.name, other.short)}
            if one.name not in taken and len(rivals) > 1:
                with pytest.raises(UnknownNameError, match="may mean several things"):
                    NeuralType(text.format(one.name), tags=tags, kinds=kinds)
            elif one.name not in taken:
                type = NeuralType(text.format(one.name), tags=tags, kinds=kinds)
                assert (type.axes[-1].tag if own is OWN_TAGS else type.kind.__class__) == one


def test_the_examples_of_these_laws_reach_the_interesting_cases() -> None:
    """Tags and kinds of collections, parameters, rows, lists, objects; newcomers with names that are taken."""
    seen: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True)
    @given(notations(), newcomers())
    def count(text: str, new: tuple[list[Any], list[Any]]) -> None:
        seen["tag of a collection"] += any(f"{tag.id}" in text for tag in TAGS)
        seen["kind of a collection"] += any(f"{kind.id}" in text for kind in KINDS)
        seen["kind with two sizes"] += "Grid(" in text and "," in text
        seen["parameter"] += "{n}" in text
        seen["row"] += "*s" in text.split()
        seen["variable"] += "'" in text
        seen["list"] += text.startswith("list[")
        seen["object"] += "object" in text
        names = [one.name for one in (*new[0], *new[1])]
        seen["name of nm-types"] += any(one.name in names for one in (*OWN_TAGS, *OWN_KINDS))
        seen["name taken twice"] += len(set(names)) < len(names)
        seen["below another newcomer"] += any(one.parent in new[0] + new[1] for one in new[0] + new[1])
        seen["kinds"] += bool(new[1])

    count()
    assert min(seen.values()) >= 1, seen
    assert len(seen) == 12
