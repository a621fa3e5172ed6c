"""Plain scalars as YAML 1.2's core schema reads them, held to what JSON can hold.

`yes`, `no`, `on` and `off` are words; `2e-2` is a number. (YAML 1.2.2, section 10.3.2.)
"""

from __future__ import annotations

import math
import re

from nm_core.application.text.tree import Scalar

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_MAY_BE_NUMBER = frozenset("0123456789.+-")
_BITS = 64


class ScalarError(ValueError):
    """A scalar reads as a number that an application cannot hold."""


def plain_scalar(text: str) -> Scalar:
    """Return the value of a scalar that stands without quotes.

    Raises:
        ScalarError: an integer of more than 64 bits or with leading zeros, or a number that is not finite.
    """
    if text in _NULL:
        return None
    # most scalars are words: their first sign spares them four patterns
    if text[0] not in _MAY_BE_NUMBER:
        return True if text in _TRUE else False if text in _FALSE else text
    if _INTEGER.fullmatch(text):
        digits = text.lstrip("+-")
        if len(digits) > 1 and digits[0] == "0":
            raise ScalarError(
                f"{_short(text)} has leading zeros, on which YAML versions differ."
                f' Write "{_short(text)}" or {_short(digits.lstrip("0") or "0")}.'
            )
        return checked_integer(text, 10)
    if _BASED.fullmatch(text):
        return checked_integer(text[2:], 8 if text[1] == "o" else 16)
    if _FLOAT.fullmatch(text):
        return checked_float(text)
    if _NOT_FINITE.fullmatch(text):
        raise ScalarError(
            f"{text} is not a finite number, and JSON has none. Leave the value out, or write it as text."
        )
    return text


def checked_integer(digits: str, base: int = 10) -> int:
    """Return an integer of at most 64 bits."""
    # int() takes quadratic time, and so many digits do not fit anyway
    value = int(digits, base) if len(digits) <= _BITS + 2 else 1 << (_BITS + 1)
    if value.bit_length() > _BITS:
        raise ScalarError(f"{_short(digits)} does not fit in 64 bits. Write it as text, in quotes.")
    return value


def checked_float(text: str) -> float:
    """Return a finite float."""
    value = float(text)
    if math.isinf(value):
        raise ScalarError(f"{_short(text)} is larger than any finite number. Write it as text, in quotes.")
    return value


def has_surrogates(text: str) -> bool:
    """Tell whether a text holds half a character, which no UTF-8 file can hold."""
    # isascii() reads a flag: most texts are not searched at all
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _short(text: str) -> str:
    return text if len(text) <= 30 else f"{text[:27]}..."
