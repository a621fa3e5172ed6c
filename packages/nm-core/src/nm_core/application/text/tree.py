"""A file as a tree of plain data in which every value knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from nm_core.application.text.problems import Path
from nm_core.application.text.spans import Span

Scalar = None | bool | int | float | str
Data = Scalar | list["Data"] | dict[str, "Data"]
"""What JSON can hold, numbers finite."""


@dataclass(slots=True)
class TreeNode:
    """One value of a file.

    Attributes:
        value: a scalar, a list of nodes, or a dict of nodes.
        span: where the value stands.
        keys: for a dict, where each key stands.
    """

    value: Scalar | list[TreeNode] | dict[str, TreeNode]
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
        """Return a noun for the value in messages."""
        return noun_of(self.value)


def span_of(root: TreeNode | None, path: Path, *, key: bool = False) -> Span | None:
    """Return where a value of a tree stands, or its key; of one that is not there, what is around it."""
    if root is None:
        return None
    node, span = root, root.span
    for depth, part in enumerate(path, 1):
        if isinstance(node.value, dict) and part in node.value:
            span = node.keys[str(part)] if key and depth == len(path) else node.value[str(part)].span
            node = node.value[str(part)]
        elif isinstance(node.value, list) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            span = node.span
        else:
            break
    return span


def noun_of(value: object) -> str:
    """Return a noun for a value, with a short form of it where it is a scalar."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{value if len(value) <= 40 else value[:37] + "..."}"'
    return "a list" if isinstance(value, list | tuple) else "a mapping"
