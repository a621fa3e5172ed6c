"""Changes to an application file that are made before it is read: `encoder.dropout=0.1` and the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nm_core.application.text import parse
from nm_core.application.text.names import shortened
from nm_core.application.text.problems import Problems
from nm_core.application.text.spans import Source, Span
from nm_core.application.text.tree import TreeNode
from nm_core.errors import ApplicationError, did_you_mean

Changes = Mapping[str, str]
"""By dotted name, the new value as YAML: `{"train.max_steps": "100", "encoder.dropout": "0.1"}`."""

_SECTIONS = ("params", "modules", "graphs", "train", "eval", "seed", "freeze", "tie", "init_from", "tasks", "requires")
_MODULE_KEYS = ("type", "params", "graph")


def with_changes(root: TreeNode, changes: Changes) -> TreeNode:
    """Return a file's tree with values replaced or added.

    Messages about the values name the change as the command takes it: `--set encoder.dropout=0.1`.

    A name is a section and what is in it (`train.max_steps`, `modules.encoder.params.dropout`), a module and a
    parameter of its (`encoder.dropout`), or a value under `params` (`features`).

    Raises:
        ApplicationError: a name leads nowhere, or a value is no YAML.
    """
    for name, text in changes.items():
        value = _move_to(_value(name, text), Span(0, 0, 0, 0, f"--set {name}={shortened(' '.join(text.split()))}"))
        root = _replace(root, find_keys(root, name), value, name)
    return root


def find_keys(root: TreeNode, name: str) -> list[str]:
    """Return the keys that lead to the value of a dotted name.

    Raises:
        ApplicationError: it stands for nothing.
    """
    words = name.split(".")
    sections = root.value if isinstance(root.value, dict) else {}
    modules, params = _names(sections.get("modules")), _names(sections.get("params"))
    if words[0] in _SECTIONS:
        if words[0] == "modules" and len(words) > 2 and words[2] not in _MODULE_KEYS:
            words.insert(2, "params")
        return words
    if len(words) > 1 and words[0] in modules:
        return ["modules", words[0], "params", *words[1:]]
    if len(words) == 1 and words[0] in params:
        return ["params", words[0]]
    names = [*_SECTIONS, *modules] if len(words) > 1 else [*params, "seed"]
    raise ApplicationError(
        f'Nothing is called "{name}" in the application.{did_you_mean(words[0], names)}\n'
        "  Name a parameter of a module (encoder.dropout), a key of a section (train.max_steps)\n"
        "  or a value under params."
    )


def _names(node: TreeNode | None) -> Sequence[str]:
    return list(node.value) if node is not None and isinstance(node.value, dict) else []


def _value(name: str, text: str) -> TreeNode:
    # `--set name=` means an empty text; YAML would read null.
    source = Source(f"the value of {name}", text or '""')
    problems = Problems(source.name, source)
    node = parse(source, problems)
    if node is None:
        raise ApplicationError(str(problems.report()))
    return node


def _replace(node: TreeNode, path: Sequence[str], value: TreeNode, name: str) -> TreeNode:
    if not path:
        return value
    if isinstance(node.value, list) and path[0].isdecimal() and int(path[0]) < len(node.value):
        items = list(node.value)
        items[int(path[0])] = _replace(items[int(path[0])], path[1:], value, name)
        return TreeNode(items, node.span, node.keys)
    if node.value is None or isinstance(node.value, dict):
        children = dict(node.value or {})
        if path[0] not in children and path[0] != "params" and len(path) > 1:
            raise ApplicationError(f'{name}: there is no "{path[0]}" to change.{did_you_mean(path[0], children)}')
        child = children.get(path[0], TreeNode(None, node.span))
        children[path[0]] = _replace(child, path[1:], value, name)
        return TreeNode(children, node.span, node.keys | {path[0]: node.keys.get(path[0], value.span)})
    raise ApplicationError(f'{name}: "{path[0]}" lies inside {node.noun()}, which has no parts with names.')


def _move_to(value: TreeNode, span: Span) -> TreeNode:
    """Return a value that stands in a change, so that messages name that and not the file."""
    if isinstance(value.value, dict):
        children = {key: _move_to(child, span) for key, child in value.value.items()}
        return TreeNode(children, span, dict.fromkeys(children, span))
    if isinstance(value.value, list):
        return TreeNode([_move_to(child, span) for child in value.value], span)
    return TreeNode(value.value, span)
