"""Atoms: what sizes are sums of, names, floor divisions by constants, and opaque products of these."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from nm_types.sizes.size import Size


class Origin:
    """The identity of one call, which its rigid symbols share; it lives as long as something speaks of them."""

    __slots__ = ("__weakref__", "owner")

    def __init__(self, owner: str) -> None:
        self.owner = owner


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in a declared type: `t`. Fresh for each call; `n_i` is one per element of a variadic port."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def is_indexed(self) -> bool:
        """Whether the name stands for one size per element of a variadic port."""
        return self.name.endswith("_i")


@dataclass(frozen=True, slots=True)
class Rigid:
    """A size that a call made and nobody knows yet: equal only to itself, printed with its owner.

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
class Floor:
    """A floor division by a constant of at least two, in lowest terms."""

    numerator: Size
    divisor: int

    def __str__(self) -> str:
        plain = isinstance(self.numerator.symbol, Variable | Rigid | Sum)
        return f"{self.numerator}//{self.divisor}" if plain else f"({self.numerator})//{self.divisor}"


@dataclass(frozen=True, slots=True)
class Product:
    """A product of unknowns: factors with their powers."""

    factors: frozenset[tuple[Symbol, int]]

    def __str__(self) -> str:
        texts = sorted((factor_text(atom), power) for atom, power in self.factors)
        return "*".join("*".join([text] * power) for text, power in texts)


Name: TypeAlias = "Variable | Rigid | Sum"
Symbol: TypeAlias = "Variable | Rigid | Sum | Floor"
Atom: TypeAlias = "Variable | Rigid | Sum | Floor | Product"


def product(left: Atom, right: Atom) -> Product:
    """Two atoms multiplied."""
    powers: dict[Symbol, int] = {}
    for atom in (left, right):
        for factor, power in atom.factors if isinstance(atom, Product) else ((atom, 1),):
            powers[factor] = powers.get(factor, 0) + power
    return Product(frozenset(powers.items()))


def names_in(atom: Atom) -> Iterator[Name]:
    """The names in an atom, those inside floor divisions and products included."""
    if isinstance(atom, Floor):
        yield from atom.numerator.symbols()
    elif isinstance(atom, Product):
        for factor, _ in atom.factors:
            yield from names_in(factor)
    else:
        yield atom


def weight(atom: Atom) -> int:
    """How many atoms an atom is written with."""
    if isinstance(atom, Floor):
        return 1 + atom.numerator.weight
    return 1 + sum(weight(factor) for factor, _ in atom.factors) if isinstance(atom, Product) else 1


def factor_text(atom: Atom) -> str:
    """An atom as one factor of a product."""
    return f"({atom})" if isinstance(atom, Floor) else str(atom)
