"""Solving: edges and the equations between sizes that they require."""

from nm_types.solving.edge import Edge, Equation
from nm_types.solving.search import is_solvable
from nm_types.solving.solution import Solution
from nm_types.solving.solve import contradictions, eliminate, rank

__all__ = [
    "Edge",
    "Equation",
    "Solution",
    "contradictions",
    "eliminate",
    "is_solvable",
    "rank",
]
