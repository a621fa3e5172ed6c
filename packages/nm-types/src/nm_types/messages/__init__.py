"""Messages: what an error says of a connection, as text, as HTML and as plain data."""

from nm_types.messages.error import NeuralTypeError
from nm_types.messages.fix import Fix
from nm_types.messages.problem import Problem, place
from nm_types.messages.rendering import Column, nearby, wrapped

__all__ = [
    "NeuralTypeError",
    "Fix",
    "Problem",
    "place",
    "Column",
    "nearby",
    "wrapped",
]
