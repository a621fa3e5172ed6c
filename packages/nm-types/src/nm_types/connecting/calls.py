"""Typing of calls: checks the edges of a call together and types its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from nm_types.connecting.outputs import Outputs
from nm_types.connecting.resolve import resolve
from nm_types.connecting.safe_fixes import doubt_fixes
from nm_types.meanings import KindVariable
from nm_types.messages import NeuralTypeError, Problem
from nm_types.neural_type import NeuralType
from nm_types.relations import Comparison, Permutation, compare
from nm_types.reporting import report_empty, report_equation, report_misfit
from nm_types.sizes import Size, is_positive
from nm_types.solving import Edge, Equation
from nm_types.unifying import Casts, Unifier


@dataclass(frozen=True, slots=True)
class CallTyping:
    """The result of typing a call: output types, casts, deferred checks and open equations.

    Attributes:
        outputs: the types of the outputs; their sizes speak of output sizes, those of this call printed `owner.t`.
        casts: ports whose value must be transposed; axis i of the port takes axis `permutation[i]` of the value.
        deferred: ports whose shape or dtype family must be looked at when the module runs.
        unchecked: ports with a fact about the contents of the values that nobody can check, now or then: a kind that
            the producer leaves out, a size of a kind that stays open.
        equations: the sizes that must be equal and could not be decided, each with its edge.

    Example:
        >>> edge = Edge("encoder", "signal", "data.spec", NeuralType("B C:64 T:t"), NeuralType("B C:64 T:t"))
        >>> typing = type_call([edge], {"encoded": NeuralType("B C:8 T:t//2")}, owner="encoder")
        >>> str(typing.outputs["encoded"]), typing.deferred
        ('Batch Channel:8 Time:data.t//2', ())
    """

    outputs: dict[str, NeuralType]
    casts: dict[str, Permutation]
    deferred: tuple[str, ...]
    unchecked: tuple[str, ...]
    equations: tuple[Equation, ...]


@dataclass(frozen=True, slots=True)
class Connection:
    """The result of `connect`: how an output relates to an input, and the problem if they do not fit.

    Attributes:
        result: what `compare` says.
        problem: why the two may not be connected, or None.
        cast: the permutation to be applied, where one is needed and allowed.
        conditions: what a deferred check must find when the graph runs.
        unchecked: whether a fact about the contents of the values stays unchecked.

    Example:
        >>> print(connect(NeuralType("B Spectrogram:64 T"), NeuralType("B Channel:64 T")))
        LESS: accepted.
    """

    result: Comparison
    problem: Problem | None = None
    cast: Permutation | None = None
    conditions: tuple[str, ...] = ()
    unchecked: bool = False

    def __str__(self) -> str:
        if self.problem is not None:
            return str(self.problem)
        facts = [f"transposed by {self.cast}"] if self.cast else []
        facts += [f"when it runs, {condition}" for condition in self.conditions]
        facts += ["what the values are stays unchecked"] if self.unchecked else []
        return f"{self.result.name}: {'; '.join(['accepted', *facts])}."

    def _repr_html_(self) -> str:
        from html import escape  # most programs run in no notebook

        return f"<div>{escape(str(self))}</div>" if self.problem is None else self.problem.to_html()

    @property
    def accepted(self) -> bool:
        """Whether the two may be connected."""
        return self.problem is None

    @property
    def deferred(self) -> bool:
        """Whether something remains to be checked when the graph runs."""
        return bool(self.conditions)


def connect(output: NeuralType, input: NeuralType, *, casts: Casts = "error") -> Connection:
    """Check one output against one input; size names on either side are unrelated."""
    result = compare(output, input)
    edge = Edge("input", "", "output", input, output)
    try:
        typing = type_call([edge], {}, owner="input", casts=casts)
    except NeuralTypeError as error:
        return Connection(result, error.problems[0])
    conditions = [equation.condition for equation in typing.equations if equation.on_axis]
    if typing.deferred and output.kind is None and not isinstance(input.kind, KindVariable | None):
        conditions.append(f"the values must be {input.kind.dtype} numbers")
    return Connection(result, None, typing.casts.get(""), tuple(conditions), bool(typing.unchecked))


def type_call(
    edges: Sequence[Edge], outputs: Mapping[str, NeuralType], *, owner: str, casts: Casts = "error", location: str = ""
) -> CallTyping:
    """Check all edges of one call together and give its outputs their types.

    Names in the types of ports are fresh for the call; the order of the edges does not matter.

    Args:
        edges: the connections of the call.
        outputs: the declared types of its outputs, parameters bound.
        owner: the name of the module; sizes that appear on outputs only are printed `owner.t`.
        casts: "error"; "transpose" to allow the one transposition that tags alone decide; or the ports that it is
            allowed at.
        location: file and line of the user's code, for messages.

    Raises:
        NeuralTypeError: some edges do not fit; the error holds all of them.
        DefinitionError: an output has a row or a tag variable that no input decides.
    """
    unifier = Unifier(casts)
    misfits = unifier.add_all(edges)
    resolution = resolve(unifier)
    by_port = {edge.port: edge for edge in edges}
    problems = {port: report_misfit(by_port[port], misfit, location) for port, misfit in misfits.items()}
    for equation in resolution.bad:
        swapped = unifier.meanings.are_swapped(equation)
        # one problem per port: a bad axis is named before the sizes that follow from it
        problems.setdefault(equation.port, report_equation(equation, edges, location, swapped=swapped))
    problems.update(doubt_fixes(edges, misfits, problems, casts))
    if problems:
        raise NeuralTypeError([problems[edge.port] for edge in edges if edge.port in problems])
    closing = Outputs(unifier, resolution.solution, owner)
    typed = closing.close(outputs)
    for name, output in typed.items():
        if any(map(_is_empty, output.all_sizes())):  # the outputs beside it, such as its lengths, have the same cause
            raise NeuralTypeError([report_empty(owner, name, outputs[name], output, location)])
    equations = tuple(replace(closing.equation(equation), location=location) for equation in resolution.open)
    return _typing(edges, typed, unifier, equations, resolution.blind)


def _typing(
    edges: Sequence[Edge],
    outputs: dict[str, NeuralType],
    unifier: Unifier,
    equations: tuple[Equation, ...],
    blind: AbstractSet[str],
) -> CallTyping:
    """Build the typing of an accepted call, with the ports to check at run time and those that no check can see."""
    visible = {port for equation in equations if equation.on_axis for port in equation.ports}
    invisible = {equation.port for equation in equations if not equation.on_axis} | blind
    return CallTyping(
        outputs=outputs,
        casts=unifier.casts,
        deferred=tuple(edge.port for edge in edges if edge.port in visible.union(unifier.without_kind)),
        unchecked=tuple(edge.port for edge in edges if edge.port in invisible.union(unifier.without_kind)),
        equations=equations,
    )


def _is_empty(size: object) -> bool:
    if not isinstance(size, Size):
        return False
    return size.symbol is None and is_positive(1 - size) if size.terms else size.constant < 1
