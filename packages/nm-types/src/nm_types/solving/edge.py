"""Edges of a call, and equations between sizes that they require."""

from __future__ import annotations

from dataclasses import dataclass

from nm_types.neural_type import NeuralType
from nm_types.sizes import Name, Size, period


@dataclass(frozen=True, slots=True)
class Edge:
    """One connection of a call, from an output of a producer to a port of a consumer.

    Attributes:
        consumer: the name of the module that is called.
        port: the name of its port; the elements of a variadic port are `xs[0]`, `xs[1]` ...
        producer: where the value comes from, as in `loader.features`.
        expected: the type of the port, parameters bound, with names local to the call.
        given: the type of the value, whose sizes speak of the calls that made it.
        declared: the class that declares the port; for messages.
        given_declared: the class that declares the output; for messages.
        value: the value as the user's code writes it, where that is known; for fixes that can be pasted.
        caller: the module as the user's code writes it, where that is known.

    Example:
        >>> edge = Edge("encoder", "audio_signal", "data.spec", NeuralType("B C T"), NeuralType("B C T"))
        >>> edge.target
        'encoder.audio_signal'
    """

    consumer: str
    port: str
    producer: str
    expected: NeuralType
    given: NeuralType
    declared: str = ""
    given_declared: str = ""
    value: str = ""
    caller: str = ""

    @property
    def target(self) -> str:
        """The consumer and its port: `encoder.audio_signal`."""
        return ".".join(part for part in (self.consumer, self.port) if part)


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sizes that must be equal, with the edge that says so.

    Attributes:
        expected: the size that the port asks for, as far as it is solved.
        given: the size that it is given.
        edge: the connection.
        place: the axis (0, 1 ...), or -1, -2 ... for the sizes of the kind of values.
        written: the size, or the row, as the port declares it.
        ports: the ports whose sizes went into the expected one, this port included.
        location: file and line of the call that asks.

    Example:
        >>> edge = Edge("loss", "lengths", "data.spec_len", NeuralType("B"), NeuralType("B"))
        >>> print(Equation(Size("t") // 2, Size("t"), edge, 0, Size("t") // 2, frozenset({"lengths"})))
        t//2 = t
    """

    expected: Size
    given: Size
    edge: Edge
    place: int
    written: Size | str
    ports: frozenset[str]
    location: str = ""

    @property
    def port(self) -> str:
        """The port that asks."""
        return self.edge.port

    @property
    def names(self) -> frozenset[Name]:
        """The names on both sides."""
        return self.expected.symbols() | self.given.symbols()

    @property
    def on_axis(self) -> bool:
        """Whether it concerns the shape of a value, which a run can see, rather than its contents."""
        return self.place >= 0

    @property
    def asked(self) -> str:
        """The required size as written and as solved: `t//2 = 32`."""
        text, written = str(self.expected), str(self.written)
        return text if written in (text, "B") or written.startswith("*") else f"{written} = {text}"

    @property
    def condition(self) -> str:
        """The equation in words: `t must be a multiple of 2`, `axis 1 must be 64`."""
        difference = self.expected - self.given
        steps = period(difference)
        if steps is not None and steps <= 64:
            (name,) = difference.symbols()
            rests = [rest for rest in range(steps) if not difference.substitute({name: Size(steps + rest)}).constant]
            if len(rests) == 1:
                leave = f"leave {rests[0]} when it is divided by" if rests[0] else "be a multiple of"
                return f"{name} must {leave} {steps}"
        where = f"axis {self.place}" if self.on_axis else f"size {-1 - self.place} of the values"
        named = "" if self.given.is_implicit else f", {self.given},"
        return f"{where}{named} must be {self.expected}"

    def __str__(self) -> str:
        return f"{self.expected} = {self.given}"
