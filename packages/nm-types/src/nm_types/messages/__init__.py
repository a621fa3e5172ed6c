"""Messages about connections, as text, as HTML and as plain data."""

from nm_types.messages.fix import Fix
from nm_types.messages.problem import NeuralTypeError, Problem
from nm_types.messages.rendering import Column, wrap_lines

__all__ = [
    "Column",
    "Fix",
    "NeuralTypeError",
    "Problem",
    "wrap_lines",
]
