"""Search spaces as they are written: `0.0..0.5`, `1e-4..1e-1:log`, `64..512:step=64`, `adamw,novograd`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from nm_core.errors import did_you_mean
from nm_core.tuning.errors import TuningError

if TYPE_CHECKING:
    from optuna.trial import Trial

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})((?::[^:]*)*)")
_LIKE_A_RANGE = re.compile(rf"{_NUMBER}\s*\.\.|[^/]*\.\.\s*{_NUMBER}\s*(?::|$)")
_INTEGER = re.compile(r"[-+]?\d+")
_OPTIONS = ("log", "step=")
_FORMS = (
    "  Ranges: 0.0..0.5 (numbers), 2..8 (whole numbers), 1e-4..1e-1:log, 64..512:step=64. Choices: adamw,novograd.\n"
    "  A text that only looks like one stands in quotes, as in the file: '\"1..2\"'."
)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers between two bounds, which belong to it.

    Attributes:
        low, high: the bounds; whole numbers where both were written without a point and an exponent.
        step: the distance between neighbours, where not every number counts.
        log: whether orders of magnitude count alike.

    Example:
        >>> read_space("train.optimizer.lr", "1e-4..1e-1:log").describe()
        'numbers from 0.0001 to 0.1, logarithmic'
    """

    low: Decimal
    high: Decimal
    integral: bool
    step: Decimal | None = None
    log: bool = False

    def suggest(self, trial: Trial, name: str) -> int | float:
        """Let a trial draw a number."""
        if self.integral:
            step = 1 if self.step is None else int(self.step)
            return trial.suggest_int(name, int(self.low), int(self.high), step=step, log=self.log)
        step_size = None if self.step is None else float(self.step)
        return trial.suggest_float(name, float(self.low), float(self.high), step=step_size, log=self.log)

    def text(self, value: object) -> str:
        """Return a number as it is written in a file, on the grid of the steps."""
        if self.integral:
            return str(int(str(value)))
        if self.step is None:
            return repr(float(str(value)))
        return repr(float(self.low + round((Decimal(str(value)) - self.low) / self.step) * self.step))

    def values(self) -> tuple[int | float, ...] | None:
        """Return every number, or None where there is no end of them."""
        step = self.step or (Decimal(1) if self.integral else None)
        if step is None or self.log:
            return None
        grid = (self.low + number * step for number in range(int((self.high - self.low) / step) + 1))
        return tuple(int(value) if self.integral else float(value) for value in grid)

    def samples(self) -> tuple[str, ...]:
        """Return the bounds, as texts."""
        return self.text(self.low), self.text(self.high)

    def __str__(self) -> str:
        low, high = self.samples()
        step = "" if self.step is None else f":step={_number(self.step, self.integral)}"
        return f"{low}..{high}{':log' if self.log else ''}{step}"

    def describe(self) -> str:
        """Return the range in words."""
        low, high = self.samples()
        kind = "whole numbers" if self.integral else "numbers"
        steps = "" if self.step is None else f" in steps of {_number(self.step, self.integral)}"
        return f"{kind} from {low} to {high}{steps}{', logarithmic' if self.log else ''}"


@dataclass(frozen=True, slots=True)
class Choice:
    """A few values, each as it is written in a file.

    Example:
        >>> read_space("train.optimizer.name", "adamw,novograd").describe()
        'one of adamw, novograd'
    """

    texts: tuple[str, ...]

    def suggest(self, trial: Trial, name: str) -> str:
        """Let a trial draw a value."""
        return trial.suggest_categorical(name, self.texts)

    def text(self, value: object) -> str:
        """Return a value as it is written in a file."""
        return str(value)

    def values(self) -> tuple[str, ...]:
        """Return every value."""
        return self.texts

    samples = values  # a choice has few enough to try each

    def __str__(self) -> str:
        return ",".join(self.texts)

    def describe(self) -> str:
        """Return the choice in words."""
        return f"one of {', '.join(self.texts)}"


Space = Range | Choice
"""What a value is searched in."""


def read_space(name: str, text: str) -> Space | None:
    """Return the space that the value of a `--set` describes, or None where it is one value.

    Raises:
        TuningError: it looks like a space and is none.
    """
    text = text.strip()
    items = list(_items(text))
    # What looks like a range must be one: read as text it would be the value of every trial.
    if _LIKE_A_RANGE.match(text) and len(items) == 1:
        return _range(name, text)
    braces = len(items) == 1 and text.startswith("{") and text.endswith("}") and not re.search(r":(\s|$)", text[1:-1])
    if braces and text[1:-1].strip():
        items = list(_items(text[1:-1]))
    elif len(items) == 1:
        if "|" in text and text[0] not in "\"'[{|":
            raise TuningError(
                f"{name}={text}: choices are separated by commas: {name}={text.replace('|', ',')}\n{_FORMS}"
            )
        return None
    return _choice(name, text, items)


def _range(name: str, text: str) -> Range:
    match = _RANGE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise TuningError(f"{name}={text} is no range: it needs a number on both sides of the two points.\n{_FORMS}")
    first, last, options = match.groups()
    integral = bool(_INTEGER.fullmatch(first) and _INTEGER.fullmatch(last))
    low, high = Decimal(first), Decimal(last)
    where = f"{name}={text}"
    if not all(math.isfinite(float(bound)) for bound in (low, high)):
        raise TuningError(f"{where}: the bounds are finite numbers.\n{_FORMS}")
    if low >= high:
        raise TuningError(f"{where}: the lower bound comes first, and the two differ.\n{_FORMS}")
    step, log = None, False
    for option in options.split(":")[1:]:
        key, equals, value = option.partition("=")
        if option == "log":
            log = True
        elif key == "step" and equals:
            step = _step(where, value, low, high, integral)
        else:
            meant = did_you_mean(option, _OPTIONS)
            raise TuningError(f'{where}: a range has no option "{option}".{meant}\n{_FORMS}')
    if log and low <= 0:
        raise TuningError(f"{where}: a logarithmic range begins above 0; 0 has no order of magnitude.\n{_FORMS}")
    if log and step is not None:
        raise TuningError(f"{where}: a range is logarithmic or has steps, not both.\n{_FORMS}")
    return Range(low, high, integral, step, log)


def _step(where: str, text: str, low: Decimal, high: Decimal, integral: bool) -> Decimal:
    form = _INTEGER if integral else re.compile(_NUMBER)
    step = Decimal(text) if form.fullmatch(text) else Decimal(0)
    if step <= 0:
        raise TuningError(f'{where}: a step is a {"whole " if integral else ""}number above 0, not "{text}".\n{_FORMS}')
    # Decimal, since 0.3 % 0.1 is 0.1 in binary.
    over = (high - low) % step
    if over:
        raise TuningError(
            f"{where}: steps of {text} from {low} do not end at {high}; "
            f"write {low}..{high - over} or {low}..{high - over + step}.\n{_FORMS}"
        )
    return step


def _choice(name: str, text: str, items: list[str]) -> Choice:
    where = f"{name}={text}"
    if not all(items):
        raise TuningError(f'{where}: there is nothing between two commas. An empty text is written "".\n{_FORMS}')
    for item in items:
        if _LIKE_A_RANGE.match(item):
            raise TuningError(f"{where}: a range is no choice; its options follow a colon, {item}:log.\n{_FORMS}")
    if len(set(items)) < len(items) or len(items) < 2:
        raise TuningError(f"{where}: a choice is between values that differ, two at least.\n{_FORMS}")
    return Choice(tuple(items))


def _items(text: str) -> Iterator[str]:
    """Yield the texts between commas that are inside no quotes and no brackets."""
    begin, depth, quote = 0, 0, ""
    fresh = True
    for index, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "\"'" and fresh:
            quote = sign
        elif sign in "[{":
            depth += 1
        elif sign in "]}":
            depth -= 1
        elif sign == "," and depth == 0:
            yield text[begin:index].strip()
            begin = index + 1
        fresh = sign in "[{,: " and not quote
    yield text[begin:].strip()


def _number(value: Decimal, integral: bool) -> int | float:
    return int(value) if integral else float(value)
