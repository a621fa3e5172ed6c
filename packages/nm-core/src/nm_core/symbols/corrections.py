"""Corrections of a call that does not fit: two arguments that are swapped, or another output of the same call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import NamedTuple

from nm_core.symbols.tensor import Argument, NmTensor
from nm_types import Fix, Problem

_MEANINGS = frozenset({"NM101", "NM102", "NM103", "NM106", "NM107", "NM110"})
"""Codes of values that are something else than the port takes; where sizes or orders differ, the value is right."""

_MOST_PORTS = 12
"""Inputs above which no swap is looked for: there is one for each pair of them."""


class Correction(NamedTuple):
    """What is wrong with some ports of a call, and what to give them instead."""

    ports: frozenset[str]
    cause: str
    fix: Fix


def correct_problems(
    problems: Sequence[Problem],
    inputs: Mapping[str, Argument],
    find_bad_ports: Callable[[Mapping[str, Argument]], frozenset[str]],
    name: Callable[[NmTensor], str],
) -> tuple[Problem, ...]:
    """Put the true cause first where other arguments would fit.

    Args:
        inputs: the arguments of the call.
        find_bad_ports: types the call with other arguments and returns the ports that do not fit.
        name: how a tensor is called in messages.
    """
    bad = frozenset(problem.port for problem in problems)
    wrong = [problem.port for problem in problems if problem.code in _MEANINGS]
    corrections = list(_find_swaps(wrong, bad, inputs, find_bad_ports, name))
    corrections = corrections[:1] or list(_find_siblings(wrong, bad, inputs, find_bad_ports, name))
    by_port = {port: correction for correction in corrections for port in correction.ports}
    return tuple(_correct(problem, by_port.get(problem.port)) for problem in problems)


def _correct(problem: Problem, correction: Correction | None) -> Problem:
    if correction is None:
        return problem
    notes = (problem.cause, *problem.notes)
    return replace(problem, cause=correction.cause, notes=notes, fixes=(correction.fix,), alternative="")


def _find_swaps(
    wrong: Sequence[str],
    bad: frozenset[str],
    inputs: Mapping[str, Argument],
    find_bad_ports: Callable[[Mapping[str, Argument]], frozenset[str]],
    name: Callable[[NmTensor], str],
) -> Iterator[Correction]:
    tensors = {port: value for port, value in inputs.items() if isinstance(value, NmTensor)}
    if len(tensors) > _MOST_PORTS:
        return
    for first, second in combinations(tensors, 2):
        if first not in wrong and second not in wrong:
            continue
        swapped = {**inputs, first: tensors[second], second: tensors[first]}
        # both must fit then, and no other port may suffer for it
        if find_bad_ports(swapped) <= bad - {first, second}:
            yield Correction(
                frozenset({first, second}),
                f"The values of {first} and {second} are swapped: each fits the port of the other.",
                Fix(f"give {name(tensors[second])} to {first}, and {name(tensors[first])} to {second}."),
            )


def _find_siblings(
    wrong: Sequence[str],
    bad: frozenset[str],
    inputs: Mapping[str, Argument],
    find_bad_ports: Callable[[Mapping[str, Argument]], frozenset[str]],
    name: Callable[[NmTensor], str],
) -> Iterator[Correction]:
    for port in wrong:
        tensor = inputs.get(port)
        if not isinstance(tensor, NmTensor):
            continue
        siblings = [other for other in tensor.call.tensors() if other != tensor and not other.is_failed]
        fitting = [other for other in siblings if find_bad_ports({**inputs, port: other}) <= bad - {port}]
        if len(fitting) == 1:
            fits = name(fitting[0])
            yield Correction(
                frozenset({port}),
                f"This is another output of {tensor.call.name} than the port takes: {fits} fits.",
                Fix(f"give {fits} to {port}."),
            )
