"""Connections: decided call by call, for whole graphs, and for the values of a run."""

from nm_types.connecting.calls import CallTyping, Connection, connect, type_call
from nm_types.connecting.contradictions import check_equations
from nm_types.connecting.explicit import assumed, transposed
from nm_types.connecting.shapes import Measured, check_shapes

__all__ = [
    "CallTyping",
    "Connection",
    "Measured",
    "assumed",
    "check_equations",
    "check_shapes",
    "connect",
    "transposed",
    "type_call",
]
