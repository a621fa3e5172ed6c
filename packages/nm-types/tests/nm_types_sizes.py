"""Sizes read a second time: expressions as Python reads them, and the systems they form solved by trying."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product

Reading = Callable[[Mapping[str, int]], int]
SIGNS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: int.__add__,
    ast.Sub: int.__sub__,
    ast.Mult: int.__mul__,
    ast.FloorDiv: int.__floordiv__,
}


@cache
def reading(text: str) -> Reading:
    """What an expression without parameters and sums means, as Python reads it."""
    return _reading(ast.parse(text, mode="eval").body)


def _reading(node: ast.expr) -> Reading:
    match node:
        case ast.Constant(value=int(number)):
            return lambda known: number
        case ast.Name(id=name):
            return lambda known: known[name]
        case ast.BinOp(left=first, op=sign, right=second):
            left, right, work = _reading(first), _reading(second), SIGNS[type(sign)]
            return lambda known: work(left(known), right(known))
    raise AssertionError(ast.dump(node))


@cache
def names_of(text: str) -> tuple[str, ...]:
    """The names in an expression."""
    return tuple(sorted({node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}))


def solutions(asked: Sequence[tuple[str, int]], largest: int) -> Iterator[dict[str, int]]:
    """All values from 1 to a largest one of the names in some expressions, for which each is the number given with it.

    A plain name is its number, however large.
    """
    known: dict[str, int] = {}
    for text, number in asked:
        if text.isidentifier() and known.setdefault(text, number) != number:
            return
    if min(known.values(), default=1) < 1:
        return
    yield from _solutions([one for one in asked if not one[0].isidentifier()], known, largest)


def _solutions(asked: Sequence[tuple[str, int]], known: dict[str, int], largest: int) -> Iterator[dict[str, int]]:
    waiting = []
    for text, number in asked:
        if all(name in known for name in names_of(text)):
            if reading(text)(known) != number:
                return
        else:
            waiting.append((text, number))
    if not waiting:
        yield dict(known)
        return
    text, number = min(waiting, key=lambda one: sum(name not in known for name in names_of(one[0])))
    new = [name for name in names_of(text) if name not in known]
    rest = [one for one in waiting if one != (text, number)]
    read = reading(text)
    for values in product(range(1, largest + 1), repeat=len(new)):
        more = {**known, **dict(zip(new, values, strict=True))}
        if read(more) == number:
            yield from _solutions(rest, more, largest)
