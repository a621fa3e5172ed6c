"""Sizes: integer polynomials over names and floor divisions, their notation and proofs about them."""

from nm_types.sizes.formulas import Expression, bind, parameters_of, parse_size
from nm_types.sizes.proofs import Verdict, accidental, clash, decide, is_positive, never_zero, period, relax
from nm_types.sizes.size import Atom, Count, Floor, Name, Origin, OutputSize, Product, Size, Sum, Variable

__all__ = [
    "Atom",
    "Count",
    "Expression",
    "Floor",
    "Name",
    "Origin",
    "Product",
    "OutputSize",
    "Size",
    "Sum",
    "Variable",
    "Verdict",
    "accidental",
    "bind",
    "clash",
    "is_positive",
    "decide",
    "never_zero",
    "parameters_of",
    "parse_size",
    "period",
    "relax",
]
