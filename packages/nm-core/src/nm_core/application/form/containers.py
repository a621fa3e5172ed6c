"""Shapes of lists, mappings and records: what holds other shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from nm_core.application.form.fields import Broken, Form, TextForm
from nm_core.application.text.names import suggest
from nm_core.application.text.problems import Path, Problems
from nm_core.application.text.tree import Data, TreeNode
from nm_core.errors import find_closest

T = TypeVar("T")
_ANY_NAME = TextForm()


def _read(form: Form[T], node: TreeNode, at: Path, problems: Problems) -> T:
    """Read a value, unless it is a reference that names nothing."""
    if at in problems.broken:
        raise Broken
    return form.read(node, at, problems)


@dataclass(frozen=True)
class ListOf(Form[tuple[T, ...]]):
    """A list whose items have one shape."""

    item: Form[T]
    noun: str = "a list"
    minimum: int = 0

    def read(self, node: TreeNode, at: Path, problems: Problems) -> tuple[T, ...]:
        """Return the items; broken ones are left out and recorded."""
        if not isinstance(node.value, list) or len(node.value) < self.minimum:
            self.refuse(node, at, problems)
        items = []
        for index, child in enumerate(node.value):
            try:
                items.append(_read(self.item, child, (*at, index), problems))
            except Broken:
                problems.broken.add((*at, index))
        return tuple(items)

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        schema: dict[str, Data] = {"type": "array", "items": self.item.schema()}
        return schema | {"minItems": self.minimum} if self.minimum else schema


@dataclass(frozen=True)
class MapOf(Form[dict[str, T]]):
    """A mapping from names of one form to values of one shape."""

    item: Form[T]
    noun: str = "a mapping"
    key: TextForm = _ANY_NAME

    def read(self, node: TreeNode, at: Path, problems: Problems) -> dict[str, T]:
        """Return the items; broken ones are left out and recorded."""
        if not isinstance(node.value, dict):
            self.refuse(node, at, problems)
        items = {}
        for name, child in node.value.items():
            where = (*at, name)
            if self.key.pattern and not re.fullmatch(self.key.pattern, name):
                problems.add(f'"{name}" is not {self.key.noun}.', where, node.keys[name])
            try:
                items[name] = _read(self.item, child, where, problems)
            except Broken:
                problems.broken.add(where)
        return items

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        schema: dict[str, Data] = {"type": "object", "additionalProperties": self.item.schema()}
        return schema | {"propertyNames": self.key.schema()} if self.key.pattern else schema


@dataclass(frozen=True)
class OneOf(Form[T]):
    """A shape for each form a value may take: `text`, `number`, `list` or `mapping`."""

    noun: str
    forms: Mapping[str, Form[T]]

    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the value as the shape of its form reads it."""
        shape = self.forms.get(_form(node.value))
        if shape is None:
            self.refuse(node, at, problems)
        return shape.read(node, at, problems)

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return {"anyOf": [shape.schema() for shape in self.forms.values()]}


def _form(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool | int | float):
        return "number"
    return "list" if isinstance(value, list) else "mapping" if isinstance(value, dict) else "nothing"


@dataclass(frozen=True)
class Field:
    """One key of a record.

    Attributes:
        shape: what its value looks like.
        about: what it is for, in one sentence.
        default: its value where it is absent, `...` where it must not be; None also lets the file say `null`.
        attribute: its name in Python, where that differs.
        stand_in: its value where it is wrong, or missing and required, so that the rest of the record is checked all
            the same; the default when not given.
        essential: whether nothing can be said of a record without it.
    """

    shape: Form[Any]
    about: str
    default: Any = ...
    attribute: str | None = None
    stand_in: Any = ...
    essential: bool = False

    @property
    def required(self) -> bool:
        """Whether the key must be there."""
        return self.default is ...

    @property
    def substitute(self) -> Any:
        """The value in place of one that is wrong; `...` for none."""
        return ... if self.essential else self.default if self.stand_in is ... else self.stand_in


@dataclass(frozen=True)
class KeysOf(Form[T]):
    """A mapping with known keys; unknown ones are errors, and those that are misspelt are read as what was meant."""

    noun: str
    make: Callable[..., T]
    fields: Mapping[str, Field]

    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the record; of one with problems what is left of it, fields that are wrong recorded as broken."""
        if not isinstance(node.value, dict):
            self.refuse(node, at, problems)
        self._check_keys(node, at, problems)
        values: dict[str, Any] = {}
        for key, field in self.fields.items():
            attribute = field.attribute or key
            child = node.value.get(key)
            # `policy: null` in a file means what leaving it out means; for other keys null is a mistake.
            absent = child is None or (child.value is None and field.default is None)
            if absent and not field.required and (*at, key) not in problems.broken:
                values[attribute] = field.default
                continue
            try:
                if child is None:
                    raise Broken
                values[attribute] = _read(field.shape, child, (*at, key), problems)
            except Broken:
                problems.broken.add((*at, key))
                values[attribute] = field.substitute
        if ... not in values.values():
            # Only ValueError is a sentence for the user; anything else is a fault of the reader.
            try:
                return self.make(**values)
            except ValueError as error:
                problems.add(str(error), at, node.span)
        problems.broken.add(at)
        raise Broken

    def _check_keys(self, node: TreeNode, at: Path, problems: Problems) -> None:
        noun = f"{self.noun[:1].upper()}{self.noun[1:]}"
        given: Mapping[str, TreeNode] = node.value  # type: ignore[assignment]  # a mapping, as the caller knows
        absent = [key for key in self.fields if key not in given]
        for key in [key for key in given if key not in self.fields]:
            message = f'{noun} has no key "{key}".{suggest(key, self.fields)}\n  Its keys: {", ".join(self.fields)}.'
            problems.add(message, (*at, key), node.keys[key])
            meant = find_closest(key, self.fields)
            if meant in absent:  # one slip is one problem
                absent.remove(meant)
                if problems.broken.touches((*at, key)):
                    problems.broken.add((*at, meant))
                _rename_key(node, key, meant)
        missing = [key for key in absent if self.fields[key].required]
        if missing:
            problems.add(
                f"{noun} needs the {'key' if len(missing) == 1 else 'keys'} {' and '.join(missing)}.", at, node.span
            )

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        required: list[Data] = [key for key, field in self.fields.items() if field.required]
        properties: dict[str, Data] = {key: _describe(field) for key, field in self.fields.items()}
        schema: dict[str, Data] = {"type": "object", "properties": properties, "additionalProperties": False}
        return schema | ({"required": required} if required else {})


def _rename_key(node: TreeNode, old: str, new: str) -> None:
    """Let a value stand under another key; messages about it point to where it stands."""
    items: Any = node.value
    node.value = {new if key == old else key: child for key, child in items.items()}
    node.keys = {new if key == old else key: span for key, span in node.keys.items()}


def _describe(field: Field) -> dict[str, Data]:
    schema = field.shape.schema()
    if field.default is None:
        schema = {"anyOf": [schema, {"type": "null"}]} if schema else schema
    return {"description": field.about} | schema
