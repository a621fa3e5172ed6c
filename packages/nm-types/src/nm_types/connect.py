"""Connecting: the edges of one call are checked together, and its outputs get their types. All policy lives here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nm_types.compare import Comparison
from nm_types.edge import Edge, Equation
from nm_types.errors import DefinitionError, NeuralTypeError
from nm_types.kinds import Kind
from nm_types.matching import Permutation
from nm_types.neural_type import NeuralType
from nm_types.problem import Fix, Problem
from nm_types.proofs import accidental, is_positive
from nm_types.report import columns, report_equation, report_misfit
from nm_types.sizes import Name, Origin, Rigid, Size, Sum, Variable
from nm_types.solve import Solution, Verdict, eliminate, judge
from nm_types.structure import Axis, AxisType, Row, Structure, TagVariable, Unknown, axis
from nm_types.tags import BatchTag, Tag
from nm_types.unify import BATCH, Casts, Unifier, row_size


@dataclass(frozen=True, slots=True)
class CallTyping:
    """What the type system knows of one call, as an immutable value.

    Attributes:
        outputs: the types of the outputs; their sizes speak of rigid symbols, those of this call printed `owner.t`.
        casts: ports whose value must be transposed; axis i of the port takes axis `permutation[i]` of the value.
        deferred: ports whose shape or dtype family must be looked at when the module runs.
        unchecked: ports with a fact about the values that nobody can check, now or then (a kind that the producer
            leaves out, lengths whose contents decide).
        equations: the sizes that must be equal and could not be decided, each with its port.
    """

    outputs: dict[str, NeuralType]
    casts: dict[str, Permutation]
    deferred: tuple[str, ...]
    unchecked: tuple[str, ...]
    equations: tuple[Equation, ...]


def type_call(
    edges: Sequence[Edge],
    outputs: Mapping[str, NeuralType],
    *,
    owner: str,
    casts: Casts = "error",
    location: str = "",
) -> CallTyping:
    """Check all edges of one call together and give its outputs their types.

    Names in the types of ports are fresh for the call; the order of the edges does not matter.

    Args:
        edges: the connections of the call.
        outputs: the declared types of its outputs, parameters bound.
        owner: the name of the module; sizes that appear on outputs only are printed `owner.t`.
        casts: "error", or "transpose" to allow the one transposition that tags alone decide.
        location: file and line of the user's code, for messages.

    Raises:
        NeuralTypeError: some edges do not fit; the error holds all of them.
    """
    unifier = Unifier(casts)
    problems: dict[str, Problem] = {}
    by_port = {edge.port: edge for edge in edges}
    for edge in sorted(edges, key=lambda edge: edge.port):
        misfit = unifier.add(edge)
        if misfit is not None:
            problems[edge.port] = report_misfit(edge, misfit, location)
    sums: dict[Name, Size] = {Sum(name): sum(map(Size, found), Size(0)) for name, found in unifier.elements.items()}
    solution = Solution()
    solution.values.update(sums)
    left_open = _solve(unifier, solution, by_port, problems, location)
    typed = _Outputs(unifier, solution, owner).close(outputs) if not problems else {}
    for name, type in typed.items():
        sizes = [one.size for one in type.axes if isinstance(one, AxisType)]
        if any(isinstance(size, Size) and is_positive(1 - size) for size in sizes):
            problems[name] = _empty_output(owner, name, outputs[name], type, location)
    if problems:
        raise NeuralTypeError([problems[port] for port in (*by_port, *outputs) if port in problems])
    return CallTyping(
        outputs=typed,
        casts=unifier.casts,
        deferred=_in_order(by_port, [p for e in left_open if e.place >= 0 for p in e.ports] + unifier.seen_later),
        unchecked=_in_order(by_port, [e.port for e in left_open if e.place < 0] + unifier.seen_later),
        equations=tuple(left_open),
    )


def _solve(
    unifier: Unifier, solution: Solution, edges: Mapping[str, Edge], problems: dict[str, Problem], location: str
) -> list[Equation]:
    """Solve the equations of a call; note the edges that cannot hold, give back the equations that stay open."""
    waiting, bad = eliminate(sorted(unifier.equations, key=_first), solution, _is_variable)
    left_open: list[Equation] = []
    for equation in waiting:
        match judge(equation.expected, equation.given):
            case Verdict.CLASHES | Verdict.ACCIDENTAL:
                bad.append(equation)
            case Verdict.OPEN:
                (bad if _is_swapped(equation, unifier) else left_open).append(equation)
            case Verdict.HOLDS:
                pass
    if len(left_open) > 1:
        _, contradicting = eliminate(left_open, Solution(), _is_rigid)
        bad += contradicting
    for equation in bad:
        edge = edges[equation.port]
        if edge.port not in problems:
            origin = _origin(equation, edges)
            problems[edge.port] = report_equation(edge, equation, _code(equation, unifier), origin, location)
    return left_open


def _first(equation: Equation) -> tuple[bool, bool, bool, str, int]:
    """Axes before kinds, plain names before expressions, numbers before names; then a fixed order."""
    plain = isinstance(equation.expected.symbol, Variable)
    return equation.place < 0, not plain, equation.given.value is None, equation.port, equation.place


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable)


def _is_rigid(name: Name) -> bool:
    return isinstance(name, Rigid)


def _is_swapped(equation: Equation, unifier: Unifier) -> bool:
    """Whether a size of the values would equal a size of an axis with an unrelated meaning."""
    if equation.place >= 0:
        return False
    expected, given = _meanings(equation.expected, unifier), _meanings(equation.given, unifier)
    return bool(expected and given) and not expected & given


def _meanings(size: Size, unifier: Unifier) -> set[str]:
    """The top-level tags of the axes that the names in a size stand for."""
    found = set()
    for name in size.symbols():
        own = (name.tag,) if isinstance(name, Rigid) and name.tag is not None else ()
        found |= {tag.chain[1] for tag in (*own, *unifier.tags.get(name, ()))}
    return found


def _code(equation: Equation, unifier: Unifier) -> str:
    if _is_swapped(equation, unifier):
        return "NM107"
    if accidental(equation.expected, equation.given):
        return "NM108"
    return "NM113" if equation.place < 0 else "NM105"


def _origin(equation: Equation, edges: Mapping[str, Edge]) -> str:
    ports = sorted(port for port in equation.ports if port != equation.port and port in edges)
    others = [f"{edges[port].producer} at {port}" for port in ports]
    return f"from {' and '.join(others)}" if others else ""


def _in_order(edges: Mapping[str, Edge], ports: Sequence[str]) -> tuple[str, ...]:
    return tuple(port for port in edges if port in ports)


def _empty_output(owner: str, name: str, declared: NeuralType, type: NeuralType, location: str) -> Problem:
    return Problem(
        code="NM114",
        cause=f"With these inputs {owner}.{name} would be {type}; a size is at least 1.",
        consumer=owner,
        port=name,
        expected=str(declared),
        given=str(type),
        expected_axes=columns(declared),
        given_axes=columns(type),
        comparison=Comparison.DIM_INCOMPATIBLE.name,
        location=location,
        fixes=(Fix(f"give {owner} longer inputs, or construct it with a smaller kernel or stride."),),
    )


class _Outputs:
    """The outputs of a call, with what the call found out put in."""

    def __init__(self, unifier: Unifier, solution: Solution, owner: str) -> None:
        self.unifier = unifier
        self.solution = solution
        self.origin = Origin(owner)
        self.owner = owner

    def close(self, outputs: Mapping[str, NeuralType]) -> dict[str, NeuralType]:
        """The types of the outputs, in which every size is known to somebody."""
        for output in outputs.values():
            self._name(output)
        return {name: NeuralType(self._structure(output, name)) for name, output in outputs.items()}

    def _name(self, output: Structure) -> None:
        """Names that nothing has decided become this call's own, with the tag of the axis that declares them."""
        for one in output.axes:
            if isinstance(one, AxisType) and isinstance(one.size, Size):
                symbol = one.size.symbol
                tag = None if isinstance(one.tag, TagVariable) else one.tag
                if isinstance(symbol, Variable) and symbol not in self.solution.values:
                    self.solution.values[symbol] = Size(Rigid(self.origin, symbol.name, tag))
        if output.item is not None:
            self._name(output.item)

    def _structure(self, output: Structure, name: str) -> Structure:
        if output.item is not None:
            return Structure("list", item=self._structure(output.item, name))
        axes: list[Axis] = []
        for index, one in enumerate(output.axes):
            if isinstance(one, Row):
                axes += self._row(one, name)
            else:
                axes.append(self._axis(one, name, index))
        return Structure(output.form, tuple(axes), self._kind(output.kind, name))

    def _row(self, row: Row, name: str) -> list[AxisType]:
        if row.name not in self.unifier.rows:
            raise self._undecided(f"{row}", name)
        axes = self.unifier.rows[row.name]
        return [axis(one.tag, self._size(Size(row_size(row.name, i)))) for i, one in enumerate(axes)]

    def _axis(self, one: AxisType, name: str, index: int) -> AxisType:
        tag = one.tag
        if isinstance(tag, TagVariable):
            found = self.unifier.met.get(tag.name, tag.bound)
            if found is None:
                raise self._undecided(str(tag), name)
            tag = found
        if one.size is None and tag.is_a(BatchTag):
            if BATCH not in self.solution.values:
                self.solution.values[BATCH] = Size(Rigid(self.origin, "batch", BatchTag, implicit=True))
            return axis(tag, self._size(Size(BATCH)))
        if one.size is None or isinstance(one.size, Unknown):
            return axis(tag, Size(Rigid(self.origin, f"{name}[{index}]", tag, implicit=True)))
        return axis(tag, self._size(one.size))

    def _kind(self, kind: Kind | None, name: str) -> Kind | None:
        if kind is None or not type(kind).parameters:
            return kind
        sizes = []
        for index, what in enumerate(type(kind).parameters):
            size = kind.size(index)
            unknown = Size(Rigid(self.origin, f"{name}.{what}", implicit=True))
            sizes.append(unknown if size is None else self._size(size))
        return type(kind)(*sizes)

    def _size(self, size: object) -> Size:
        if not isinstance(size, Size):
            raise DefinitionError(f"{self.owner}: the size {size} still has parameters in braces; bind the type first.")
        solved = self.solution.apply(size)
        for symbol in solved.symbols():
            if isinstance(symbol, Sum):
                raise self._undecided(str(symbol), self.owner)
            if isinstance(symbol, Variable):
                self.solution.values[symbol] = Size(Rigid(self.origin, symbol.name, self._tag_of(symbol)))
        return self.solution.apply(solved)

    def _tag_of(self, name: Variable) -> type[Tag] | None:
        tags = self.unifier.tags.get(name)
        return tags[0] if tags else None

    def _undecided(self, what: str, name: str) -> DefinitionError:
        return DefinitionError(
            f"{self.owner}.{name}: nothing decides {what}.\n"
            "  A row, a tag variable or a sum on an output must also stand on an input that is connected."
        )
