"""Every size that can be written with a few signs, as a function: equal, different, never equal."""

from collections.abc import Iterator
from itertools import product
from operator import add, mul, sub

from nm_types import Size
from nm_types.sizes import Verdict, clash, decide

POINTS = list(product(range(1, 25), range(1, 13)))
"""Values of t and u: more than any period of these sizes (6) times their degree (2) and one."""
Function = tuple[int, ...]
Written = tuple[str, Size, Function]

LEAVES: list[Written] = [
    ("t", Size("t"), tuple(t for t, _ in POINTS)),
    ("u", Size("u"), tuple(u for _, u in POINTS)),
    ("1", Size(1), (1,) * len(POINTS)),
    ("2", Size(2), (2,) * len(POINTS)),
]


def grown(left: list[Written], right: list[Written]) -> Iterator[Written]:
    """All sums, differences and products of two expressions, and floor divisions by two and three."""
    for (a, size, values), (b, other, others) in product(left, right):
        for sign, work in (("+", add), ("-", sub), ("*", mul)):
            yield f"({a}{sign}{b})", work(size, other), tuple(map(work, values, others))
    for (a, size, values), divisor in product(left, (2, 3)):
        yield f"{a}//{divisor}", size // divisor, tuple(value // divisor for value in values)


def distinct(expressions: Iterator[Written]) -> list[Written]:
    """One expression for each normal form."""
    found: dict[Size, Written] = {}
    for one in expressions:
        found.setdefault(one[1], one)
    return list(found.values())


SMALL = [*LEAVES, *grown(LEAVES, LEAVES)]
ALL = [*SMALL, *grown(distinct(iter(SMALL)), distinct(iter(SMALL)))]


def test_equal_sizes_are_equal_functions_and_the_other_way_round_but_for_these() -> None:
    """Equal normal forms are one function; one function has one normal form unless a floor division is taken away.

    Those that the normal form does not find to be equal are listed here: there are no others of this length.
    """
    functions: dict[Size, Function] = {}
    forms: dict[Function, set[str]] = {}
    for text, size, values in ALL:
        assert functions.setdefault(size, values) == values, text
        forms.setdefault(values, set()).add(str(size))

    assert len(ALL) > 3000
    assert len(forms) > 1000
    assert {frozenset(texts) for texts in forms.values() if len(texts) > 1} == {
        frozenset(text.replace("t", name) for text in pair)
        for name in ("t", "u")
        for pair in (
            ("t-t//2", "(t+1)//2"),
            ("0-t//2", "(t+1)//2-t"),
            ("0-t//3", "(2*t+2)//3-t"),
            ("t-t//2-1", "(t+1)//2-1"),
        )
    }


def test_proofs_about_all_pairs_are_true() -> None:
    """A clash and the verdicts on an equation, for each size against the small ones and some others."""
    sizes = distinct(iter(ALL))
    small = [*distinct(iter(SMALL)), *sizes[::33]]
    claimed = 0
    for (_, size, values), (_, other, others) in product(sizes, small):
        if clash(size, other):
            claimed += 1
            assert all(map(int.__ne__, values, others)), (size, other)
        verdict = decide(size, other)
        if verdict is Verdict.HOLDS:
            assert values == others, (size, other)
        elif verdict is Verdict.CLASHES:
            assert all(map(int.__ne__, values, others)), (size, other)
    assert len(sizes) * len(small) > 50_000
    assert claimed > 5000


def test_clashes_of_lines_are_all_found() -> None:
    """Two sizes a*t+b are said to clash exactly if no value of t makes them equal."""
    lines = [(a, b) for a in range(4) for b in range(-6, 7)]
    for (a, b), (c, d) in product(lines, repeat=2):
        never = all(a * t + b != c * t + d for t in range(1, 40))
        found = clash(Size("t") * a + b, Size("t") * c + d)
        assert never or not found
        if a == c or abs(a - c) == 1:
            assert found is never, (a, b, c, d)
