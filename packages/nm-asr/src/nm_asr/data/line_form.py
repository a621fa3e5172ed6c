"""Lines of one form, parsed together: the same keys in the same order, and nothing that JSON escapes.

A program writes a manifest, and so nearly all its lines have one form. Arrays find their values many times faster than
a parser of JSON does line by line; a line that differs in any byte is left to that parser.

Legend: N lines, Q quotation marks of a line, W bytes of the longest value.
"""

import json
import re
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

QUOTE = ord('"')
_NUMBER = re.compile(rb"(\s*:\s*)(\d[\d.]*)(\s*[,}]\s*)")
_EXACT_DIGITS = 15
"""Decimal digits that a float64 holds exactly."""

_POWERS_OF_TEN = 10.0 ** np.arange(_EXACT_DIGITS + 1)


class LineValue(NamedTuple):
    """A value in the lines of one form: its key, whether it is a string, and the bytes before it."""

    key: str
    is_text: bool
    before: bytes


class ValueSpan(NamedTuple):
    """The places of one value in many lines."""

    start_N: Places
    stop_N: Places


class LineForm(NamedTuple):
    """The bytes that lines share, and the values between them."""

    values: tuple[LineValue, ...]
    end: bytes

    @property
    def quotes(self) -> int:
        """The number of quotation marks of a line."""
        return sum(value.before.count(b'"') for value in self.values) + self.end.count(b'"')


def read_form(line: bytes) -> LineForm | None:
    """Return the form of a line of a manifest, which was parsed and is right; None where it has no plain form."""
    line = line.rstrip(b"\r")
    pieces = line.split(b'"')  # outside of strings at even places, since nothing is escaped
    if b"\\" in line or len(pieces) % 2 == 0 or pieces[0].strip() != b"{":
        return None
    if any(b"{" in piece or b"[" in piece for piece in pieces[2::2]):
        return None
    values: list[LineValue] = []
    before, key = pieces[0], ""
    for inside, outside in zip(pieces[1::2], pieces[2::2], strict=True):
        is_key = not key
        if is_key:
            before, key = before + b'"' + inside + b'"', inside.decode()
        else:
            values.append(LineValue(key, True, before + b'"'))
            before, key = b'"', ""
        number = _NUMBER.fullmatch(outside) if is_key else None
        if number is not None:
            values.append(LineValue(key, False, before + number[1]))
            before, key = number[3], ""
        else:
            before += outside
            if is_key and outside.strip() != b":":  # null, true, a negative number: part of the form
                key = ""
    keys = [name for name, _ in json.loads(line, object_pairs_hook=list)]
    texts = {value.key: value.is_text for value in values}
    plain = texts.get("audio_filepath") and texts.get("text") and texts.get("duration") is False
    return LineForm(tuple(values), before) if plain and len(set(keys)) == len(keys) else None


class Block:
    """Some whole lines of a manifest as bytes, with the places of what structures them."""

    def __init__(self, content: bytes) -> None:
        self.content = content if content.endswith(b"\n") else content + b"\n"
        # room behind the end, so that bytes from any place on can be compared
        self.bytes = np.frombuffer(self.content + bytes(4096), np.uint8)
        used = self.bytes[: len(self.content)]
        ends = np.flatnonzero(used == ord("\n"))
        self.start_N = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
        self.stop_N = ends - (self.bytes[ends - 1] == ord("\r")) * (ends > self.start_N)
        self.quotes = np.flatnonzero(used == QUOTE)
        self.first_quote_N = np.searchsorted(self.quotes, self.start_N)
        self.quote_count_N = np.diff(self.first_quote_N, append=len(self.quotes))
        controls = np.flatnonzero(used < ord(" "))
        breaks = used[controls]
        escapes = np.flatnonzero(used == ord("\\"))
        inner = np.concatenate([controls[(breaks != ord("\n")) & (breaks != ord("\r"))], escapes])
        returns = controls[breaks == ord("\r")]
        returns = returns[self.bytes[returns + 1] != ord("\n")]
        self.plain_N = np.ones(len(ends), bool)
        self.plain_N[np.searchsorted(ends, np.concatenate([inner, returns]))] = False

    def line(self, row: int) -> bytes:
        """Return the bytes of a line."""
        return self.content[self.start_N[row] : self.stop_N[row]]

    def match(self, form: LineForm, rows_N: Places) -> tuple[Flags, dict[str, ValueSpan]]:
        """Find the lines of a form among some rows; return which they are, and the places of their values."""
        fits_N = self.quote_count_N[rows_N] == form.quotes
        rows = rows_N[fits_N]
        spans: dict[str, ValueSpan] = {}
        if not len(rows):
            return fits_N, spans
        start, stop = self.start_N[rows], self.stop_N[rows]
        good = np.ones(len(rows), bool)
        quote = self.first_quote_N[rows]
        key, position, value_start = "", start, start
        for index, before in enumerate([*(value.before for value in form.values), form.end]):
            if index:
                place = before.find(b'"')
                position = self.quotes[quote] - place if place >= 0 else stop - len(before)
                good &= position >= value_start
                spans[key] = ValueSpan(value_start, np.maximum(position, value_start))
            good &= self._equal(position, before)
            value_start = position + len(before)
            quote = np.minimum(quote + before.count(b'"'), len(self.quotes) - 1)
            key = form.values[index].key if index < len(form.values) else ""
        good &= value_start == stop
        fits_N[fits_N] = good
        return fits_N, {key: ValueSpan(span.start_N[good], span.stop_N[good]) for key, span in spans.items()}

    def _equal(self, place_N: Places, expected: bytes) -> Flags:
        if len(expected) > len(self.bytes):  # a last block may be shorter than what is expected in a line
            return np.zeros(len(place_N), np.bool_)
        windows = sliding_window_view(self.bytes, len(expected))
        rows = np.ascontiguousarray(windows[np.clip(place_N, 0, len(windows) - 1)])
        equal: Flags = rows.view(f"V{len(expected)}")[:, 0] == np.void(expected)
        return equal

    def read_numbers(self, span: ValueSpan) -> tuple[NDArray[np.float64], Flags]:
        """Read plain decimal numbers; return them, and which of the values are some.

        They are those that `float` gives: up to 15 digits both the digits and the power of ten are exact, and their
        quotient is rounded once (Clinger 1990, "How to read floating point numbers accurately").
        """
        width_N = span.stop_N - span.start_N
        width = min(int(width_N.max(initial=1)), _EXACT_DIGITS + 1, len(self.bytes))
        digits_NW = sliding_window_view(self.bytes, width)[np.minimum(span.start_N, len(self.bytes) - width)]
        whole_N, digits_N, decimals_N, points_N = (np.zeros(len(width_N), np.int64) for _ in range(4))
        right_N = (width_N > 0) & (width_N <= width)
        for column in range(width):
            inside = column < width_N
            character = digits_NW[:, column]
            digit = inside & (character >= ord("0")) & (character <= ord("9"))
            point = inside & (character == ord("."))
            right_N &= ~inside | digit | point
            whole_N = np.where(digit, whole_N * 10 + (character - ord("0")), whole_N)
            digits_N += digit
            decimals_N += digit & (points_N > 0)
            points_N += point
        first, last = digits_NW[:, 0], self.bytes[span.stop_N - 1]
        right_N &= (points_N <= 1) & (digits_N <= _EXACT_DIGITS) & (first != ord(".")) & (last != ord("."))
        right_N &= (first != ord("0")) | (digits_N - decimals_N == 1)  # JSON has no zeros before a number
        return whole_N / _POWERS_OF_TEN[np.minimum(decimals_N, _EXACT_DIGITS)], right_N
