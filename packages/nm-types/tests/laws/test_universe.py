"""Every pair of a small universe of types, against a second implementation that reads like the tables."""

from collections.abc import Iterator
from functools import cache
from itertools import permutations, product

from nm_types import Comparison, NeuralType, compare, connect, refines

PARENT = {"Spectrogram": "Channel", "Encoded": "Channel", "ProcessedTime": "Time", "TokenIds": "Labels"}
TAGS = ("Batch", "Time", "ProcessedTime", "Channel", "Spectrogram", "Encoded")
SIZES = (None, 2, 3)
KINDS = (None, ("Labels", None), ("TokenIds", 2), ("Labels", 3), ("Logits", None))

Axis = tuple[str, int | None]
Model = tuple[tuple[Axis, ...], tuple[str, int | None] | None]


def universe() -> Iterator[Model]:
    """Types of rank one and some of rank two with every kind, of rank two and some of rank three without."""
    axes = list(product(TAGS, SIZES))
    for axis, kind in product(axes, KINDS):
        yield (axis,), kind
    for pair in product(axes, repeat=2):
        yield pair, None
    few = list(product(("Batch", "Channel", "Spectrogram"), (None, 2)))
    for pair, kind in product(product(few, repeat=2), KINDS[1:]):
        yield pair, kind
    for three in list(product(few, repeat=3))[::7]:
        yield three, None


def written(model: Model) -> str:
    """The notation of a model."""
    axes, kind = model
    words = [tag if size is None else f"{tag}:{size}" for tag, size in axes]
    if kind is None:
        return " ".join(words)
    return f"{' '.join(words)} ; {kind[0]}" + (f"({kind[1]})" if kind[1] else "")


def direction(left: str, right: str) -> str:
    """Equal, less, greater or unrelated."""
    if left == right:
        return "equal"
    if PARENT.get(left) == right:
        return "less"
    return "greater" if PARENT.get(right) == left else "unrelated"


def differ(left: int | None, right: int | None) -> bool:
    """Whether two sizes are known and different."""
    return left is not None and right is not None and left != right


@cache
def directions(left: tuple[str, ...], right: tuple[str, ...]) -> frozenset[str]:
    """How the tags of two types of one rank relate, place by place, those that are equal left out."""
    return frozenset(direction(a, b) for a, b in zip(left, right, strict=True)) - {"equal"}


def by_the_table(output: Model, input: Model) -> Comparison:
    """The result as the tables of the page Types say it."""
    (left, left_kind), (right, right_kind) = output, input
    kinds = direction(left_kind[0], right_kind[0]) if left_kind and right_kind else "equal"
    kinds_differ = differ(left_kind[1], right_kind[1]) if left_kind and right_kind else False
    if len(left) != len(right) or kinds == "unrelated":
        return Comparison.INCOMPATIBLE
    found = directions(tuple(tag for tag, _ in left), tuple(tag for tag, _ in right))
    if kinds != "equal":
        found |= {kinds}
    if len(found) > 1 or "unrelated" in found:
        permuted = any(
            all(a == b and not differ(m, n) for (a, m), (b, n) in zip(order, right, strict=True))
            for order in permutations(left)
        )
        return (
            Comparison.TRANSPOSE_SAME if permuted and kinds == "equal" and not kinds_differ else Comparison.INCOMPATIBLE
        )
    if kinds_differ or any(differ(m, n) for (_, m), (_, n) in zip(left, right, strict=True)):
        return Comparison.DIM_INCOMPATIBLE
    if not found:
        return Comparison.SAME
    return Comparison.LESS if found == {"less"} else Comparison.GREATER


MODELS = list(universe())
TYPES = [NeuralType(written(model)) for model in MODELS]
SWAPPED = {Comparison.LESS: Comparison.GREATER, Comparison.GREATER: Comparison.LESS}


def test_every_pair_compares_as_the_table_says() -> None:
    """All of more than 300,000 pairs, each against the table and with the sides swapped (laws 1 to 4)."""
    results = [[compare(one, other) for other in TYPES] for one in TYPES]

    assert len(TYPES) ** 2 >= 300_000
    assert {result for row in results for result in row} == set(Comparison)
    for i, row in enumerate(results):
        assert row[i] is Comparison.SAME
        for j, result in enumerate(row):
            assert result is by_the_table(MODELS[i], MODELS[j]), (TYPES[i], TYPES[j])
            assert results[j][i] is SWAPPED.get(result, result), (TYPES[i], TYPES[j])


def test_every_pair_refines_as_its_parts_do() -> None:
    """All pairs again: refinement implies SAME or LESS, both ways only equality, and is what the parts say (law 3)."""
    for i, one in enumerate(TYPES):
        above = [j for j, other in enumerate(TYPES) if refines(one, other)]
        assert i in above
        assert above == [j for j in range(len(TYPES)) if below(MODELS[i], MODELS[j])]
        assert all(compare(one, TYPES[j]).fits for j in above)
        assert [j for j in above if refines(TYPES[j], one)] == [i]


def below(left: Model, right: Model) -> bool:
    """Whether each part of a model is at or below that of another, and known where the other one knows it."""
    (axes, kind), (others, other) = left, right
    if len(axes) != len(others) or (other is not None and kind is None):
        return False
    parts = [*zip(axes, others, strict=True), *([(kind, other)] if kind and other else [])]
    return all(direction(a, b) in ("equal", "less") and n in (None, m) for (a, m), (b, n) in parts)


def concrete(model: Model) -> Iterator[Model]:
    """The models with a number for every size, at or below a model in every tag."""
    axes, kind = model
    below = [[tag, *(child for child, parent in PARENT.items() if parent == tag)] for tag, _ in axes]
    for tags in product(*below):
        for sizes in product(*((size,) if size is not None else (2, 3) for _, size in axes)):
            yield tuple(zip(tags, sizes, strict=True)), kind


def test_what_is_accepted_without_a_check_is_sound() -> None:
    """Each concrete refinement of an accepted producer refines the port (law 7, all of rank one and two)."""
    accepted = 0
    # Bare batch axes of one value are of one size, so that two of them are more than the table of axes says.
    single = [i for i, (axes, _) in enumerate(MODELS) if [tag for tag, _ in axes].count("Batch") < 2 and len(axes) < 3]
    for i, j in product(single[::5], repeat=2):
        if len(MODELS[i][0]) != len(MODELS[j][0]):
            continue
        decision = connect(TYPES[i], TYPES[j])
        assert decision.accepted is compare(TYPES[i], TYPES[j]).fits
        if decision.accepted and not decision.deferred and not decision.unchecked:
            accepted += 1
            assert all(NeuralType(written(one)).refines(TYPES[j]) for one in concrete(MODELS[i]))
    assert accepted > 50
