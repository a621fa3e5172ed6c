"""Run-time checks: real shapes against the types of ports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from nm_types.connecting.row_lengths import row_lengths
from nm_types.meanings import KindVariable
from nm_types.messages import Column, Fix, Problem
from nm_types.neural_type import NeuralType
from nm_types.notation import Axis, AxisType, Row
from nm_types.sizes import Name, OutputSize, Size, Variable
from nm_types.solving import Edge, Equation, Solution, eliminate, is_solvable
from nm_types.unifying import LocalNames, plain, row_size

Shape = tuple[int, ...]
LENGTHS = "connect what belongs to the axis that the port speaks of, which some module has changed on the way."


class Measured(NamedTuple):
    """A size of a kind, measured from the shapes of a run.

    Attributes:
        value: the number.
        source: where it was read: `loader.t is 40, axis 1 of loader.x`.
    """

    value: int
    source: str = ""


def check_shapes(
    expected: Mapping[str, NeuralType],
    shapes: Mapping[str, Shape],
    dtypes: Mapping[str, str] | None = None,
    *,
    kinds: Mapping[str, Sequence[Measured | None]] | None = None,
    values: Mapping[str, NeuralType] | None = None,
    owner: str = "",
    producers: Mapping[str, str] | None = None,
    location: str = "",
) -> tuple[Problem, ...]:
    """Check real shapes against the types of the ports of one call, all together.

    A name is the same number in all ports; its value is the shape of the axis that declares it, never the contents of a
    vector of lengths. Kinds cannot be seen, except the family of their numbers, and their sizes where these were read
    from the axes of other values.

    Args:
        expected: the types of the ports, parameters bound.
        shapes: the shapes of the values, for the ports to be checked; other values than tensors are left out.
        dtypes: the families of the numbers (float, int, bool), for the ports whose family is to be checked.
        kinds: the sizes of the kinds of the values, for the ports where they are to be checked; None where unknown.
        values: the types of the values, where they are known: their tags say which axis stands between two rows. Where
            they are not, shapes fit if they fit for some place of that axis.
        owner: the name of the module, for messages.
        producers: where the values come from, for messages.
        location: file and line of the connection, for messages.

    Returns:
        One problem for each bad port, none if all fit.
    """
    problems: tuple[Problem, ...] = ()
    types = values or {}
    for lengths in row_lengths(expected, shapes, types):
        checker = _Checker(expected, lengths, owner, producers or {}, location)
        for port, shape in shapes.items():
            checker.add(port, tuple(shape), types.get(port))
        for port, sizes in (kinds or {}).items():
            checker.add_kind(port, sizes)
        checker.solve()
        for port, family in (dtypes or {}).items():
            checker.check_family(port, family)
        if not checker.problems:
            return ()
        # all ways fail: one with the fewest problems is shown
        if not problems or len(checker.problems) < len(problems):
            problems = tuple(checker.problems.values())
    return problems


class _Checker:
    """The state of one run-time check: bound names, open equations and problems."""

    def __init__(
        self,
        expected: Mapping[str, NeuralType],
        lengths: Mapping[str, int],
        owner: str,
        producers: Mapping[str, str],
        location: str,
    ) -> None:
        self.expected = expected
        self.lengths = lengths
        self.owner = owner
        self.producers = producers
        self.location = location
        self.names = LocalNames()
        for port in expected:
            self.names.count(port)
        self.solution = Solution()
        self.shapes: dict[str, Shape] = {}
        self.values: dict[str, NeuralType] = {}
        self.kinds: dict[str, Sequence[Measured | None]] = {}
        self.read: dict[Name, str] = {}
        self.equations: list[Equation] = []
        self.problems: dict[str, Problem] = {}

    def add(self, port: str, shape: Shape, value: NeuralType | None) -> None:
        """Add the shape of one value of a type: check its rank and set up equations for its sizes."""
        type = self.expected[port]
        self.shapes[port] = shape
        if value is not None:
            self.values[port] = value
        if type.form != "tensor":
            return
        rows = [axis for axis in type.axes if isinstance(axis, Row)]
        fixed = len(type.axes) - len(rows)
        if len(shape) < fixed or (not rows and len(shape) != fixed):
            rank = f"{fixed} axes" if not rows else f"at least {fixed} axes"
            self._report("NM120", port, f"The value has {len(shape)} axes, its type has {rank}.", ())
        elif len(rows) > 1 and value is not None and value.form == "tensor" and len(value.axes) != len(shape):
            # no tag says where the axis between the rows stands
            cause = f"The value has {len(shape)} axes, its output promises {len(value.axes)}: {value}."
            self._report("NM120", port, cause, ())
        elif sum(self.lengths[row.name] for row in rows) != len(shape) - fixed:
            *before, last = rows
            length = max(0, len(shape) - fixed - sum(self.lengths[row.name] for row in before))
            cause = f"*{last.name} stands for {self.lengths[last.name]} axes elsewhere, here for {length}."
            self._report("NM120", port, cause, ())
        else:
            self._add_axes(port, type.axes, shape)

    def add_kind(self, port: str, sizes: Sequence[Measured | None]) -> None:
        """Add the measured kind sizes of one value."""
        kind = self.expected[port].kind
        if kind is None or not sizes:
            return
        self.kinds[port] = sizes
        for index, (expected, size) in enumerate(zip(kind.sizes, sizes, strict=False)):
            if expected is not None and size is not None:
                local = self.names.local(plain(expected), port)
                self.equations.append(self._equation(port, -1 - index, local, size.value))

    def _add_axes(self, port: str, axes: Sequence[Axis], shape: Shape) -> None:
        index = 0
        for axis in axes:
            if isinstance(axis, Row):
                length = self.lengths[axis.name]
                for offset in range(length):
                    self._equate(port, index + offset, Size(row_size(axis.name, offset)), shape[index + offset])
                index += length
            else:
                size = self.names.size_of(axis, port)
                if size is not None:
                    self._equate(port, index, size, shape[index])
                index += 1

    def _equate(self, port: str, index: int, size: Size, value: int) -> None:
        symbol = size.symbol
        if isinstance(symbol, Variable) and symbol not in self.solution.values:
            self.solution.values[symbol] = Size(value)
            self.read[symbol] = f"{symbol} is {value}, axis {index} of {port}"
        else:
            self.equations.append(self._equation(port, index, size, value))

    def _equation(self, port: str, index: int, size: Size, value: int) -> Equation:
        edge = Edge(self.owner, port, self.producers.get(port, ""), self.expected[port], self.expected[port])
        return Equation(size, Size(value), edge, index, size, frozenset({port}))

    def solve(self) -> None:
        """Solve for names that occur only in expressions, axes before kinds, and report contradictions."""
        self.solution.values.update(self.names.totals())
        equations = [self.solution.applied(equation) for equation in self.equations]
        waiting: list[Equation] = []
        bad: list[Equation] = []
        # axes first: shapes are facts, and bind the names that sizes of kinds are then checked against
        for on_axis in (True, False):
            pending = [*waiting, *(equation for equation in self.equations if equation.on_axis is on_axis)]
            waiting, wrong = eliminate(pending, self.solution, lambda name: isinstance(name, Variable))
            bad += wrong
        bad += self.solution.unmet()[1]
        unsure = [*waiting, *(equation for _, equation in self.solution.conditions)]
        if unsure and not bad and is_solvable(equations) is False:
            bad.append(unsure[-1])
        for equation in bad:
            if equation.port not in self.problems:
                (self._report_axis if equation.on_axis else self._report_kind)(equation)

    def check_family(self, port: str, family: str) -> None:
        """Check the dtype family of one value."""
        kind = self.expected[port].kind
        if (
            kind is not None
            and not isinstance(kind, KindVariable)
            and kind.dtype != family
            and port not in self.problems
        ):
            cause = f"The value holds {family} numbers; {kind} means {kind.dtype}."
            self._report("NM122", port, cause, (), Column("values", f"{kind}, {kind.dtype}", family, True))

    def _report_axis(self, equation: Equation) -> None:
        cause = f"Axis {equation.place} has the size {equation.given}, its type says {equation.asked}."
        self._report("NM121", equation.port, cause, (equation.place,))

    def _report_kind(self, equation: Equation) -> None:
        port, written = equation.port, equation.written
        sources = dict.fromkeys(
            measured.source for measured in self.kinds[port] if measured is not None and measured.source
        )
        holds = "; ".join([f"The value holds {self._measured_kind(port)}", *sources])
        names = written.symbols() if isinstance(written, Size) else ()
        says = " and ".join([f"its type says {self.expected[port].kind}", *sorted(map(self._read, names))])
        self._report("NM123", port, f"{holds}; {says}.", (len(self.shapes.get(port, ())),))

    def _read(self, name: Name) -> str:
        return self.read.get(name) or f"{name} is {self.solution.apply(Size(name))}"

    def _measured_kind(self, port: str) -> str:
        """Return the kind of a value with its measured sizes as text; a size may be 0 here, unlike an axis."""
        kind = self.expected[port].kind
        numbers = ["?" if measured is None else str(measured.value) for measured in self.kinds[port]]
        return "" if kind is None else f"{type(kind).text}({','.join(numbers)})"

    def _report(self, code: str, port: str, cause: str, marked: tuple[int, ...], numbers: Column | None = None) -> None:
        type = self.expected[port]
        shape = self.shapes.get(port, ())
        axes = _axis_texts(type.axes, self.lengths, len(shape))
        axes += ["-"] * (len(shape) - len(axes))
        sizes = [*map(str, shape), *["-"] * (len(axes) - len(shape))]
        columns = [Column(f"axis {i}", axes[i], sizes[i], i in marked) for i in range(len(axes))]
        if numbers is not None:
            columns.append(numbers)
        elif port in self.kinds:
            kinds = str(type.kind), str(self._measured_kind(port))
            columns.append(Column("values", *kinds, len(axes) in marked))
        producer = self.producers.get(port, "")
        giver = producer.partition(".")[0]
        maker = f"{giver}, which made the value," if giver else "the module that made the value,"
        fix = Fix(LENGTHS if code == "NM123" else f"correct {maker} or the type that its port declares.")
        if code == "NM121" and port in self.values and _fits_alone(self.values[port], shape):
            # its author is not at fault: it left the size open, and the connection asks for one
            fix = Fix(f"connect a value of this size, or put a module before {self.owner} that makes it so.")
        self.problems[port] = Problem(
            code=code,
            cause=cause,
            consumer=self.owner,
            port=port,
            producer=producer,
            expected=str(type),
            given=str(shape),
            columns=tuple(columns),
            mark="differs",
            location=self.location,
            fixes=(fix,),
        )


def _fits_alone(value: NeuralType, shape: Shape) -> bool:
    """Return whether a shape is what the value's own type promises, each size of it that no number is being open."""
    if value.form != "tensor" or len(value.axes) != len(shape):
        return False
    numbers: dict[Name, Size] = {}
    sizes = [axis.size if isinstance(axis, AxisType) else None for axis in value.axes]
    for size, number in zip(sizes, shape, strict=True):
        if isinstance(size, Size) and isinstance(size.symbol, OutputSize):
            if numbers.setdefault(size.symbol, Size(number)) != Size(number):
                return False
    solved = [size.substitute(numbers) if isinstance(size, Size) else None for size in sizes]
    return all(
        size is None or size.value is None or size.value == number for size, number in zip(solved, shape, strict=True)
    )


def _axis_texts(axes: Sequence[Axis], lengths: Mapping[str, int], count: int) -> list[str]:
    """Return the axes of a type as text, one per dimension of a shape; a row repeats for each axis it spans."""
    rows = sum(isinstance(axis, Row) for axis in axes)
    if rows == 1:  # what the other axes leave, also where the row is of another length elsewhere
        lengths = {axis.name: max(count - len(axes) + 1, 0) for axis in axes if isinstance(axis, Row)}
    elif sum(lengths.get(axis.name, 1) if isinstance(axis, Row) else 1 for axis in axes) != count:
        lengths = {}
    return [str(axis) for axis in axes for _ in range(lengths.get(axis.name, 1) if isinstance(axis, Row) else 1)]
