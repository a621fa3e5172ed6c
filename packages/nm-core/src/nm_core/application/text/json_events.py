"""JSON (RFC 8259) as events with places; the standard library's reader keeps no places."""

from __future__ import annotations

import re
from json import JSONDecodeError, JSONDecoder
from typing import Never

from nm_core.application.text.scalars import ScalarError, checked_float, checked_integer, has_surrogates
from nm_core.application.text.spans import Source, Span
from nm_core.application.text.tree import Scalar
from nm_core.application.text.tree_builder import TreeBuilder

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_WORD = re.compile(r"[-+.0-9A-Za-z_]+|.", re.DOTALL)
_STRINGS = JSONDecoder()
_CONSTANTS: dict[str, Scalar] = {"null": None, "true": True, "false": False}


def read_json(source: Source, builder: TreeBuilder) -> None:
    """Send the events of a JSON text to a builder."""
    _Reader(source, builder).read()


class _Reader:
    """Walks the text once; what is open is a stack of closing brackets, never a recursion."""

    def __init__(self, source: Source, builder: TreeBuilder) -> None:
        self._source = source
        self._text = source.text
        self._builder = builder
        self._at = 0
        self._closing: list[str] = []

    def read(self) -> None:
        value_comes = True
        while value_comes or self._closing:
            value_comes = self._value() if value_comes else self._comma_or_end()
        self._skip()
        if self._at < len(self._text):
            self._fail("the file should end here")

    def _value(self) -> bool:
        """Read a scalar, or the beginning of a list or mapping; return whether a value inside it comes next."""
        if self._closing and self._closing[-1] == "}":
            self._key()
        self._skip()
        start, character = self._at, self._text[self._at : self._at + 1]
        if character == '"':
            text = self._string()
            self._builder.scalar(text, self._span(start))
            return False
        if character not in ("[", "{"):
            self._builder.scalar(self._constant(), self._span(start))
            return False
        self._at += 1
        self._builder.begin([] if character == "[" else {}, self._span(start))
        self._closing.append("]" if character == "[" else "}")
        return not self._end()

    def _comma_or_end(self) -> bool:
        """Read what follows a value inside a list or mapping; return whether another value comes."""
        if self._end():
            return False
        if self._text[self._at : self._at + 1] != ",":
            self._fail(f"expected , or {self._closing[-1]}")
        self._at += 1
        return True

    def _end(self) -> bool:
        self._skip()
        if self._text[self._at : self._at + 1] != self._closing[-1]:
            return False
        self._at += 1
        self._closing.pop()
        self._builder.end(self._span(self._at - 1))
        return True

    def _key(self) -> None:
        self._skip()
        start = self._at
        if self._text[start : start + 1] != '"':
            self._fail("expected a key in double quotes")
        text = self._string()
        self._builder.key(text, self._span(start))
        self._skip()
        if self._text[self._at : self._at + 1] != ":":
            self._fail("expected : after the key")
        self._at += 1

    def _string(self) -> str:
        start = self._at
        try:
            # the standard library reads the string in C, and returns where it ends
            text, self._at = _STRINGS.raw_decode(self._text, start)
        except JSONDecodeError as error:
            # the position may lie behind the end of the text
            self._at = min(error.pos, max(len(self._text) - 1, 0))
            self._fail(error.msg[:1].lower() + error.msg[1:])
        if has_surrogates(text):
            self._at = start
            self._fail("an escape names half a character (a surrogate)")
        return str(text)

    def _constant(self) -> Scalar:
        match = _WORD.match(self._text, self._at)
        if match is None:
            self._fail("the file ends where a value should stand")
        word = match.group()
        number = _NUMBER.fullmatch(word)
        if number is None and word not in _CONSTANTS:
            self._fail(f"{word[:30]} is no value; text stands in double quotes")
        try:
            value = _number(number) if number else _CONSTANTS[word]
        except ScalarError as error:
            self._builder.refuse(str(error), self._span(self._at, match.end()))
        self._at = match.end()
        return value

    def _skip(self) -> None:
        match = _SPACE.match(self._text, self._at)
        if match:
            self._at = match.end()

    def _span(self, start: int, end: int | None = None) -> Span:
        return self._source.span(start, self._at if end is None else end)

    def _fail(self, what: str) -> Never:
        self._builder.refuse(f"This is not JSON: {what}.", self._span(self._at, self._at + 1))


def _number(match: re.Match[str]) -> int | float:
    integer, fraction, exponent = match.groups()
    return checked_integer(integer) if fraction is None and exponent is None else checked_float(match.group())
