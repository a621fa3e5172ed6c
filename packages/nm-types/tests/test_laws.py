"""The laws of the algebra, as properties of random types; numbers as in the page Types."""

import random
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nm_types import (
    Comparison,
    Edge,
    NeuralType,
    NeuralTypeError,
    check_shapes,
    compare,
    connect,
    refines,
    type_call,
)

TAGS = ("Batch", "Time", "ProcessedTime", "Channel", "Spectrogram", "Encoded", "Token")
KINDS = ("", " ; Logits", " ; Labels", " ; Labels(2)", " ; Labels(3)", " ; TokenIds(2)", " ; Lengths(t)")
SIZES = ("", ":?", ":2", ":3", ":4", ":t", ":u", ":2*t", ":t//2", ":(t+1)//2", ":t+u")
BELOW = {"Time": "ProcessedTime", "Channel": "Spectrogram"}
LAW_2 = {Comparison.LESS: Comparison.GREATER, Comparison.GREATER: Comparison.LESS}


def tensors(sizes: tuple[str, ...] = SIZES, kinds: tuple[str, ...] = KINDS) -> st.SearchStrategy[str]:
    """Notations of tensors with one to four axes."""
    axes = st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(sizes)).map("".join), min_size=1, max_size=4)
    return st.tuples(axes.map(" ".join), st.sampled_from(kinds)).map("".join)


def near(text: str, pick: random.Random) -> str:
    """A notation close to another: axes swapped, tags and sizes changed, so that relations are not rare."""
    axes, semicolon, kind = text.partition(" ;")
    words = axes.split()
    for _ in range(pick.randrange(3)):
        i, j = pick.randrange(len(words)), pick.randrange(len(words))
        tag, _, size = words[i].partition(":")
        change = pick.randrange(4)
        if change == 0:
            words[i], words[j] = words[j], words[i]
        elif change == 1:
            words[i] = f"{BELOW.get(tag, tag)}{':' if size else ''}{size}"
        elif change == 2:
            words[i] = tag + pick.choice(SIZES)
        else:
            words[i] = pick.choice(TAGS) + (f":{size}" if size else "")
    return f"{' '.join(words)}{semicolon}{kind}" if pick.random() < 0.8 else " ".join(words) + pick.choice(KINDS)


seeds = st.integers(0, 2**20).map(random.Random)
pairs = st.tuples(tensors(), seeds).map(lambda two: (NeuralType(two[0]), NeuralType(near(*two))))
KNOWN = (":2", ":3", ":4")
known_pairs = st.tuples(tensors(KNOWN, (" ; Logits", " ; Labels(2)", " ; TokenIds(2)")), seeds)


def forget(text: str, at: int) -> str:
    """A notation with one size forgotten."""
    axes, semicolon, kind = text.partition(" ;")
    words = axes.split()
    words[at % len(words)] = words[at % len(words)].partition(":")[0] + ":?"
    return f"{' '.join(words)}{semicolon}{kind}"


@given(pairs)
def test_law_1_a_type_is_the_same_as_itself(pair: tuple[NeuralType, NeuralType]) -> None:
    """compare(a, a) is SAME."""
    assert compare(pair[0], pair[0]) is Comparison.SAME


@given(pairs)
def test_law_2_swapping_the_sides(pair: tuple[NeuralType, NeuralType]) -> None:
    """Swapping maps LESS to GREATER and back, and leaves the other four as they are."""
    there, back = compare(*pair), compare(pair[1], pair[0])

    assert back is LAW_2.get(there, there)


@given(pairs, seeds)
def test_law_3_refinement_is_a_partial_order(pair: tuple[NeuralType, NeuralType], pick: random.Random) -> None:
    """Reflexive, antisymmetric, transitive, below root; and it implies SAME or LESS."""
    a, b = pair
    c = NeuralType(near(str(b), pick))

    assert a.refines(a)
    assert a.refines(NeuralType("{}"))
    if a.refines(b) and b.refines(a):
        assert a == b
    if a.refines(b) and b.refines(c):
        assert a.refines(c)
    if a.refines(b):
        assert compare(a, b).fits


@given(known_pairs, seeds)
def test_law_4_same_is_equality_where_all_is_known(two: tuple[str, random.Random], pick: random.Random) -> None:
    """With all sizes and kinds known, SAME is equality and LESS is transitive."""
    a = NeuralType(two[0])
    b, c = (NeuralType(" ".join(near(two[0], pick).split())) for _ in range(2))
    assume(all(size.isdigit() for type in (b, c) for size in (str(x).partition(":")[2] for x in type.axes)))
    assume(b.kind is not None and c.kind is not None and (b.kind.sizes or b.kind.parameters == ()))

    if compare(a, b) is Comparison.SAME and (a.kind is None or a.kind.sizes == b.kind.sizes):
        assert a == b
    if compare(a, b) is Comparison.LESS and compare(b, c) is Comparison.LESS:
        assert compare(a, c) is Comparison.LESS


@given(tensors(), seeds, st.integers(0, 3), st.integers(0, 3), st.sampled_from(["error", "transpose"]))
def test_law_5_forgetting_a_size_rejects_nothing(text: str, pick: random.Random, i: int, j: int, casts: str) -> None:
    """An accepted connection stays accepted when either side says less about its sizes."""
    other = near(text, pick)
    if not connect(NeuralType(text), NeuralType(other), casts=casts).accepted:
        other = text

    assert connect(NeuralType(forget(text, i)), NeuralType(other), casts=casts).accepted
    assert connect(NeuralType(text), NeuralType(forget(other, j)), casts=casts).accepted


@given(pairs, seeds)
def test_law_6_a_more_specific_producer_is_accepted_too(
    pair: tuple[NeuralType, NeuralType], pick: random.Random
) -> None:
    """Wherever a general producer was accepted without a check, everything below it is."""
    general, port = pair
    special = NeuralType(below(str(general), pick))
    decision = connect(general, port)

    assert special.refines(general)
    if decision.accepted and not decision.deferred and not decision.unchecked:
        assert connect(special, port).accepted


def below(text: str, pick: random.Random) -> str:
    """A notation at or below another: narrower tags, sizes where none were known."""
    axes, semicolon, kind = text.partition(" ;")
    words = []
    for word in axes.split():
        tag, _, size = word.partition(":")
        if size in ("", "?") and pick.random() < 0.5:
            size = pick.choice(("2", "3", "t", "v")) if tag != "Batch" else ""
        words.append(pick.choice((tag, BELOW.get(tag, tag))) + (f":{size}" if size else ""))
    return f"{' '.join(words)}{semicolon}{kind}"


@given(pairs, st.data())
def test_law_7_what_is_accepted_without_a_check_is_sound(
    pair: tuple[NeuralType, NeuralType], data: st.DataObject
) -> None:
    """Every concrete refinement of the producer refines the port, for some values of the port's names."""
    producer, port = pair
    decision = connect(producer, port)
    assume(decision.accepted and not decision.deferred and not decision.unchecked)
    concrete = data.draw(concrete_refinements(producer))

    assert concrete.refines(NeuralType(without_sizes(producer)))
    assert is_of(concrete, port)


def concrete_refinements(type: NeuralType) -> st.SearchStrategy[NeuralType]:
    """Types with a number for every size, at or below a type in every tag; its names get one number each."""
    numbers = st.integers(2, 6)
    return st.tuples(numbers, numbers, seeds).map(lambda three: _concrete(type, *three))


def _concrete(type: NeuralType, t: int, u: int, pick: random.Random) -> NeuralType:
    words = []
    batch = pick.randrange(1, 5)
    for axis in type.axes:
        tag, _, _ = str(axis).partition(":")
        size = axis.size.evaluate({"t": t, "u": u}) if hasattr(axis.size, "evaluate") else pick.randrange(1, 5)
        size = batch if axis.size is None and tag == "Batch" else size
        words.append(f"{BELOW.get(tag, tag) if pick.random() < 0.4 else tag}:{size}")
    kind = str(type.kind).replace("Lengths(t)", f"Lengths({t})") if type.kind else "Logits"
    return NeuralType(f"{' '.join(words)} ; {kind}")


def is_of(concrete: NeuralType, port: NeuralType) -> bool:
    """Whether a concrete type is of a port's type for some values of the port's names, found by trying."""
    if not concrete.refines(NeuralType(without_sizes(port))):
        return False
    for known in ({"t": t, "u": u} for t, u in product(range(1, 14), repeat=2)):
        wanted = [a.size.evaluate(known) if hasattr(a.size, "evaluate") else None for a in port.axes]
        length = port.kind.sizes[0] if port.kind is not None and str(port.kind) == "Lengths(t)" else None
        fits = all(w is None or w == a.size.evaluate({}) for w, a in zip(wanted, concrete.axes, strict=True))
        if fits and (length is None or length.evaluate(known) == concrete.kind.sizes[0].evaluate({})):
            return True
    return False


def without_sizes(type: NeuralType) -> str:
    """The notation of a type with all sizes left open, but for numbers that a kind names."""
    axes = " ".join(f"{str(axis).partition(':')[0]}:?" for axis in type.axes)
    return f"{axes} ; {str(type.kind).replace('(t)', '')}" if type.kind else axes


@st.composite
def reordered(draw: st.DrawFn) -> tuple[NeuralType, NeuralType]:
    """An output and an input with the axes in another order, some of them more general."""
    tags = draw(st.lists(st.sampled_from(("Batch", "ProcessedTime", "Token", "Spectrogram", "Class")), min_size=2))
    words = [tag + draw(st.sampled_from(SIZES)) for tag in tags[:4]]
    above = {"ProcessedTime": "Time", "Spectrogram": "Channel"}
    general = draw(st.booleans())
    other = [next((w.replace(k, v) for k, v in above.items() if general and k in w), w) for w in words]
    kind = draw(st.sampled_from(KINDS))
    return NeuralType(" ".join(words) + kind), NeuralType(" ".join(draw(st.permutations(other))) + kind)


@given(reordered())
def test_law_8_a_cast_is_the_only_one_and_fits(pair: tuple[NeuralType, NeuralType]) -> None:
    """Exactly one permutation of the tags fits, and after it compare gives SAME or LESS."""
    output, input = pair
    decision = connect(output, input, casts="transpose")
    if decision.cast is None:
        assert decision.accepted is connect(output, input).accepted
        return
    axes = {i: output.axes[j] for i, j in enumerate(decision.cast)}

    assert not connect(output, input).accepted
    assert compare(NeuralType(axes, kind=output.kind), input).fits
    assert len({axis.tag for axis in output.axes}) == len(output.axes)


@given(pairs)
def test_law_9_renaming_changes_nothing(pair: tuple[NeuralType, NeuralType]) -> None:
    """Names of sizes mean nothing by themselves, as long as they stay apart."""
    names = str.maketrans({"t": "first", "u": "second"})

    def renamed(type: NeuralType) -> NeuralType:
        words = [word.partition(":") for word in str(type).partition(" ;")[0].split()]
        kind = str(type).partition(" ;")[2].replace("(t)", "(first)")
        return NeuralType(
            " ".join(tag + colon + size.translate(names) for tag, colon, size in words) + (f" ;{kind}" if kind else "")
        )

    assert compare(*map(renamed, pair)) is compare(*pair)
    assert connect(*map(renamed, pair)).accepted is connect(*pair).accepted


PORTS = ("B T:t", "B T:t C:c", "B ; Lengths(t)", "B T:t//2", "B T:u C:c", "B ; Lengths(u)", "B T:2*u", "B C:c T:t")
VALUES = ("B T:a", "B T:b C:8", "B ; Lengths(a)", "B T:a//2", "B T:6 C:8", "B ; Lengths(b)", "B T:7", "B C T")


@given(st.lists(st.tuples(st.sampled_from(PORTS), st.sampled_from(VALUES)), min_size=1, max_size=5), seeds)
def test_law_10_the_order_of_connecting_does_not_matter(chosen: list[tuple[str, str]], pick: random.Random) -> None:
    """Any order of the edges gives the same verdict, the same outputs, and the same open equations."""
    edges = [
        Edge("m", f"p{i}", f"source.o{i}", NeuralType(port), NeuralType(value))
        for i, (port, value) in enumerate(chosen)
    ]
    outputs = {"y": NeuralType("B T:t C:c"), "z": NeuralType("B ; Lengths(t+u)")}

    def outcome(ordered: list[Edge]) -> object:
        try:
            typing = type_call(ordered, outputs, owner="m", casts="transpose")
        except NeuralTypeError as error:
            return sorted((problem.port, problem.code) for problem in error.problems)
        types = {name: str(type) for name, type in typing.outputs.items()}
        return types, typing.casts, set(typing.deferred), sorted(map(str, typing.equations))

    shuffled = list(edges)
    pick.shuffle(shuffled)
    assert outcome(shuffled) == outcome(edges)


@given(tensors())
def test_law_12_types_read_back(text: str) -> None:
    """parse(str(T)) and from_dict(to_dict(T)) are T, with its hash."""
    type = NeuralType(text)

    for again in (NeuralType(str(type)), NeuralType.from_dict(type.to_dict())):
        assert again == type
        assert hash(again) == hash(type)


@given(
    st.lists(tensors((":2", ":3", ":t", ":u", ":2*t", ":t//2", ":t+u", ":?"), ("",)), min_size=1, max_size=2),
    st.lists(st.lists(st.integers(1, 5), min_size=1, max_size=4), min_size=2, max_size=2),
)
def test_law_13_a_deferred_check_fails_exactly_where_shapes_do_not_fit(
    ports: list[str], shapes: list[list[int]]
) -> None:
    """It agrees with trying all values of the names."""
    types = {f"p{i}": NeuralType(text) for i, text in enumerate(ports)}
    given_shapes = {name: tuple(shape) for name, shape in zip(types, shapes, strict=False)}
    fits = all(len(given_shapes[name]) == type.rank for name, type in types.items()) and any(
        all(
            not hasattr(axis.size, "evaluate") or axis.size.evaluate({"t": t, "u": u}) == size
            for name, type in types.items()
            for axis, size in zip(type.axes, given_shapes[name], strict=True)
        )
        for t, u in product(range(1, 14), repeat=2)
    )

    assert (check_shapes(types, given_shapes) == ()) is fits


@given(pairs)
def test_law_15_every_problem_says_what_to_do(pair: tuple[NeuralType, NeuralType]) -> None:
    """A code, both types and a fix; a fix marked safe makes the connection succeed."""
    decision = connect(*pair)
    assume(decision.problem is not None)
    problem = decision.problem
    assert problem is not None

    assert problem.code.startswith("NM1")
    assert (problem.expected, problem.given) == (str(pair[1]), str(pair[0]))
    assert problem.fixes
    assert problem.cause in " ".join(str(problem).split())
    if any(fix.safe for fix in problem.fixes):
        assert connect(*pair, casts="transpose").accepted


def test_law_16_a_failed_call_changes_nothing() -> None:
    """After a call that raises, the same tensors type as before, and two calls of a module do not meet."""
    loader = type_call([], {"x": NeuralType("B T:t"), "n": NeuralType("B ; Lengths(t)")}, owner="loader").outputs

    def call(n: NeuralType) -> dict[str, str]:
        edges = [
            Edge("m", "x", "loader.x", NeuralType("B T:t"), loader["x"]),
            Edge("m", "n", "loader.n", NeuralType("B ; Lengths(t)"), n),
        ]
        outputs = type_call(edges, {"y": NeuralType("B T:t//2 C:c")}, owner="m").outputs
        return {name: str(type) for name, type in outputs.items()}

    before = call(loader["n"])
    with pytest.raises(NeuralTypeError):
        call(NeuralType("B ; Mask"))
    assert call(loader["n"]) == before == {"y": "Batch Time:loader.t//2 Channel:m.c"}


def test_not_laws() -> None:
    """SAME is not transitive through unknown sizes, nor through root."""
    for a, b, c in (("B C:64", "B C", "B C:40"), ("B C", "{}", "B T")):
        one, middle, other = map(NeuralType, (a, b, c))
        assert compare(one, middle) is Comparison.SAME
        assert compare(middle, other) in (Comparison.SAME, Comparison.GREATER)
        assert compare(one, other) not in (Comparison.SAME, Comparison.LESS)
    assert refines(NeuralType("B C:64"), NeuralType("B C"))
