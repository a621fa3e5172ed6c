"""Checks of the plain values that optimizers and policies are described with."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from nm_core.errors import did_you_mean
from nm_torch.optim.errors import OptimizerOptionError

__all__ = ["betas", "construct", "count", "number", "to_plain"]


def number(owner: str, name: str, value: object, *, low: float = 0.0, high: float = float("inf")) -> float:
    """Return ``value`` as a float between ``low`` and ``high``.

    Raises:
        OptimizerOptionError: it is not a number or out of the range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        limits = f"of at least {low:g}" if high == float("inf") else f"from {low:g} to {high:g}"
        raise OptimizerOptionError(f"{owner}: {name} is a number {limits}, got {value!r}.")
    return float(value)


def count(owner: str, name: str, value: object) -> int:
    """Return ``value`` if it is a whole number of at least 0.

    Raises:
        OptimizerOptionError: it is anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise OptimizerOptionError(f"{owner}: {name} is a whole number of updates from 0, got {value!r}.")
    return value


def betas(owner: str, value: object) -> tuple[float, float]:
    """Return the two decay rates of a pair of moments, each from 0 to below 1.

    Raises:
        OptimizerOptionError: these are not two such numbers.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise OptimizerOptionError(f"{owner}: betas is a pair of numbers such as [0.9, 0.999], got {value!r}.")
    first, second = (number(owner, "each of betas", beta, high=1.0) for beta in value)
    if first == 1.0 or second == 1.0:
        raise OptimizerOptionError(f"{owner}: each of betas is below 1, got {value!r}.")
    return first, second


def construct(kind: type[Any], name: str, options: Mapping[str, object]) -> Any:
    """Make the frozen description ``kind`` from plain options.

    Raises:
        OptimizerOptionError: an option is unknown, with the one that may have been meant, or is missing.
    """
    names = [field.name for field in fields(kind) if field.init]
    for option in options:
        if option not in names:
            raise OptimizerOptionError(
                f'{name}: "{option}" is not an option.{did_you_mean(str(option), names)} '
                f"It has {', '.join(names) or 'no options'}."
            )
    try:
        return kind(**options)
    except TypeError as error:
        if isinstance(error, OptimizerOptionError):
            raise
        raise OptimizerOptionError(f"{name}: {error}.") from error


def to_plain(name: str, description: Any) -> dict[str, Any]:
    """Return a frozen description as the mapping that makes an equal one: its name and all of its options."""
    plain: dict[str, Any] = {"name": name}
    for field in fields(description):
        value = getattr(description, field.name)
        plain[field.name] = list(value) if isinstance(value, tuple) else value
    return plain
