"""Notation: the structure of types, and their written forms, strings and plain data."""

from nm_types.notation.axes import Axis, AxisType, Row, TagVariable, Unknown, axis_of
from nm_types.notation.data import from_dict, to_dict
from nm_types.notation.reading import check_axes, check_input, parse
from nm_types.notation.structure import Form, Structure

__all__ = [
    "Axis",
    "AxisType",
    "Form",
    "Row",
    "Structure",
    "TagVariable",
    "Unknown",
    "axis_of",
    "check_axes",
    "check_input",
    "from_dict",
    "parse",
    "to_dict",
]
