"""Solving: the edges of one call, unified; what that leaves are equations between sizes, solved or left open."""

from nm_types.solving.edge import Edge, Equation
from nm_types.solving.misfit import Misfit
from nm_types.solving.names import BATCH, LocalNames, row_size
from nm_types.solving.ownership import plain
from nm_types.solving.release import released, with_sizes
from nm_types.solving.rows import laid_out
from nm_types.solving.search import is_solvable
from nm_types.solving.solution import Solution
from nm_types.solving.solve import contradictions, eliminate
from nm_types.solving.unify import Casts, Unifier

__all__ = [
    "Edge",
    "Equation",
    "plain",
    "released",
    "with_sizes",
    "laid_out",
    "is_solvable",
    "Solution",
    "contradictions",
    "eliminate",
    "Casts",
    "Unifier",
    "BATCH",
    "LocalNames",
    "row_size",
    "Misfit",
]
