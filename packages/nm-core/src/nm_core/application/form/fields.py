"""Shapes of values in a file: each reads a node, records what does not fit, and describes itself as JSON Schema."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Never, TypeVar, cast

from nm_core.actions.train_options import DeclaredOption
from nm_core.application.text.names import suggest
from nm_core.application.text.problems import Path, Problems
from nm_core.application.text.tree import Data, TreeNode, noun_of

T = TypeVar("T")

REFERENCE: dict[str, Data] = {"type": "string", "pattern": r"^\$[A-Za-z_]"}


class Broken(Exception):
    """A value cannot be read; why has been recorded."""


class Form(ABC, Generic[T]):
    """The form of a value: reads it from a node, and describes itself."""

    noun: str

    @abstractmethod
    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the value, or record what is wrong with it.

        Raises:
            Broken: the value cannot be used.
        """

    @abstractmethod
    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""

    def refuse(self, node: TreeNode, at: Path, problems: Problems, expected: str | None = None) -> Never:
        """Record that something else was expected here."""
        name = str(at[-1]) if at and isinstance(at[-1], str) else "This"
        ending = "" if expected and expected.endswith("?") else "."
        problems.add(f"{name} is {noun_of(node.value)}.\n  Expected {expected or self.noun}{ending}", at, node.span)
        problems.broken.add(at)
        raise Broken


@dataclass(frozen=True)
class TextForm(Form[str]):
    """Text, perhaps of a certain form."""

    noun: str = "text"
    pattern: str | None = None

    def read(self, node: TreeNode, at: Path, problems: Problems) -> str:
        """Return the text."""
        if not isinstance(node.value, str) or (self.pattern and not re.fullmatch(self.pattern, node.value)):
            self.refuse(node, at, problems)
        return node.value

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        schema: dict[str, Data] = {"type": "string"}
        return schema | {"pattern": f"^(?:{self.pattern})$"} if self.pattern else schema


@dataclass(frozen=True)
class WordForm(Form[str]):
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def noun(self) -> str:  # type: ignore[override]
        """The form in words."""
        return f"{', '.join(self.words[:-1])} or {self.words[-1]}"

    def read(self, node: TreeNode, at: Path, problems: Problems) -> str:
        """Return the word."""
        if node.value not in self.words or not isinstance(node.value, str):
            meant = suggest(node.value, self.words) if isinstance(node.value, str) else ""
            self.refuse(node, at, problems, f"{self.noun}.{meant}".rstrip("."))
        return node.value

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return {"anyOf": [{"enum": list(self.words)}, REFERENCE]}


@dataclass(frozen=True)
class Single(Form[T], Generic[T]):
    """One value that passes a test, or a reference to one; `described` is what passes in JSON Schema."""

    noun: str
    fits: Callable[[Any], bool]
    described: Mapping[str, Data]

    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the value."""
        if not self.fits(node.value):
            self.refuse(node, at, problems)
        return cast("T", node.value)

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return {"anyOf": [dict(self.described), REFERENCE]}


def integer(minimum: int) -> Single[int]:
    """Return the shape of a whole number of at least `minimum`."""
    noun = f"a whole number of at least {minimum}"
    # `type(value) is int`: a bool is an int to isinstance, and `max_steps: true` is a mistake.
    return Single(noun, lambda value: type(value) is int and value >= minimum, {"type": "integer", "minimum": minimum})


def number(above: int) -> Single[float]:
    """Return the shape of a number greater than `above`."""
    schema: dict[str, Data] = {"type": "number", "exclusiveMinimum": above}
    return Single(f"a number greater than {above}", lambda value: type(value) in (int, float) and value > above, schema)


@dataclass(frozen=True)
class OptionForm(Form[T], Generic[T]):
    """The value of an option that is declared, refused in the words in which it is refused elsewhere."""

    option: DeclaredOption
    described: Mapping[str, Data]

    @property
    def noun(self) -> str:  # type: ignore[override]
        """The purpose of the option."""
        return self.option.option.about

    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the value."""
        problem = self.option.problem(node.data())
        if problem is not None:
            problems.add(problem, at, node.span)
            problems.broken.add(at)
            raise Broken
        return cast("T", node.value)

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return {"anyOf": [dict(self.described), REFERENCE]}


FLAG: Single[bool] = Single("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})


@dataclass(frozen=True)
class Anything(Form[Data]):
    """Any plain data."""

    noun: str = "plain data"

    def read(self, node: TreeNode, at: Path, problems: Problems) -> Data:
        """Return the data."""
        if problems.broken.touches(at):  # a reference in it names nothing
            raise Broken
        return node.data()

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return {}


@dataclass(frozen=True)
class As(Form[T], Generic[T]):
    """A shape whose value is turned into another; the function may refuse it with a `ValueError`.

    `described` is the shape in JSON Schema where that can say more than the inner shape does.
    """

    inner: Form[Any]
    make: Callable[[Any], T]
    described: Mapping[str, Data] | None = None

    @property
    def noun(self) -> str:  # type: ignore[override]
        """The form in words."""
        return self.inner.noun

    def read(self, node: TreeNode, at: Path, problems: Problems) -> T:
        """Return the value that `make` makes of it."""
        value = self.inner.read(node, at, problems)
        try:
            return self.make(value)
        except ValueError as error:
            problems.add(str(error), at, node.span)
            problems.broken.add(at)
            raise Broken from None

    def schema(self) -> dict[str, Data]:
        """Return the shape in JSON Schema."""
        return self.inner.schema() if self.described is None else dict(self.described)
