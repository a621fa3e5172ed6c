"""The run-time form of a deferred check: real shapes against the types of ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nm_types.edge import Edge, Equation
from nm_types.neural_type import NeuralType
from nm_types.problem import Fix, Problem
from nm_types.rendering import Column
from nm_types.sizes import Name, Size, Sum, Variable
from nm_types.solve import Solution, eliminate, is_solvable
from nm_types.structure import Axis, Row
from nm_types.unify import Unifier, row_size

Shape = tuple[int, ...]


def check_shapes(
    expected: Mapping[str, NeuralType],
    shapes: Mapping[str, Shape],
    dtypes: Mapping[str, str] | None = None,
    *,
    owner: str = "",
    producers: Mapping[str, str] | None = None,
) -> tuple[Problem, ...]:
    """Check real shapes against the types of the ports of one call, all together.

    A name is the same number in all ports; its value is the shape of the axis that declares it, never the contents of a
    vector of lengths. Kinds cannot be seen, except the family of their numbers.

    Args:
        expected: the types of the ports, parameters bound.
        shapes: the shapes of the values, for the ports to be checked; other values than tensors are left out.
        dtypes: the families of the numbers (float, int, bool), for the ports whose family is to be checked.
        owner: the name of the module, for messages.
        producers: where the values come from, for messages.

    Returns:
        One problem for each bad port, none if all fit.
    """
    checker = _Checker(expected, owner, producers or {})
    for port, shape in shapes.items():
        checker.add(port, tuple(shape))
    checker.solve()
    for port, family in (dtypes or {}).items():
        checker.check_family(port, family)
    return tuple(checker.problems.values())


class _Checker:
    """What one check has found so far."""

    def __init__(self, expected: Mapping[str, NeuralType], owner: str, producers: Mapping[str, str]) -> None:
        self.expected = expected
        self.owner = owner
        self.producers = producers
        self.names = Unifier()
        self.solution = Solution()
        self.rows: dict[str, Shape] = {}
        self.shapes: dict[str, Shape] = {}
        self.equations: list[Equation] = []
        self.problems: dict[str, Problem] = {}

    def add(self, port: str, shape: Shape) -> None:
        """Take the shape of one value: check its number of axes, and set up what its sizes must be."""
        type = self.expected[port]
        self.shapes[port] = shape
        if type.form != "tensor":
            return
        rows = [one for one in type.axes if isinstance(one, Row)]
        fixed = len(type.axes) - len(rows)
        if len(shape) < fixed or (not rows and len(shape) != fixed):
            wanted = f"{fixed} axes" if not rows else f"at least {fixed} axes"
            self._report("NM120", port, f"The value has {len(shape)} axes, its type has {wanted}.", ())
        elif len(rows) < 2:
            self._add_axes(port, type.axes, shape)

    def _add_axes(self, port: str, axes: Sequence[Axis], shape: Shape) -> None:
        place = 0
        for one in axes:
            if isinstance(one, Row):
                length = len(shape) - len(axes) + 1
                known = self.rows.setdefault(one.name, shape[place : place + length])
                if len(known) != length:
                    cause = f"*{one.name} stands for {len(known)} axes elsewhere, here for {length}."
                    self._report("NM120", port, cause, ())
                    return
                for index in range(length):
                    self._equate(port, place + index, Size(row_size(one.name, index)), shape[place + index])
                place += length
            else:
                size = self.names.size_of(one, port)
                if size is not None:
                    self._equate(port, place, size, shape[place])
                place += 1

    def _equate(self, port: str, place: int, size: Size, value: int) -> None:
        symbol = size.symbol
        if isinstance(symbol, Variable) and symbol not in self.solution.values:
            self.solution.values[symbol] = Size(value)
        else:
            edge = Edge(self.owner, port, self.producers.get(port, ""), self.expected[port], self.expected[port])
            self.equations.append(Equation(size, Size(value), edge, place, size, frozenset({port})))

    def solve(self) -> None:
        """Solve for the names that only expressions mention, and report the axes that cannot hold."""
        elements = self.names.elements
        sums: dict[Name, Size] = {Sum(name): sum(map(Size, found), Size(0)) for name, found in elements.items()}
        self.solution.values.update(sums)
        waiting, bad = eliminate(self.equations, self.solution, lambda name: isinstance(name, Variable))
        bad += self.solution.unmet()[1]
        if waiting and not bad and not is_solvable(waiting):
            bad.append(waiting[-1])
        for equation in bad:
            if equation.port not in self.problems:
                text = str(equation.expected)
                written = str(equation.written)
                asked = text if written in (text, "B") or written.startswith("*") else f"{written} = {text}"
                cause = f"Axis {equation.place} has the size {equation.given}, its type says {asked}."
                self._report("NM121", equation.port, cause, (equation.place,))

    def check_family(self, port: str, family: str) -> None:
        """Check the family of the numbers of one value."""
        kind = self.expected[port].kind
        if kind is not None and kind.dtype != family and port not in self.problems:
            cause = f"The value holds {family} numbers; {kind} means {kind.dtype}."
            self._report("NM122", port, cause, ())

    def _report(self, code: str, port: str, cause: str, marked: tuple[int, ...]) -> None:
        type = self.expected[port]
        shape = self.shapes.get(port, ())
        axes = [*map(str, type.axes), *["-"] * (len(shape) - len(type.axes))]
        sizes = [*map(str, shape), *["-"] * (len(type.axes) - len(shape))]
        columns = [Column(f"axis {i}", axes[i], sizes[i], i in marked) for i in range(len(axes))]
        self.problems[port] = Problem(
            code=code,
            cause=cause,
            consumer=self.owner,
            port=port,
            producer=self.producers.get(port, ""),
            expected=str(type),
            given=str(shape),
            columns=tuple(columns),
            mark="differs",
            fixes=(Fix("correct the module that made the value, or the type that its port declares."),),
        )
