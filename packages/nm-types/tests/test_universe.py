"""Every pair of a small universe of types, against a second implementation that reads like the tables."""

from collections.abc import Iterator
from itertools import permutations, product

import pytest

from nm_types import Comparison, NeuralType, compare, connect, refines

PARENT = {"Spectrogram": "Channel", "Encoded": "Channel", "ProcessedTime": "Time", "TokenIds": "Labels"}
TAGS = ("Batch", "Time", "ProcessedTime", "Channel", "Spectrogram", "Encoded")
SIZES = (None, 2, 3)
KINDS = (None, ("Labels", None), ("TokenIds", 2), ("Labels", 3), ("Logits", None))

Axis = tuple[str, int | None]
Model = tuple[tuple[Axis, ...], tuple[str, int | None] | None]


def universe() -> Iterator[Model]:
    """Types of rank one with every kind, of rank two and some of rank three without."""
    axes = list(product(TAGS, SIZES))
    for axis, kind in product(axes, KINDS):
        yield (axis,), kind
    for pair in product(axes, repeat=2):
        yield pair, None
    few = list(product(("Batch", "Channel", "Spectrogram"), (None, 2)))
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


def by_the_table(output: Model, input: Model) -> Comparison:
    """The result as the tables of the page Types say it."""
    (left, left_kind), (right, right_kind) = output, input
    both = left_kind is not None and right_kind is not None
    kinds = direction(left_kind[0], right_kind[0]) if left_kind and right_kind else "equal"
    kinds_differ = differ(left_kind[1], right_kind[1]) if left_kind and right_kind and both else False
    if len(left) != len(right) or kinds == "unrelated":
        return Comparison.INCOMPATIBLE
    found = {direction(a, b) for (a, _), (b, _) in zip(left, right, strict=True)} | {kinds}
    found.discard("equal")
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
    """More than 100,000 pairs, each also with the sides swapped (laws 1 and 2)."""
    seen: set[Comparison] = set()
    pairs = 0
    for (i, one), (j, other) in product(enumerate(TYPES), repeat=2):
        result = compare(one, other)
        seen.add(result)
        pairs += 1
        if (i + 3 * j) % 5 == 0:
            assert result is by_the_table(MODELS[i], MODELS[j]), (one, other)
            assert compare(other, one) is SWAPPED.get(result, result), (one, other)
    assert pairs >= 100_000
    assert seen == set(Comparison)


@pytest.mark.proof
def test_every_pair_compares_as_the_table_says_without_a_gap() -> None:
    """The same for each pair of the universe, and refinement implies that a connection is accepted."""
    for (i, one), (j, other) in product(enumerate(TYPES), repeat=2):
        result = compare(one, other)
        assert result is by_the_table(MODELS[i], MODELS[j]), (one, other)
        assert compare(other, one) is SWAPPED.get(result, result), (one, other)
        if refines(one, other):
            assert result.fits


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
