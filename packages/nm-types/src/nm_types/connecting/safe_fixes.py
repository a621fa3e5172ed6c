"""Safe fixes: a transposition is called safe only once the call has been tried with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nm_types.connecting.resolve import resolve
from nm_types.messages import Problem
from nm_types.neural_type import NeuralType
from nm_types.notation import Structure
from nm_types.relations import Permutation
from nm_types.solving import Edge
from nm_types.unifying import Casts, Misfit, Unifier


def doubt_fixes(
    edges: Sequence[Edge], misfits: Mapping[str, Misfit], problems: Mapping[str, Problem], casts: Casts
) -> dict[str, Problem]:
    """Return the problems whose fix does not deserve to be called safe, corrected.

    Each safe fix is tried alone and together with those before it: it must make its own edge fit and spoil no other.

    Args:
        edges: those of the call.
        misfits: what does not fit, by port, each with the order of axes that its fix proposes.
        problems: how this is reported.
        casts: the policy of the call.
    """
    corrected: dict[str, Problem] = {}
    moved: dict[str, Edge] = {}
    for edge in sorted(edges, key=lambda edge: edge.port):
        problem = problems.get(edge.port)
        if problem is None or not any(fix.safe for fix in problem.fixes):
            continue
        order = misfits[edge.port].order
        notes = ["It cannot be transposed."]
        if order is not None:
            own = {edge.port: replace(edge, given=_transpose(edge.given, order))}
            notes = [note for fixes in (own, moved | own) for note in _try(edge.port, edges, fixes, problems, casts)]
            moved |= {} if notes else own
        if notes:
            fixes = tuple(replace(fix, safe=False) for fix in problem.fixes)
            corrected[edge.port] = replace(problem, fixes=fixes, notes=(*problem.notes, notes[0]), alternative="")
    return corrected


def _try(
    port: str, edges: Sequence[Edge], fixes: Mapping[str, Edge], problems: Mapping[str, Problem], casts: Casts
) -> list[str]:
    """Judge the edges of a call with some of them changed; say why one of them is no better for it."""
    unifier = Unifier(casts)
    misfits = unifier.add_all([fixes.get(edge.port, edge) for edge in edges])
    contradicted = {equation.port for equation in resolve(unifier).bad}
    if port in misfits:
        return ["Once transposed, it would not fit either."]
    if port in contradicted:
        return ["Once transposed, the sizes would not fit either."]
    # a fix of another edge, too, must still do what it says
    spoilt = sorted((contradicted | misfits.keys()) - (problems.keys() - fixes.keys()))
    return [f"Once transposed, {spoilt[0]} would not fit."] if spoilt else []


def _transpose(value: NeuralType, order: Permutation) -> NeuralType:
    return NeuralType(Structure("tensor", tuple(value.axes[index] for index in order), value.kind))
