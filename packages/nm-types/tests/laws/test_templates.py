"""Templates as laws: what a call makes of random shapes is what happens to real arrays of these shapes.

The arrays are nested lists, so that nothing but Python says what concatenating, adding and the rest do.
"""

from functools import reduce
from itertools import permutations, product
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_types import (
    KINDS,
    TAGS,
    CallTyping,
    DefinitionError,
    Edge,
    Features,
    Kind,
    NeuralType,
    NeuralTypeError,
    Size,
    Tag,
    check_shapes,
    type_call,
)

Array = Any
CHANNELS = ("Channel", "Spectrogram", "Embedding", "WordEmbedding", "ImageEmbedding", "Encoded")
OTHERS = ("Batch", "Time", "ProcessedTime", "Token", "Class", "Height", "Width")
shapes = st.lists(st.integers(1, 4), min_size=1, max_size=3)
seeds = st.integers(0, 2**20).map(Random)


def array(*shape: int) -> Array:
    """An array of zeros."""
    return [array(*shape[1:]) for _ in range(shape[0])] if shape else 0


def shape_of(values: Array) -> tuple[int, ...]:
    """The shape of an array, all of whose parts must have one shape."""
    if not isinstance(values, list):
        return ()
    (inner,) = {shape_of(value) for value in values}
    return len(values), *inner


def joined(left: Array, right: Array, axis: int) -> Array:
    """Two arrays one after the other; a ValueError where their other axes differ."""
    if axis == 0:
        if shape_of(left[0]) != shape_of(right[0]):
            raise ValueError("other axes differ")
        return left + right
    return [joined(a, b, axis - 1) for a, b in zip(left, right, strict=True)]


def added(left: Array, right: Array) -> Array:
    """The sum of two arrays of one shape; a ValueError where their sizes differ, a TypeError where their ranks do."""
    if isinstance(left, list) or isinstance(right, list):
        return [added(a, b) for a, b in zip(left, right, strict=True)]
    return left + right


def mapped(values: Array, matrix: Array) -> Array:
    """The last axis of an array times a matrix; a ValueError where their sizes differ."""
    if isinstance(values[0], list):
        return [mapped(value, matrix) for value in values]
    return [sum(a * b for a, b in zip(values, row, strict=True)) for row in matrix]


def call(ports: dict[str, str], values: dict[str, str], output: str) -> CallTyping:
    """A call with the output `y`; an element `xs[1]` takes the port `xs`."""
    edges = [
        Edge("m", port, f"source{i}.y", NeuralType(ports[port.partition("[")[0]]), NeuralType(value))
        for i, (port, value) in enumerate(values.items())
    ]
    return type_call(edges, {"y": NeuralType(output)}, owner="m")


def typed(tags: list[str], shape: tuple[int, ...]) -> str:
    """The notation of a type of known sizes."""
    return " ".join(f"{tag}:{size}" for tag, size in zip(tags, shape, strict=True))


def sizes(type: NeuralType) -> tuple[int | None, ...]:
    """The sizes of a type, None for one that is no number."""
    return tuple(Size(axis.size).value for axis in type.axes)


def elements(values: list[str]) -> dict[str, str]:
    """Values for the port `xs`."""
    return {f"xs[{i}]": value for i, value in enumerate(values)}


@given(shapes, st.lists(st.integers(1, 4), min_size=1, max_size=5), seeds)
def test_concatenation_is_that_of_arrays(others: list[int], channels: list[int], pick: Random) -> None:
    """Accepted exactly where it can be done, with the shape it gives, in any place; the order changes no type."""
    place = pick.randrange(len(others) + 1)
    tags = [pick.choice(OTHERS[1:]) for _ in others]
    values, given = [], []
    for size in channels:
        around = [max(1, one + pick.choice((0, 0, 0, 0, 0, 0, 1))) for one in others]
        shape = (*around[:place], size, *around[place:])
        values.append(array(*shape))
        given.append(typed([*tags[:place], pick.choice(CHANNELS), *tags[place:]], shape))
    port, output = "*a 'A<=Channel:n_i *b", "*a 'A:sum(n_i) *b"
    try:
        expected = shape_of(reduce(lambda left, right: joined(left, right, place), values))
    except ValueError:
        with pytest.raises(NeuralTypeError, match="NM105"):
            call({"xs": port}, elements(given), output)
        return
    made = call({"xs": port}, elements(given), output).outputs["y"]
    assert sizes(made) == expected
    assert call({"xs": port}, elements(given[::-1]), output).outputs["y"] == made


@given(shapes, st.integers(1, 5), seeds)
def test_addition_is_that_of_arrays_without_stretching(shape: list[int], count: int, pick: Random) -> None:
    """Accepted exactly where every size and the number of axes agree."""
    tags = [pick.choice(CHANNELS + OTHERS) for _ in shape]
    own = [list(shape) for _ in range(count)]
    odd = pick.choice(own)
    if pick.random() < 0.3:
        odd[-1] += 1
    elif pick.random() < 0.3 and len(odd) > 1:
        odd.pop()
    given = elements([typed(tags[: len(one)], tuple(one)) for one in own])
    try:
        expected = shape_of(reduce(added, (array(*one) for one in own)))
    except (ValueError, TypeError):
        with pytest.raises(NeuralTypeError, match=r"NM105|NM112"):
            call({"xs": "*s"}, given, "*s")
        return
    assert sizes(call({"xs": "*s"}, given, "*s").outputs["y"]) == expected


@given(shapes, st.integers(1, 4), st.integers(1, 4), seeds)
def test_a_linear_map_is_that_of_arrays(shape: list[int], inner: int, outer: int, pick: Random) -> None:
    """Only the last axis is looked at, and only it changes."""
    tags = [pick.choice(OTHERS) for _ in shape[1:]] + [pick.choice(CHANNELS)]
    port = {"x": f"*s 'A:{inner}"}
    try:
        expected = shape_of(mapped(array(*shape), array(outer, inner)))
    except ValueError:
        with pytest.raises(NeuralTypeError, match="NM105"):
            call(port, {"x": typed(tags, tuple(shape))}, f"*s Encoded:{outer}")
        return
    assert sizes(call(port, {"x": typed(tags, tuple(shape))}, f"*s Encoded:{outer}").outputs["y"]) == expected


@given(st.integers(1, 60), st.lists(st.integers(1, 6), min_size=1, max_size=3), st.booleans())
def test_subsampling_is_taking_every_kth_frame(frames: int, factors: list[int], known: bool) -> None:
    """Time after time; frames and lengths shrink alike, and a size with a name is right for every number."""
    size = str(frames) if known else "t"
    x, n = NeuralType(f"B:2 Spectrogram:3 T:{size}"), NeuralType(f"B:2 ; Lengths({size})")
    for factor in factors:
        edges = [
            Edge("m", "x", "source.x", NeuralType("B 'A T:t"), x),
            Edge("m", "n", "source.n", NeuralType("B ; Lengths(t)"), n),
        ]
        shorter = f"(t-1)//{factor}+1"
        outputs = {"x": NeuralType(f"B 'A T:{shorter}"), "n": NeuralType(f"B ; Lengths({shorter})")}
        typing = type_call(edges, outputs, owner="m")
        x, n = typing.outputs["x"], typing.outputs["n"]
        assert typing.deferred == typing.unchecked == ()
    assert n.kind is not None
    assert n.kind.sizes[0] == x.axes[2].size
    expected = reduce(lambda left, factor: left[::factor], factors, range(frames))
    assert Size(x.axes[2].size).evaluate({"source.t": frames}) == len(expected)


TREE: dict[str, type[Tag]] = {tag.name: tag for tag in TAGS}


def above(name: str) -> list[str]:
    """A tag and those above it, the nearest first, as the declarations say."""
    chain = [name]
    while (parent := TREE[chain[-1]].__bases__[0]) is not Tag:
        chain.append(parent.id.removeprefix("nm."))
    return chain


def least_above(tags: list[str]) -> str | None:
    """The tag above all of some that lies below every other such tag."""
    common = [tag for tag in TREE if all(tag in above(one) for one in tags)]
    return next((tag for tag in common if all(other in above(tag) for other in common)), None)


@given(st.lists(st.sampled_from(sorted(TREE)), min_size=1, max_size=4), st.sampled_from(["", *sorted(TREE)]))
def test_a_tag_variable_is_the_least_upper_bound_within_its_bound(tags: list[str], bound: str) -> None:
    """It is above all that it meets and below whatever else is; without one, or outside the bound, it is an error."""
    least = least_above(tags)
    variable = f"'A<={bound}" if bound else "'A"
    given = elements([f"{tag}:3" for tag in tags])

    if least is not None and all(bound in ("", *above(tag)) for tag in tags):
        assert str(call({"xs": f"{variable}:n"}, given, "'A:n").outputs["y"]) == f"{least}:3"
        assert bound in ("", *above(least))
    else:
        with pytest.raises(NeuralTypeError, match=r"NM101|NM103|NM111"):
            call({"xs": f"{variable}:n"}, given, "'A:n")


@given(st.lists(st.sampled_from(sorted(TREE)), min_size=2, max_size=4), st.integers(1, 3))
def test_a_row_takes_the_least_upper_bound_on_each_axis(tags: list[str], count: int) -> None:
    """Axis by axis as a tag variable does, for as many ports as it stands on."""
    values = {f"x{i}": f"{tag}:2 Time:5" for i, tag in enumerate(tags)}
    ports = dict.fromkeys(values, "*s")
    least = least_above(tags)
    if least is not None:
        assert str(call(ports, values, f"*s Encoded:{count}").outputs["y"]) == f"{least}:2 Time:5 Encoded:{count}"
    else:
        with pytest.raises(NeuralTypeError, match="NM112"):
            call(ports, values, "*s")


@given(shapes, st.integers(2, 5), st.booleans())
def test_a_row_on_several_ports_is_one_row(shape: list[int], classes: int, same: bool) -> None:
    """Predictions over classes and their labels: all other axes agree, in number and size."""
    tags = ["Time"] * len(shape)
    labels = tuple(shape) if same else (*shape[:-1], shape[-1] + 1)
    ports = {"logits": "*s Class:n ; Logits", "labels": "*s ; Labels(n)"}
    values = {
        "logits": f"{typed(tags, tuple(shape))} Class:{classes} ; Logits",
        "labels": f"{typed(tags, labels)} ; Labels",
    }
    if same:
        assert sizes(call(ports, values, "*s").outputs["y"]) == tuple(shape)
    else:
        with pytest.raises(NeuralTypeError, match="NM105"):
            call(ports, values, "*s")


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), seeds)
def test_a_sum_has_as_many_elements_as_the_port(numbers: list[int], pick: Random) -> None:
    """Of numbers and of names: evaluated, it is the sum of all."""
    texts = [pick.choice((str(number), f"t{i}", f"2*t{i}")) for i, number in enumerate(numbers)]
    expected = sum(number * (2 if text.startswith("2*") else 1) for text, number in zip(texts, numbers, strict=True))
    made = call({"xs": "T:n_i"}, elements([f"Time:{text}" for text in texts]), "T:sum(n_i)").outputs["y"]

    known = {f"source{i}.t{i}": number for i, number in enumerate(numbers)}
    assert Size(made.axes[0].size).evaluate(known) == expected


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5), seeds)
def test_each_element_has_its_own_size(numbers: list[int], pick: Random) -> None:
    """The lengths of one element are not those of another, and the message names the element."""
    wrong = pick.randrange(len(numbers))
    frames = {f"xs[{i}]": f"T:{number}" for i, number in enumerate(numbers)}
    lengths = {f"lengths[{i}]": f"B:1 ; Lengths({number + (i == wrong)})" for i, number in enumerate(numbers)}
    with pytest.raises(NeuralTypeError) as caught:
        call({"xs": "T:n_i", "lengths": "B ; Lengths(n_i)"}, {**frames, **lengths}, "T:sum(n_i)")
    assert [(one.code, one.port) for one in caught.value.problems] == [("NM113", f"lengths[{wrong}]")]


@given(shapes, st.integers(1, 5))
def test_stacking_is_that_of_arrays(shape: list[int], count: int) -> None:
    """A new axis has as many positions as there are values, wherever an expression says so."""
    tags = ["Batch", "Time", "Height"][: len(shape)]
    given = elements([typed(tags, tuple(shape))] * count)
    expected = shape_of([array(*shape) for _ in range(count)])

    assert sizes(call({"xs": "*s"}, given, "Class:count(xs) *s").outputs["y"]) == expected
    assert sizes(call({"xs": "*s"}, given, "*s Class:2*count(xs)+1").outputs["y"]) == (*shape, 2 * count + 1)


@pytest.mark.parametrize(("weights", "code"), [("Class:2", ""), ("Class:3", "NM105"), ("Class", "deferred")])
def test_the_number_of_values_is_held_against_other_ports(weights: str, code: str) -> None:
    """One weight for each value: decided where the number is known, and else looked at beside all values."""
    ports = {"xs": "*s", "weights": "Class:count(xs)"}
    values = {"xs[0]": "B:2", "xs[1]": "B:2", "weights": weights}
    if code.startswith("NM"):
        with pytest.raises(NeuralTypeError, match=code):
            call(ports, values, "*s")
        return
    typing = call(ports, values, "*s")
    assert typing.deferred == (("xs[0]", "xs[1]", "weights") if code else ())
    types = {port: NeuralType(ports[port.partition("[")[0]]) for port in values}
    assert not check_shapes(types, {"xs[0]": (2,), "xs[1]": (2,), "weights": (2,)})
    (problem,) = check_shapes(types, {"xs[0]": (2,), "xs[1]": (2,), "weights": (3,)})
    assert (problem.port, problem.code) == ("weights", "NM121")


def test_nothing_counts_a_port_that_takes_one_value() -> None:
    """The error names the output."""
    with pytest.raises(DefinitionError, match=r"nothing decides count\(x\)"):
        call({"x": "B"}, {"x": "B:2"}, "Class:count(x)")


@given(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), seeds)
def test_a_kind_variable_stands_for_what_all_values_have_in_common(kinds: list[type[Kind]], pick: Random) -> None:
    """Its kind is above all of theirs, or features where one is real-valued; their order changes nothing."""
    tensors = [NeuralType(f"B:2 ; {kind.text}") for kind in kinds if kind.dtype != "object"]
    given = elements([str(value) for value in tensors])
    own = [type(value.kind) for value in tensors]
    unrelated = any(a.join(b) is None and "float" not in (a.dtype, b.dtype) for a in own for b in own)
    if unrelated:
        with pytest.raises(NeuralTypeError, match="NM106"):
            call({"xs": "*s ; 'K"}, given, "*s ; 'K")
    elif given:
        kind = type(call({"xs": "*s ; 'K"}, given, "*s ; 'K").outputs["y"].kind)
        assert all(one.is_a(kind) for one in own) or (kind is Features and "float" in {one.dtype for one in own})
        pick.shuffle(tensors)
        shuffled = elements([str(value) for value in tensors])
        assert type(call({"xs": "*s ; 'K"}, shuffled, "*s ; 'K").outputs["y"].kind) is kind


TEMPLATES: dict[str, tuple[dict[str, str], str]] = {
    "concatenation": ({"xs": "*a 'A<=Channel:n_i *b"}, "*a 'A:sum(n_i) *b"),
    "addition": ({"xs": "*s"}, "*s"),
    "a common tag": ({"xs": "B 'A:n"}, "B 'A:n"),
    "a common kind": ({"xs": "*s ; 'K"}, "*s ; 'K"),
    "stacking": ({"xs": "*s ; 'K"}, "*s Class:count(xs) ; sum('K)"),
    "subsampling": ({"xs": "B 'A T:t", "n": "B ; Lengths(t)"}, "B 'A T:t//2"),
}
VALUES = {
    "xs": (
        "B:2 Encoded:4 T:8",
        "B:2 Spectrogram:4 T:8",
        "B:2 Encoded:4",
        "B:2 T:8 Encoded:4",
        "B:2 Encoded:5 T:8",
        "B:2 Encoded:4 T:8 ; Probs",
        "B:2 Encoded:4 T:8 ; Labels(5)",
    ),
    "n": ("B:2 ; Lengths(8)", "B:2 ; Lengths(4)", "B:2 ; Lengths"),
}


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_order_of_the_edges_changes_nothing(template: str) -> None:
    """Every order of every three values, right or wrong, gives the same type or blames with the same codes."""
    ports, output = TEMPLATES[template]
    for chosen in product(*(VALUES[port] for port in ("xs", "xs", "n" if "n" in ports else "xs"))):
        names = ["xs[0]", "xs[1]", "n" if "n" in ports else "xs[2]"]
        results = set()
        for order in permutations(range(3)):
            edges = [
                Edge(
                    "m", names[i], f"source{i}.y", NeuralType(ports[names[i].partition("[")[0]]), NeuralType(chosen[i])
                )
                for i in order
            ]
            try:
                results.add(str(type_call(edges, {"y": NeuralType(output)}, owner="m").outputs["y"]))
            except NeuralTypeError as error:
                results.add(str(sorted((one.port, one.code) for one in error.problems)))
        assert len(results) == 1
