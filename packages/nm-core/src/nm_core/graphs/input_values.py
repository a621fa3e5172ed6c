"""Values from outside: what whoever runs a graph gives for its free inputs, converted and held to their types."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from nm_core.errors import PortError, did_you_mean
from nm_core.graphs.calls import OrderedCalls
from nm_core.graphs.graph_module import principal_signature
from nm_core.graphs.input_contents import Fault, content_rule
from nm_core.graphs.input_fixes import family_fixes, shape_fixes
from nm_core.graphs.run_time_check import Observed
from nm_core.symbols.tensor import Call, NmTensor
from nm_core.symbols.user_location import user_location
from nm_types import Fix, NeuralTypeError, Problem, check_shapes
from nm_types.messages.rendering import Column

MOST_COMBINATIONS = 4096
"""Combinations of shapes that are remembered as fitting; beyond, they are all forgotten."""


class Converter(Protocol):
    """The part of a backend's session that knows tensors, as `nm_core.actions.backend.Session` describes it."""

    def convert_value(self, value: Any, family: str | None) -> Any:
        """Return a value from outside as a tensor of the framework."""

    def observe(self, value: Any) -> Observed | None:
        """Return the shape of a tensor and the family of its numbers; None for any other value."""

    def extremes(self, value: Any) -> tuple[float, float]:
        """Return the smallest and the largest number of a tensor."""


class InputValues:
    """Converts the values of a graph's free inputs and checks them, all together, against their types.

    Ranks, sizes and families of numbers are checked for each new combination of shapes; what a kind says of contents is
    checked for every value: lengths lie within their axis, labels below the number of classes, audio is finite.

    Args:
        graph: the graph with the inputs.
    """

    def __init__(self, graph: OrderedCalls) -> None:
        self.owner = graph.name
        self.names = tuple(graph.inputs)
        needed = graph.needed
        required = {tensor for call in graph.calls for tensor in _required(call)} | set(graph.outputs.values())
        self.needed = {name: tensor in required for name, tensor in needed.items()}
        # the signature says what the calls of the graph ask of its inputs together, beyond the types they were made of
        self.types = {name: port.type for name, port in principal_signature(graph).inputs.items()} if needed else {}
        self.families = {name: None if type.kind is None else type.kind.dtype for name, type in self.types.items()}
        rules = {name: content_rule(name, tensor.type.kind, graph.inputs) for name, tensor in needed.items()}
        self.rules = {name: rule for name, rule in rules.items() if rule is not None}
        self._fitting: set[tuple[Any, ...]] = set()

    def convert(self, values: Mapping[str, Any], session: Converter) -> dict[str, Any]:
        """Return the values as those of the framework.

        Args:
            values: by the names of the inputs.
            session: of the backend, which converts values and looks at them.

        Raises:
            PortError: a name is unknown or missing, or a value is no array.
            NeuralTypeError: values do not fit their types: all of them at once.
        """
        if values.keys() != self.needed.keys() or any(value is None for value in values.values()):
            self._check_names(values)
        converted: dict[str, Any] = {}
        observed: dict[str, Observed] = {}
        for name, value in values.items():
            if value is None:
                continue
            if self.types and self.types[name].form != "tensor":
                converted[name] = self._check_object(name, value)
                continue
            converted[name] = value = self._convert(name, value, session)
            facts = session.observe(value)
            if facts is not None:
                observed[name] = facts
        key = tuple(observed.items())
        if key not in self._fitting:
            problems = list(self._check(observed))
            if problems:
                problems = [replace(problem, location=user_location()) for problem in problems]
                raise NeuralTypeError(self._explain(problems, values, observed))
            if len(self._fitting) >= MOST_COMBINATIONS:
                self._fitting.clear()
            self._fitting.add(key)
        self._check_contents(converted, observed, session)
        return converted

    def _check_names(self, values: Mapping[str, Any]) -> None:
        names, ends = self.names, self.needed.items()
        wrong = [f'no input "{name}"{did_you_mean(name, names)}' for name in values if name not in names]
        wrong += [
            f'"{name}" was not given'
            for name, required in ends
            if name not in values or (required and values[name] is None)
        ]
        if wrong:
            known = f"Its free inputs are {', '.join(names)}." if names else ""
            known = known or "It has no free inputs; its data layers drive it."
            raise PortError(f"{self.owner}: {'; '.join(wrong)}.\n  {known}")

    def _check_object(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and self.families[name] == "object":
            raise PortError(
                f"{self.owner}.{name}: one text was given, and a batch is a list of them.\n"
                f"  Give a list of one: {name}=[...]."
            )
        return value

    def _convert(self, name: str, value: Any, session: Converter) -> Any:
        try:
            return session.convert_value(value, self.families[name])
        except (TypeError, ValueError) as error:
            where = find_ragged(value, name)
            if where is not None:
                raise PortError(
                    f"{self.owner}.{name}: the list is ragged: {where}.\n"
                    "  Rows of an array are equally long: pad the shorter ones, and say how long they were where the"
                    " graph has an input for lengths."
                ) from None
            shown = repr(value) if isinstance(value, str | bytes) else f"a value of type {type(value).__name__}"
            raise PortError(
                f"{self.owner}.{name}: {shown} is no array of numbers: {error}.\n"
                "  Give an array, a tensor, or nested lists of numbers."
            ) from None

    def _check(self, observed: Mapping[str, Observed]) -> Sequence[Problem]:
        shapes = {name: facts.shape for name, facts in observed.items()}
        families = {name: facts.family for name, facts in observed.items() if facts.family is not None}
        return check_shapes(self.types, shapes, families, owner=self.owner)

    def _explain(
        self, problems: Sequence[Problem], values: Mapping[str, Any], observed: Mapping[str, Observed]
    ) -> list[Problem]:
        """Say what the user can do; where one value in another shape mends all, it alone is to blame."""
        for problem in problems:
            fixes = self._shape_fixes(problem.port, values, observed, alone=True)
            if fixes and problem.code != "NM122":
                return [replace(problem, fixes=fixes)]
        return [self._explain_one(problem, values, observed) for problem in problems]

    def _explain_one(self, problem: Problem, values: Mapping[str, Any], observed: Mapping[str, Observed]) -> Problem:
        name = problem.port
        if problem.code == "NM122":
            fixes = tuple(family_fixes(name, values[name], self.types[name].kind, observed[name].family))
        else:
            fixes = self._shape_fixes(name, values, observed, alone=False)
        fixes = fixes or (Fix(f"give {name} values of the type that {self.owner} expects."),)
        notes = dict.fromkeys(self._contradicted(problem, observed))
        return replace(problem, fixes=fixes, notes=(*problem.notes, *notes))

    def _shape_fixes(
        self, name: str, values: Mapping[str, Any], observed: Mapping[str, Observed], *, alone: bool
    ) -> tuple[Fix, ...]:
        """Return the ways to give a value a shape with which it fits, or with which (`alone`) all values do."""
        facts = observed[name]

        def fits(shape: tuple[int, ...]) -> bool:
            problems = self._check({**observed, name: facts._replace(shape=shape)})
            return not problems if alone else all(problem.port != name for problem in problems)

        return tuple(shape_fixes(name, values[name], facts.shape, fits))

    def _contradicted(self, problem: Problem, observed: Mapping[str, Observed]) -> Iterator[str]:
        """Yield where another value has the same axis with another size."""
        axes, shape = self.types[problem.port].axes, observed[problem.port].shape
        marked = [index for index, column in enumerate(problem.columns[: len(axes)]) if column.marked]
        for index in marked if problem.code == "NM121" else ():
            for name, facts in observed.items():
                for number, axis in enumerate(self.types[name].axes[: len(facts.shape)]):
                    if axis == axes[index] and facts.shape[number] != shape[index]:
                        yield f"Axis {number} of {name} has the size {facts.shape[number]}, and is {axis} too."

    def _check_contents(self, values: Mapping[str, Any], observed: Mapping[str, Observed], session: Converter) -> None:
        problems = []
        for name, rule in self.rules.items():
            if name in observed and 0 not in observed[name].shape:
                fault = rule(*session.extremes(values[name]), observed)
                if fault is not None:
                    problems.append(self._content_problem(name, fault, observed[name].shape))
        if problems:
            raise NeuralTypeError(problems)

    def _content_problem(self, name: str, fault: Fault, shape: tuple[int, ...]) -> Problem:
        type = self.types[name]
        columns = [
            Column(f"axis {number}", str(axis), str(size))
            for number, (axis, size) in enumerate(zip(type.axes, shape, strict=False))
        ]
        return Problem(
            code="NM124",
            cause=fault.cause,
            consumer=self.owner,
            port=name,
            expected=str(type),
            given=str(shape),
            location=user_location(),
            columns=(*columns, Column("values", str(type.kind), fault.given, marked=True)),
            mark="differs",
            fixes=(Fix(fault.fix),),
        )


def find_ragged(value: Any, name: str) -> str | None:
    """Say which rows of nested lists have different lengths, `x[0] has 3 and x[1] has 2`; None where none have.

    Example:
        >>> find_ragged([[[1], [2]], [[3], [4, 5]]], "x")
        'x[1][0] has 1 and x[1][1] has 2'
    """
    rows = list(value) if isinstance(value, list | tuple) else []
    lengths = [len(row) if isinstance(row, list | tuple) else getattr(row, "shape", None) for row in rows]
    for index, length in enumerate(lengths):
        if length != lengths[0]:
            first, other = (
                "is a number" if part is None else f"has {part if isinstance(part, int) else f'shape {tuple(part)}'}"
                for part in (lengths[0], length)
            )
            return f"{name}[0] {first} and {name}[{index}] {other}"
    return next((text for i, row in enumerate(rows) if (text := find_ragged(row, f"{name}[{i}]"))), None)


def _required(call: Call) -> Iterator[NmTensor]:
    """Yield the tensors that a call takes at ports that may not stay open."""
    for port, argument in call.inputs.items():
        if not call.module.inputs[port].optional:
            for item in argument if isinstance(argument, tuple) else (argument,):
                if isinstance(item, NmTensor):
                    yield item
