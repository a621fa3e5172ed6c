"""Builds the tree of a file from its events, within limits, and refuses doubled keys."""

from __future__ import annotations

from typing import Never

from nm_core.application.text.limits import Limits
from nm_core.application.text.problems import Problems
from nm_core.application.text.spans import Span
from nm_core.application.text.tree import Scalar, TreeNode


class Unreadable(Exception):
    """Reading cannot go on; the problem has been recorded."""


class TreeBuilder:
    """Takes the events of a file in order and holds the tree they make in `root`."""

    def __init__(self, problems: Problems, limits: Limits) -> None:
        self.root: TreeNode | None = None
        self._problems = problems
        self._limits = limits
        self._open: list[TreeNode] = []
        self._keys: list[str | None] = []
        self._count = 0

    @property
    def expects_key(self) -> bool:
        """Whether the next event is the key of a mapping."""
        return bool(self._open) and isinstance(self._open[-1].value, dict) and self._keys[-1] is None

    def key(self, text: str, span: Span) -> None:
        """Take the key of a mapping; the next event is its value."""
        if not text:
            self._problems.add("A key is empty.\n  Write a name before the colon.", span=span)
        mapping = self._open[-1]
        if text in mapping.keys:
            first = mapping.keys[text]
            self._problems.add(
                f'The key "{text}" stands twice in one mapping; it is already in line {first.line + 1}.\n'
                "  Keep one of the two.",
                span=span,
            )
        else:
            mapping.keys[text] = span
        self._keys[-1] = text

    def scalar(self, value: Scalar, span: Span) -> None:
        """Take a scalar value."""
        self._place(TreeNode(value, span))

    def begin(self, value: list[TreeNode] | dict[str, TreeNode], span: Span) -> None:
        """Take the beginning of a list or a mapping."""
        if len(self._open) >= self._limits.depth:
            self.refuse(f"Lists and mappings nest more than {self._limits.depth} deep.", span)
        node = TreeNode(value, span)
        self._place(node)
        self._open.append(node)
        self._keys.append(None)

    def end(self, span: Span) -> None:
        """Take the end of the innermost list or mapping."""
        node = self._open.pop()
        self._keys.pop()
        node.span = Span(node.span.line, node.span.column, span.end_line, span.end_column)

    def refuse(self, message: str, span: Span | None = None) -> Never:
        """Record a problem after which reading cannot go on.

        Raises:
            Unreadable: always.
        """
        self._problems.add(message, span=span)
        raise Unreadable(message)

    def _place(self, node: TreeNode) -> None:
        self._count += 1
        if self._count > self._limits.values:
            self.refuse(f"The file holds more than {self._limits.values} values.", node.span)
        if not self._open:
            self.root = node
            return
        parent = self._open[-1].value
        if isinstance(parent, list):
            parent.append(node)
        elif isinstance(parent, dict):
            key = self._keys[-1]
            if key is not None:
                # of a doubled key the first value counts; the second has been reported
                parent.setdefault(key, node)
            self._keys[-1] = None
