"""Sizes: integer polynomials over names and floor divisions, in a normal form.

A size is a sum of atoms with integer coefficients and a constant. Two sizes are equal when their normal forms are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import gcd
from typing import SupportsIndex, TypeAlias, cast

from nm_types.errors import BindingError, TypeSyntaxError
from nm_types.frozen import Frozen, fill

MOST_TERMS = 512
"""Terms of a product written out; what nobody needs in a type must not cost time without bound."""


class Origin:
    """The identity of one call, shared by its output sizes and alive as long as they are."""

    __slots__ = ("__weakref__", "owner")

    def __init__(self, owner: str) -> None:
        self.owner = owner


@dataclass(frozen=True, slots=True)
class Variable:
    """A size name in a declared type, `t`: fresh for each call; `n_i` is one per element of a variadic port."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def is_indexed(self) -> bool:
        """Whether the name stands for one size per element of a variadic port."""
        return self.name.endswith("_i")


@dataclass(frozen=True, slots=True)
class OutputSize:
    """A size that a call creates (a Skolem constant): equal only to itself, printed with its owner.

    Attributes:
        origin: the call that made it; its identity is part of the symbol's.
        name: the name in the declaration of the output.
        meaning: the top-level tag of the axis that declares it, if one does.
        implicit: whether the declaration names no size (a bare `B`, an omitted size).
    """

    origin: Origin
    name: str
    meaning: str | None = field(default=None, compare=False)
    implicit: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.origin.owner}.{self.name}"


@dataclass(frozen=True, slots=True)
class Sum:
    """`sum(n_i)`: the sum of an indexed size over the elements of a variadic port."""

    name: str

    def __str__(self) -> str:
        return f"sum({self.name})"


@dataclass(frozen=True, slots=True)
class Count(Sum):
    """`count(xs)`: the number of values that a variadic port is given."""

    def __str__(self) -> str:
        return f"count({self.name})"


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor division by a constant of at least two, in lowest terms."""

    numerator: Size
    divisor: int

    def __str__(self) -> str:
        plain = isinstance(self.numerator.symbol, Variable | OutputSize | Sum)
        return f"{self.numerator}//{self.divisor}" if plain else f"({self.numerator})//{self.divisor}"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of unknowns, as factors with powers."""

    factors: frozenset[tuple[Symbol, int]]

    def __str__(self) -> str:
        texts = sorted((factor_text(atom), power) for atom, power in self.factors)
        return "*".join("*".join([text] * power) for text, power in texts)


Name: TypeAlias = "Variable | OutputSize | Sum"
Symbol: TypeAlias = "Variable | OutputSize | Sum | Floor"
Atom: TypeAlias = "Variable | OutputSize | Sum | Floor | Product"

ATOMS = (Variable, OutputSize, Sum, Floor, Product)


class Size(Frozen):
    """An immutable size in normal form, closed under arithmetic with sizes and integers.

    `Size(64)`, `Size("t")` for a name; larger expressions come from arithmetic (`Size("t") // 2`) or from the notation.

    Example:
        >>> t = Size("t")
        >>> (2 * t + 4) // 2
        Size(t+2)
        >>> ((t + 1) // 2).evaluate({"t": 7})
        4
    """

    __slots__ = ("_hash", "_names", "constant", "terms")

    terms: Mapping[Atom, int]
    constant: int
    _hash: int | None
    _names: frozenset[Name] | None

    def __new__(cls, value: SupportsIndex | str | Size | Atom) -> Size:
        """Make a size from a number, a name or an atom."""
        if isinstance(value, Size):
            return value
        # bool is a subclass of int: True would pass for the size 1
        if isinstance(value, bool):
            raise TypeSyntaxError(f"{value} is no size. A size is a whole number of at least 1 or a name.")
        if isinstance(value, int):
            return _make({}, value)
        if isinstance(value, str):
            if not value.isidentifier() or not value[0].islower():
                raise TypeSyntaxError(f'"{value}" is no name of a size. Names of sizes are lowercase words.')
            return _make({Variable(value): 1}, 0)
        if isinstance(value, ATOMS):
            return _make({value: 1}, 0)
        # integers of numpy and torch
        if isinstance(value, SupportsIndex) and not type(value).__name__.startswith("bool"):
            return _make({}, value.__index__())
        hint = f" Divide with //: a // b, or int({value!r})." if isinstance(value, float) else ""
        raise TypeSyntaxError(
            f"{value!r} is no size. A size is a whole number of at least 1 or a name, got {type(value).__name__}.{hint}"
        )

    def __add__(self, other: int | Size) -> Size:
        if isinstance(other, int):
            return _make(self.terms, self.constant + other)
        terms = dict(self.terms)
        return _make(terms, self.constant + _add_to(terms, other, 1))

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: int | Size) -> Size:
        if isinstance(other, int):
            return _make(self.terms, self.constant - other)
        terms = dict(self.terms)
        return _make(terms, self.constant + _add_to(terms, other, -1))

    def __rsub__(self, other: int) -> Size:
        return -self + other

    def __mul__(self, other: int | Size) -> Size:
        if isinstance(other, Size):
            if other.terms:
                return self._times(other)
            factor = other.constant
        else:
            factor = other
        if factor == 0:
            return _make({}, 0)
        return _make({atom: count * factor for atom, count in self.terms.items()}, self.constant * factor)

    __rmul__ = __mul__

    def _times(self, other: Size) -> Size:
        # checked before the product is written out, since a notation of 1,000 characters can ask for millions of terms
        if len(self.terms) * len(other.terms) > MOST_TERMS:
            raise TypeSyntaxError(f"A size has more than {MOST_TERMS} terms once its products are written out.")
        result = self * other.constant
        for a, m in self.terms.items():
            for b, n in other.terms.items():
                result = result + _make({product(a, b): m * n}, 0)
        return result + _make(other.terms, 0) * self.constant

    def __floordiv__(self, divisor: int) -> Size:
        if divisor < 1:
            raise TypeSyntaxError(f"{self}//{divisor}: a size is divided by a whole number of at least 1.")
        return _divide(self, divisor)

    @property
    def value(self) -> int | None:
        """The number, or None if the size is symbolic."""
        return None if self.terms else self.constant

    @property
    def symbol(self) -> Atom | None:
        """The atom, or None if the size is not exactly one atom."""
        if self.constant or len(self.terms) != 1:
            return None
        ((atom, count),) = self.terms.items()
        return atom if count == 1 else None

    @property
    def is_implicit(self) -> bool:
        """Whether no declaration names the size; such sizes are not printed."""
        symbol = self.symbol
        return isinstance(symbol, OutputSize) and symbol.implicit

    def symbols(self) -> frozenset[Name]:
        """Return the names in it, including those inside floor divisions and products."""
        names = self._names
        if names is None:
            names = frozenset(name for atom in self.terms for name in names_in(atom))
            fill(self, "_names", names)
        return names

    @property
    def weight(self) -> int:
        """The number of atoms in it, nested ones included."""
        return sum(map(weight, self.terms))

    def substitute(self, values: Mapping[Name, Size]) -> Size:
        """Substitute sizes for names and normalise."""
        # the common case of a number or of foreign names costs no copy
        if not self.terms or values.keys().isdisjoint(self.symbols()):
            return self
        terms: dict[Atom, int] = {}
        constant = self.constant
        for atom, count in self.terms.items():
            constant += _add_to(terms, _substitute(atom, values), count)
        return _make(terms, constant)

    def evaluate(self, values: Mapping[str, int]) -> int:
        """Return its number, given a number for each name (output sizes as `owner.name`).

        Raises:
            BindingError: a name has no value.
        """
        numbers: dict[Name, Size] = {}
        for symbol in self.symbols():
            if str(symbol) not in values:
                raise BindingError(f"{self}: there is no value for {symbol}; given: {', '.join(values) or 'none'}.")
            numbers[symbol] = Size(values[str(symbol)])
        return self.substitute(numbers).constant

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if isinstance(other, Size):
            return self.constant == other.constant and self.terms == other.terms
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            # computed late: most sizes are compared and never hashed
            fill(self, "_hash", hash((self.constant, frozenset(self.terms.items()))))
        return cast("int", self._hash)

    def __reduce__(self) -> tuple[object, tuple[tuple[tuple[Atom, int], ...], int]]:
        return _from_items, (tuple(self.terms.items()), self.constant)

    def __repr__(self) -> str:
        return f"Size({self})"

    def __str__(self) -> str:
        # sorted, so that equal sizes print alike however they were computed; positive terms first
        ordered = sorted(self.terms.items(), key=lambda item: (item[1] < 0, str(item[0])))
        parts = [(count, _term(atom, abs(count))) for atom, count in ordered]
        if self.constant > 0 and (not parts or parts[0][0] < 0):
            parts.insert(0, (1, str(self.constant)))
        elif self.constant or not parts:
            parts.append((self.constant, str(abs(self.constant))))
        # the notation has no unary minus: -t is written 0-t
        if parts[0][0] < 0:
            parts.insert(0, (1, "0"))
        return parts[0][1] + "".join(("-" if count < 0 else "+") + text for count, text in parts[1:])


def _make(terms: Mapping[Atom, int], constant: int) -> Size:
    size = object.__new__(Size)
    fill(size, "terms", terms)
    fill(size, "constant", constant)
    fill(size, "_hash", None)
    fill(size, "_names", None)
    return size


def _add_to(terms: dict[Atom, int], size: Size, times: int) -> int:
    """Add a multiple of a size's terms to `terms` in place; return the multiple of its constant."""
    for atom, count in size.terms.items():
        total = terms.get(atom, 0) + count * times
        if total:
            terms[atom] = total
        else:
            # a zero coefficient left in would make equal sizes unequal
            del terms[atom]
    return size.constant * times


def _from_items(items: tuple[tuple[Atom, int], ...], constant: int) -> Size:
    return _make(dict(items), constant)


def _divide(size: Size, divisor: int) -> Size:
    """Return the floor division in normal form.

    Multiples of the divisor come out; the rest is reduced by the common divisor; a floor division inside takes the rest
    in: floor((floor(e/a) + r)/b) = floor((e + a*r)/(a*b)).
    """
    outside: dict[Atom, int] = {}
    inside: dict[Atom, int] = {}
    for atom, count in size.terms.items():
        # divmod rounds towards minus infinity, as floor division does, so the rest is never negative
        quotient, rest = divmod(count, divisor)
        if quotient:
            outside[atom] = quotient
        if rest:
            inside[atom] = rest
    quotient, rest = divmod(size.constant, divisor)
    out = _make(outside, quotient)
    if not inside:
        return out
    common = gcd(divisor, *inside.values())
    if common > 1:
        inside = {atom: count // common for atom, count in inside.items()}
        rest, divisor = rest // common, divisor // common
    if divisor == 1:
        return out + _make(inside, rest)
    floors = [atom for atom in inside if isinstance(atom, Floor)]
    # nested floors merge only where the inner one has coefficient one: floor((2*floor(e/a))/b) has no such form
    if len(floors) == 1 and inside[floors[0]] == 1:
        inner = floors[0]
        del inside[inner]
        numerator = inner.numerator + _make(inside, rest) * inner.divisor
        return out + _divide(numerator, inner.divisor * divisor)
    return out + _make({Floor(_make(inside, rest), divisor): 1}, 0)


def _substitute(atom: Atom, values: Mapping[Name, Size]) -> Size:
    if isinstance(atom, Floor):
        return atom.numerator.substitute(values) // atom.divisor
    if isinstance(atom, Product):
        result = _make({}, 1)
        for factor, power in atom.factors:
            for _ in range(power):
                result = result * _substitute(factor, values)
        return result
    return values.get(atom) or _make({atom: 1}, 0)


def _term(atom: Atom, count: int) -> str:
    return str(atom) if count == 1 else f"{count}*{factor_text(atom)}"


def product(first: Atom, second: Atom) -> Product:
    """Multiply two atoms."""
    powers: dict[Symbol, int] = {}
    for atom in (first, second):
        for factor, power in atom.factors if isinstance(atom, Product) else ((atom, 1),):
            powers[factor] = powers.get(factor, 0) + power
    return Product(frozenset(powers.items()))


def names_in(atom: Atom) -> Iterator[Name]:
    """Yield the names in an atom, including those inside floor divisions and products."""
    if isinstance(atom, Floor):
        yield from atom.numerator.symbols()
    elif isinstance(atom, Product):
        for factor, _ in atom.factors:
            yield from names_in(factor)
    else:
        yield atom


def weight(atom: Atom) -> int:
    """Count the atoms in an atom."""
    if isinstance(atom, Floor):
        return 1 + atom.numerator.weight
    return 1 + sum(weight(factor) for factor, _ in atom.factors) if isinstance(atom, Product) else 1


def factor_text(atom: Atom) -> str:
    """Return an atom as text for a factor of a product."""
    return f"({atom})" if isinstance(atom, Floor) else str(atom)
