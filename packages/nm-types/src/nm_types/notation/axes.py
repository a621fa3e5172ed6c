"""Axes: a tag and a size each; tag variables and rows are bound by each call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import SupportsIndex, cast

from nm_types.errors import TypeSyntaxError
from nm_types.frozen import Frozen, fill
from nm_types.meanings import BatchTag, Nominal, Tag
from nm_types.sizes import Expression, Size, parse_size


class Unknown:
    """The size `?` of a batch axis, written to keep it apart from the other batch axes of a call."""

    def __str__(self) -> str:
        return "?"

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Unknown)

    def __hash__(self) -> int:
        return hash(Unknown)


@dataclass(frozen=True, slots=True)
class TagVariable:
    """A tag bound by each call: `'A`, or `'A<=Channel` with an upper bound."""

    name: str
    bound: type[Tag] | None = None

    @property
    def text(self) -> str:
        """The printed form, as tags have it: `'A` or `'A<=Channel`."""
        return f"'{self.name}<={self.bound.text}" if self.bound else f"'{self.name}"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Row:
    """Zero or more axes bound by each call: `*s`."""

    name: str

    def __str__(self) -> str:
        return f"*{self.name}"


class AxisType(Frozen):
    """One axis: its tag and its size.

    Args:
        tag: a tag class such as `TimeTag`, or a tag variable.
        size: a whole number of at least 1, the text of a size (`"t"`, `"{feat_in}"`, `"t//2"`), a `Size`, `"?"`, or
            None where nothing is said.

    Example:
        >>> from nm_types import ChannelTag
        >>> AxisType(ChannelTag, "2*n+1")
        AxisType(ChannelTag, '2*n+1')
    """

    __slots__ = ("_hash", "size", "tag")

    tag: type[Tag] | TagVariable
    size: Expression | Unknown | None
    _hash: int | None

    def __init__(
        self, tag: type[Tag] | TagVariable, size: SupportsIndex | str | Expression | Unknown | None = None
    ) -> None:
        if not isinstance(tag, TagVariable) and not _is_tag(tag):
            raise TypeSyntaxError(f"AxisType({tag!r}): expected a tag class such as TimeTag, got {tag!r}.")
        fill(self, "tag", tag)
        fill(self, "size", _axis_size(tag, size))
        fill(self, "_hash", None)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, AxisType):
            return self is other or (self.tag == other.tag and self.size == other.size)
        return NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            fill(self, "_hash", hash((self.tag, self.size)))
        return cast("int", self._hash)

    def __reduce__(self) -> tuple[object, tuple[object, object]]:
        return axis_of, (self.tag, self.size)

    def __str__(self) -> str:
        size = self.size
        unsaid = size is None or (isinstance(size, Size) and size.is_implicit)
        return self.tag.text if unsaid else f"{self.tag.text}:{size}"

    def __repr__(self) -> str:
        tag = self.tag.__name__ if isinstance(self.tag, Nominal) else f'"{self.tag}"'
        value = self.size.value if isinstance(self.size, Size) else None
        return f"AxisType({tag})" if self.size is None else f"AxisType({tag}, {value or repr(str(self.size))})"


def _is_tag(tag: object) -> bool:
    return isinstance(tag, Nominal) and issubclass(tag, Tag) and tag is not Tag


def axis_of(tag: type[Tag] | TagVariable, size: Expression | Unknown | None) -> AxisType:
    """Build an axis from checked parts, without checks."""
    instance = object.__new__(AxisType)
    fill(instance, "tag", tag)
    fill(instance, "size", size)
    fill(instance, "_hash", None)
    return instance


def _axis_size(
    tag: type[Tag] | TagVariable, size: SupportsIndex | str | Expression | Unknown | None
) -> Expression | Unknown | None:
    if size is None:
        return None
    if isinstance(size, Unknown) or size == "?":
        # "?" matters for batch axes alone: any other axis without a size is unrelated to its neighbours anyway
        batch = not isinstance(tag, TagVariable) and tag.is_a(BatchTag)
        return Unknown() if batch else None
    read = parse_size(size) if isinstance(size, str) else size if isinstance(size, Expression) else Size(size)
    value = read.value if isinstance(read, Size) else None
    if value is not None and value < 1:
        raise TypeSyntaxError(f"{tag.text}:{value}: a size is a whole number of at least 1, got {value}.")
    return read


Axis = AxisType | Row
