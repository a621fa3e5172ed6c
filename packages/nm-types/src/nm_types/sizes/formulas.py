"""Formulas: size notation with constructor parameters in braces; binding turns them into sizes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import SupportsIndex

from nm_types.errors import BindingError, TypeSyntaxError
from nm_types.sizes.size import Count, Size, Sum

TOKEN = re.compile(
    r"(?P<number>\d+)|sum\((?P<sum>[a-z]\w*)\)|count\((?P<count>[A-Za-z]\w*)\)|(?P<name>[a-z]\w*)|\{(?P<parameter>[A-Za-z_]\w*)\}|(?P<sign>//|[-+*()])"
)
LONGEST = 120
"""Characters of a size: files of strangers are read too, and neither depth nor numbers in them may grow for ever."""
RANK = {"+": 1, "-": 1, "*": 2, "//": 2}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A constructor parameter in a size, `{feat_in}`."""

    name: str

    def __str__(self) -> str:
        return f"{{{self.name}}}"


@dataclass(frozen=True, slots=True)
class Formula:
    """An operation on sizes with a constructor parameter, kept as written."""

    sign: str
    left: Expression
    right: Expression

    def __str__(self) -> str:
        return f"{_inner(self.left, self.sign, False)}{self.sign}{_inner(self.right, self.sign, True)}"


Expression = Size | Parameter | Formula


def parameters_of(expression: Expression) -> frozenset[str]:
    """Return the parameter names in braces."""
    if isinstance(expression, Formula):
        return parameters_of(expression.left) | parameters_of(expression.right)
    return frozenset({expression.name}) if isinstance(expression, Parameter) else frozenset()


def bind(expression: Expression, values: Mapping[str, object]) -> Size | None:
    """Substitute values for parameters and normalise; a parameter that is None makes the size unknown.

    Raises:
        BindingError: a parameter is missing or is neither a whole number, a size, its text nor None.
    """
    if isinstance(expression, Size):
        return expression
    if isinstance(expression, Parameter):
        return _value(expression.name, values)
    lhs, rhs = bind(expression.left, values), bind(expression.right, values)
    return None if lhs is None or rhs is None else _apply(expression.sign, lhs, rhs)


@lru_cache(maxsize=1024)
def parse_size(text: str) -> Expression:
    """Read a size: numbers, names, `{parameter}`, `+ - * //`, parentheses, `sum(n_i)` and `count(xs)`, without spaces.

    Raises:
        TypeSyntaxError: the text is no size.
    """
    # bounds the depth of the recursive descent
    if len(text) > LONGEST:
        raise TypeSyntaxError(
            f'"{text[:20]}..." is no size: it has {len(text)} characters, a size has at most {LONGEST}.'
        )
    # most sizes are plain numbers, and need no tokens
    if text.isdecimal():
        return Size(int(text))
    reader = _Reader(text)
    expression = reader.sum()
    if reader.next:
        raise _syntax(text, f'nothing may follow before "{reader.next}"')
    return expression


class _Reader:
    """Recursive-descent parser of size notation."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[re.Match[str]] = []
        position = 0
        while position < len(text):
            token = TOKEN.match(text, position)
            if token is None:
                raise _syntax(text, f'"{text[position]}" has no place in a size')
            self.tokens.append(token)
            position = token.end()
        # popped from the end, which is O(1)
        self.tokens.reverse()

    @property
    def next(self) -> str:
        """The next token, or an empty text at the end."""
        return self.tokens[-1].group() if self.tokens else ""

    def sum(self) -> Expression:
        """Parse a sum of products."""
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Expression:
        return self._chain(("*", "//"), self._atom)

    def _chain(self, signs: tuple[str, str], part: Callable[[], Expression]) -> Expression:
        result = part()
        while self.next in signs:
            sign = self.tokens.pop().group()
            result = _combine(sign, result, part())
        return result

    def _atom(self) -> Expression:
        if not self.tokens:
            raise _syntax(self.text, "it ends where a number, a name or a parameter is missing")
        token = self.tokens.pop()
        match token.lastgroup:
            case "number":
                return Size(int(token.group()))
            case "name":
                return Size(token.group())
            case "parameter":
                return Parameter(token.group("parameter"))
            case "sum":
                return Size(Sum(token.group("sum")))
            case "count":
                return Size(Count(token.group("count")))
        if token.group() != "(":
            raise _syntax(self.text, f'a number, a name or a parameter is missing before "{token.group()}"')
        inner = self.sum()
        if self.next != ")":
            raise _syntax(self.text, 'a ")" is missing')
        self.tokens.pop()
        return inner


def _combine(sign: str, left: Expression, right: Expression) -> Expression:
    if isinstance(left, Size) and isinstance(right, Size):
        return _apply(sign, left, right)
    return Formula(sign, left, right)


def _apply(sign: str, left: Size, right: Size) -> Size:
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    if right.value is None:
        raise _syntax(f"{left}//{right}", "a size is divided by a number or a parameter, never by an unknown")
    return left // right.value


def _value(name: str, values: Mapping[str, object]) -> Size | None:
    if name not in values:
        names = ", ".join(values) or "none"
        raise BindingError(f"{{{name}}}: a type mentions this parameter, but it has no value. Given: {names}.")
    value = values[name]
    if type(value) is int:
        return Size(value)
    if value is None or isinstance(value, Size):
        return value
    if isinstance(value, str):
        size = parse_size(value)
        if isinstance(size, Size):
            return size
    # numpy and torch integers; bool is excluded, since True is a likely mistake
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return Size(value.__index__())
    raise BindingError(
        f"{{{name}}}: {value!r} is no size.\n"
        f"  A type takes its size from this parameter: expected a whole number, got {type(value).__name__}."
    )


def _inner(expression: Expression, sign: str, right: bool) -> str:
    text = str(expression)
    if isinstance(expression, Formula):
        rank = RANK[expression.sign]
    elif isinstance(expression, Size) and expression.symbol is None and (expression.terms or expression.constant < 0):
        rank = 1
    else:
        rank = 2 if "*" in text or "//" in text else 3
    loose = rank < RANK[sign] or (right and rank == RANK[sign])
    return f"({text})" if loose else text


def _syntax(text: str, what: str) -> TypeSyntaxError:
    return TypeSyntaxError(
        f'The size "{text}" is not understood: {what}.\n'
        "  A size is a number, a lowercase name, a {parameter} or ?, joined by + - * //\n"
        "  and parentheses, without spaces; sum(n_i) adds up the sizes of a variadic port,\n"
        "  and count(xs) is the number of its values."
    )
