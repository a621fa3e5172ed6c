"""Connecting: the edges of one call are checked together, and its outputs get their types. All policy lives here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from nm_types.compare import Comparison, compare
from nm_types.edge import Edge, Equation
from nm_types.errors import NeuralTypeError
from nm_types.matching import Permutation
from nm_types.neural_type import NeuralType
from nm_types.outputs import Outputs
from nm_types.problem import Problem
from nm_types.proofs import accidental, is_positive
from nm_types.report import report_empty, report_equation, report_misfit
from nm_types.sizes import Name, Rigid, Size, Sum, Variable
from nm_types.solve import Solution, Verdict, eliminate, is_solvable, judge, unmet
from nm_types.structure import AxisType
from nm_types.unify import Casts, Unifier


@dataclass(frozen=True, slots=True)
class CallTyping:
    """What the type system knows of one call, as an immutable value.

    Attributes:
        outputs: the types of the outputs; their sizes speak of rigid symbols, those of this call printed `owner.t`.
        casts: ports whose value must be transposed; axis i of the port takes axis `permutation[i]` of the value.
        deferred: ports whose shape or dtype family must be looked at when the module runs.
        unchecked: ports with a fact about the contents of the values that nobody can check, now or then: a kind that
            the producer leaves out, a size of a kind that stays open.
        equations: the sizes that must be equal and could not be decided, each with its edge.
    """

    outputs: dict[str, NeuralType]
    casts: dict[str, Permutation]
    deferred: tuple[str, ...]
    unchecked: tuple[str, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """The decision about one output and one input.

    Attributes:
        result: what `compare` says.
        problem: why the two may not be connected, or None.
        cast: the permutation to be applied, where one is needed and allowed.
        conditions: what a deferred check must find when the graph runs.
        unchecked: whether a fact about the contents of the values stays unchecked.
    """

    result: Comparison
    problem: Problem | None = None
    cast: Permutation | None = None
    conditions: tuple[str, ...] = ()
    unchecked: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the two may be connected."""
        return self.problem is None

    @property
    def deferred(self) -> bool:
        """Whether something remains to be checked when the graph runs."""
        return bool(self.conditions)


def connect(output: NeuralType, input: NeuralType, *, casts: Casts = "error") -> Connection:
    """Decide whether an output may go into an input, on their own: names of sizes on either side are unrelated."""
    result = compare(output, input)
    edge = Edge("input", "", "output", input, output)
    try:
        typing = type_call([edge], {}, owner="input", casts=casts)
    except NeuralTypeError as error:
        return Connection(result, error.problems[0])
    conditions = [equation.condition for equation in typing.equations if equation.on_axis]
    if typing.deferred and input.kind is not None and output.kind is None:
        conditions.append(f"the values must be {input.kind.dtype} numbers")
    return Connection(result, None, typing.casts.get(""), tuple(conditions), bool(typing.unchecked))


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
        DefinitionError: an output has a row or a tag variable that no input decides.
    """
    unifier = Unifier(may_transpose=casts == "transpose")
    problems: dict[str, Problem] = {}
    for edge in sorted(edges, key=_port):
        misfit = unifier.add(edge)
        if misfit is not None:
            problems[edge.port] = _proven_safe(edge, report_misfit(edge, misfit, location))
    solution = Solution()
    for name, found in unifier.elements.items():
        solution.values[Sum(name)] = sum(map(Size, found), Size(0))
    left_open, bad = _solve(unifier, solution)
    for equation in bad:
        problems.setdefault(equation.port, _problem(equation, unifier, edges, location))
    _raise(problems, [edge.port for edge in edges])
    closing = Outputs(unifier, solution, owner)
    typed = closing.close(outputs)
    left_open = [closing.equation(one) for one in left_open]
    for name, type in typed.items():
        if any(isinstance(one, AxisType) and _is_empty(one.size) for one in type.axes):
            problems[name] = report_empty(owner, name, outputs[name], type, location)
    _raise(problems, list(outputs))
    seen = [port for equation in left_open if equation.on_axis for port in equation.ports]
    unseen = [equation.port for equation in left_open if not equation.on_axis]
    return CallTyping(
        outputs=typed,
        casts=unifier.casts,
        deferred=_in_order(edges, seen + unifier.without_kind),
        unchecked=_in_order(edges, unseen + unifier.without_kind),
        equations=tuple(left_open),
    )


def _proven_safe(edge: Edge, problem: Problem) -> Problem:
    """The problem, with a fix that is marked safe only where it makes this edge fit."""
    if not any(fix.safe for fix in problem.fixes):
        return problem
    try:
        type_call([edge], {}, owner=edge.consumer, casts="transpose")
    except NeuralTypeError:
        notes = (*problem.notes, "Once transposed, the sizes would not fit either.")
        return replace(problem, fixes=tuple(replace(fix, safe=False) for fix in problem.fixes), notes=notes)
    return problem


def check_equations(equations: Iterable[Equation], *, location: str = "") -> tuple[Problem, ...]:
    """Judge the open equations of many calls together, as when a graph is cut out of them.

    Returns:
        A problem for each equation that contradicts the others, none if all can hold.
    """
    together = sorted(equations, key=lambda one: (one.edge.consumer, *_first(one)))
    waiting, bad = eliminate(together, Solution(), _is_rigid)
    bad += [one for one in waiting if judge(one.expected, one.given) in (Verdict.CLASHES, Verdict.ACCIDENTAL)]
    code = {True: "NM105", False: "NM113"}
    return tuple(report_equation(one, code[one.on_axis], "", location) for one in bad)


def _solve(unifier: Unifier, solution: Solution) -> tuple[list[Equation], list[Equation]]:
    """Solve the equations of a call: those that stay open, and those that cannot hold."""
    ordered = sorted(unifier.equations, key=_first)
    waiting, bad = eliminate((one for one in ordered if one.on_axis), solution, _is_variable)
    on_kinds = [one for one in ordered if not one.on_axis]
    if on_kinds:
        waiting, worse = eliminate(waiting + on_kinds, solution, _is_variable)
        bad += worse
    left_open: list[Equation] = []
    for equation in waiting:
        verdict = judge(equation.expected, equation.given)
        if verdict is Verdict.OPEN and not _is_swapped(equation, unifier):
            left_open.append(equation)
        elif verdict is not Verdict.HOLDS:
            bad.append(equation)
    sometimes, never = unmet(solution)
    left_open += sometimes
    bad += never
    among_numbers = [one for one in left_open if not any(map(_is_rigid, one.expected.symbols() | one.given.symbols()))]
    if among_numbers:
        left_open = [one for one in left_open if one not in among_numbers]
        bad += [] if is_solvable(among_numbers) else among_numbers[-1:]
    if len(left_open) > 1:
        bad += eliminate(left_open, Solution(), _is_rigid)[1]
    return left_open, bad


def _first(equation: Equation) -> tuple[bool, bool, bool, str, int]:
    """Axes before kinds, plain names before expressions, numbers before names; then a fixed order."""
    plain = isinstance(equation.expected.symbol, Variable)
    return not equation.on_axis, not plain, equation.given.value is None, equation.port, equation.place


def _port(edge: Edge) -> str:
    return edge.port


def _is_variable(name: Name) -> bool:
    return isinstance(name, Variable)


def _is_rigid(name: Name) -> bool:
    return isinstance(name, Rigid)


def _is_empty(size: object) -> bool:
    return isinstance(size, Size) and size.symbol is None and is_positive(1 - size)


def _is_swapped(equation: Equation, unifier: Unifier) -> bool:
    """Whether a size of the values would equal a size of an axis with an unrelated meaning."""
    if equation.on_axis:
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


def _problem(equation: Equation, unifier: Unifier, edges: Sequence[Edge], location: str) -> Problem:
    if _is_swapped(equation, unifier):
        code = "NM107"
    elif accidental(equation.expected, equation.given):
        code = "NM108"
    else:
        code = "NM105" if equation.on_axis else "NM113"
    others = [f"{e.producer} at {e.port}" for e in edges if e.port in equation.ports and e.port != equation.port]
    return report_equation(equation, code, " and ".join(others), location)


def _raise(problems: Mapping[str, Problem], order: Sequence[str]) -> None:
    if problems:
        raise NeuralTypeError([problems[port] for port in order if port in problems])


def _in_order(edges: Sequence[Edge], ports: Sequence[str]) -> tuple[str, ...]:
    return tuple(edge.port for edge in edges if edge.port in ports)
