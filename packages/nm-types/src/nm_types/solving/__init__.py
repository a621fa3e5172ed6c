"""Solving: the edges of one call, unified; what that leaves are equations between sizes, solved or left open."""

from nm_types.solving.edge import Edge, Equation
from nm_types.solving.ownership import plain
from nm_types.solving.release import released, with_sizes
from nm_types.solving.rows import laid_out, row_size
from nm_types.solving.search import is_solvable
from nm_types.solving.solve import Solution, Verdict, contradictions, eliminate, judge
from nm_types.solving.unify import BATCH, Casts, Misfit, Unifier

__all__ = [
    "Edge",
    "Equation",
    "plain",
    "released",
    "with_sizes",
    "laid_out",
    "row_size",
    "is_solvable",
    "Solution",
    "Verdict",
    "contradictions",
    "eliminate",
    "judge",
    "BATCH",
    "Casts",
    "Misfit",
    "Unifier",
]
