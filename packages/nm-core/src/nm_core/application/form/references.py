"""`$name` stands for a value under `params`, `$$` at the beginning of a text for a dollar."""

from __future__ import annotations

import re
from collections.abc import Mapping

from nm_core.application.text.limits import DEFAULT_LIMITS, Limits
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path, Problems
from nm_core.application.text.tree import Data, TreeNode
from nm_core.errors import find_closest

_REFERENCE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_IN_TYPES = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""How the types of a graph's inputs name a value under `params`."""


def resolve(root: TreeNode, problems: Problems, limits: Limits = DEFAULT_LIMITS) -> TreeNode:
    """Return a file's tree with every reference replaced; values under `params` hold none.

    A replaced value keeps the place of the reference, what is inside it the place under `params`. Where a reference
    names nothing the value is unknown: that is the one problem about it, and its place is broken.
    """
    if not isinstance(root.value, dict):
        return root
    params = root.value.get("params")
    values = params.value if params is not None and isinstance(params.value, dict) else {}
    resolver = _Resolver({name: _unescape(node, problems, name) for name, node in values.items()}, problems, limits)
    children = {key: node if key == "params" else resolver.node(node, (key,)) for key, node in root.value.items()}
    if params is not None and isinstance(params.value, dict):
        children["params"] = TreeNode(dict(resolver.values), params.span, params.keys)
        for name in sorted(values.keys() - resolver.used):
            position = problems.position(params.keys[name]) if name in params.keys else problems.name
            problems.note(f"{position}: the value {name} under params is referred to nowhere.")
    return TreeNode(children, root.span, root.keys)


class _Resolver:
    def __init__(self, values: Mapping[str, TreeNode], problems: Problems, limits: Limits) -> None:
        self.values = values
        self.used: set[str] = set()
        self._sizes = {name: node.size() for name, node in values.items()}
        self._problems = problems
        self._budget = limits.values

    def node(self, node: TreeNode, at: Path) -> TreeNode:
        if isinstance(node.value, dict):
            items = {key: self.node(child, (*at, key)) for key, child in node.value.items()}
            return TreeNode(items, node.span, node.keys)
        if isinstance(node.value, list):
            return TreeNode([self.node(child, (*at, index)) for index, child in enumerate(node.value)], node.span)
        if not isinstance(node.value, str):
            return node
        if not node.value.startswith("$"):
            self.used.update(_IN_TYPES.findall(node.value))
            return node
        if node.value.startswith("$$"):
            return TreeNode(node.value[1:], node.span)
        return self._replace(node, node.value, at)

    def _replace(self, node: TreeNode, text: str, at: Path) -> TreeNode:
        match = _REFERENCE.fullmatch(text)
        if match is None:
            problem = (
                f'"{text}" begins with a dollar and names no parameter.\n'
                f'  Write $name for a value under params, or "${text}" for text that begins with a dollar.'
            )
        elif (name := match[1]) not in self.values:
            self.used.add(find_closest(name, self.values) or name)  # the value that was meant is not unused
            problem = (
                f'params has no "{name}".{suggest(name, self.values)}\n'
                f'  It has {listed(self.values, "nothing")}. For text that begins with a dollar write "${text}".'
            )
        else:
            self.used.add(name)
            if self._problems.broken.touches(("params", name)):
                self._problems.broken.add(at)
                return node
            # References multiply: a few lines could stand for more values than any machine holds.
            self._budget -= self._sizes[name]
            if self._budget >= 0:
                value = self.values[name]
                # a value that was changed is to blame itself, wherever it is used
                return TreeNode(value.value, value.span if value.span.change else node.span, value.keys)
            problem = "The references together stand for too many values."
        self._problems.add(problem, at, node.span)
        self._problems.broken.add(at)
        return node


def _unescape(node: TreeNode, problems: Problems, name: str) -> TreeNode:
    """Take the escapes out of a parameter; a reference inside one is an error."""
    if isinstance(node.value, dict):
        children = {key: _unescape(child, problems, name) for key, child in node.value.items()}
        return TreeNode(children, node.span, node.keys)
    if isinstance(node.value, list):
        return TreeNode([_unescape(child, problems, name) for child in node.value], node.span)
    if isinstance(node.value, str) and node.value.startswith("$"):
        if not node.value.startswith("$$"):
            problems.add(
                f'"{node.value}" stands under params, where references are not replaced.\n'
                f'  Write the value itself, or "${node.value}" for text that begins with a dollar.',
                ("params",),
                node.span,
            )
            problems.broken.add(("params", name))
        return TreeNode(node.value[1:], node.span)
    return node


def escape(data: Data | Mapping[str, Data] | tuple[Data, ...]) -> Data:
    """Return plain data as it is written to a file: texts that begin with a dollar get a second one."""
    if isinstance(data, Mapping):
        return {key: escape(item) for key, item in data.items()}
    if isinstance(data, list | tuple):
        return [escape(item) for item in data]
    return f"${data}" if isinstance(data, str) and data.startswith("$") else data
