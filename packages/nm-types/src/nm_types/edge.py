"""Edges and equations: what a call is asked to check, and what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass

from nm_types.neural_type import NeuralType
from nm_types.proofs import period
from nm_types.sizes import Floor, Size


@dataclass(frozen=True, slots=True)
class Edge:
    """One connection of a call: an output of a producer into a port of a consumer.

    Attributes:
        consumer: the name of the module that is called.
        port: the name of its port; the elements of a variadic port are `xs[0]`, `xs[1]` ...
        producer: where the value comes from, as in `loader.features`.
        expected: the type of the port, parameters bound, with names local to the call.
        given: the type of the value, whose sizes speak of the calls that made it.
        declared: the class that declares the port; for messages.
        given_declared: the class that declares the output; for messages.
    """

    consumer: str
    port: str
    producer: str
    expected: NeuralType
    given: NeuralType
    declared: str = ""
    given_declared: str = ""


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sizes that must be equal, with where this comes from.

    Attributes:
        expected: the size that the port asks for, solved as far as it can be.
        given: the size that it is given.
        port: the port that asks.
        place: the axis of that port (0, 1 ...), or -1 for a size of the kind of its values.
        written: the size as the port declares it.
        ports: the ports whose sizes went into the expected one, this port included.
    """

    expected: Size
    given: Size
    port: str
    place: int
    written: str
    ports: frozenset[str]

    @property
    def difference(self) -> Size:
        """What must be zero."""
        return self.expected - self.given

    @property
    def condition(self) -> str:
        """The equation in words: `t must be a multiple of 2`, or both sides."""
        for one, other in ((self.expected, self.given), (self.given, self.expected)):
            atom = next(iter(one.terms), None)
            if (
                isinstance(atom, Floor)
                and len(one.terms) == 1
                and one.constant == 0
                and one.terms[atom] == atom.divisor
                and atom.numerator == other
            ):
                return f"{other} must be a multiple of {atom.divisor}"
        difference = self.difference
        steps = period(difference)
        if steps is not None and steps <= 64:
            (symbol,) = difference.symbols()
            rests = [rest for rest in range(steps) if not difference.substitute({symbol: Size(rest)}).constant]
            if len(rests) == 1:
                return f"{symbol} must leave {rests[0]} when divided by {steps}"
        return f"{self.expected} = {self.given}"

    def __str__(self) -> str:
        return f"{self.expected} = {self.given}"
