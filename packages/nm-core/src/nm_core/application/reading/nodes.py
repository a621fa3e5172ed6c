"""A file as a tree of plain data in which every value knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from nm_core.application.source import Span

Scalar = None | bool | int | float | str
Data = Scalar | list["Data"] | dict[str, "Data"]
"""What JSON can hold, numbers finite."""


@dataclass(slots=True)
class Node:
    """One value of a file.

    Attributes:
        value: a scalar, a list of nodes, or a dict of nodes.
        span: where the value stands.
        keys: for a dict, where each key stands.
    """

    value: Scalar | list[Node] | dict[str, Node]
    span: Span
    keys: dict[str, Span] = field(default_factory=dict)

    def data(self) -> Data:
        """Return the value without places: fresh lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.data() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.data() for node in self.value]
        return self.value

    def size(self) -> int:
        """Return how many values the tree holds, itself included."""
        if isinstance(self.value, dict):
            return 1 + sum(node.size() for node in self.value.values())
        return 1 + sum(node.size() for node in self.value) if isinstance(self.value, list) else 1

    def noun(self) -> str:
        """Return what the value is, as messages say it."""
        return noun_of(self.value)


def noun_of(value: object) -> str:
    """Return what a value is, in words and with a short form of it where it is a scalar."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def node_of(data: Data, span: Span) -> Node:
    """Return plain data as a tree in which every value stands at one place."""
    if isinstance(data, dict):
        return Node({key: node_of(item, span) for key, item in data.items()}, span, dict.fromkeys(data, span))
    if isinstance(data, list):
        return Node([node_of(item, span) for item in data], span)
    return Node(data, span)
