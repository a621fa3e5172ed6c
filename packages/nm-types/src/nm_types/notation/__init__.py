"""Notation: what a type says, and its written forms, a string and plain data."""

from nm_types.notation.axes import Axis, AxisType, Row, TagVariable, Unknown, axis
from nm_types.notation.data import from_dict, to_dict
from nm_types.notation.reading import check_axes, parse
from nm_types.notation.structure import Form, Structure

__all__ = [
    "from_dict",
    "to_dict",
    "check_axes",
    "parse",
    "Axis",
    "AxisType",
    "Row",
    "TagVariable",
    "Unknown",
    "axis",
    "Form",
    "Structure",
]
