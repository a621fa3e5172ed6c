"""The contents of values from outside: what some kinds say of the numbers, which a host can read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, Protocol

from nm_core.graphs.size_readers import Axes, Measure
from nm_types import AudioSignal, AxisType, Kind, Labels, Lengths, Size

if TYPE_CHECKING:
    from nm_core.graphs.run_time_check import Observed
    from nm_core.symbols.tensor import NmTensor


class Fault(NamedTuple):
    """Numbers that their kind does not allow.

    Attributes:
        cause: one sentence.
        given: the numbers in a few words.
        fix: what to do.
    """

    cause: str
    given: str
    fix: str


class ContentRule(Protocol):
    """A rule about the contents of one input."""

    def __call__(self, low: float, high: float, observed: Mapping[str, Observed]) -> Fault | None:
        """Return what is wrong with values between two extremes, None where all is well.

        Args:
            low, high: the smallest and the largest number; not finite where one of the numbers is not.
            observed: the shapes of all inputs that are given.
        """


def content_rule(name: str, kind: Kind | None, inputs: Mapping[str, NmTensor]) -> ContentRule | None:
    """Return the rule that a kind makes for the contents of an input, None where it makes none.

    Args:
        inputs: all inputs of the graph, whose axes declare the sizes that lengths are within.
    """
    if isinstance(kind, AudioSignal):
        return _finite_rule(name)
    if isinstance(kind, Lengths):
        return _lengths_rule(name, _measure(kind, inputs), {tensor: name for name, tensor in inputs.items()})
    size = kind.size(0) if isinstance(kind, Labels) else None
    return _labels_rule(name, size.value) if isinstance(size, Size) and size.value is not None else None


def _measure(kind: Kind, inputs: Mapping[str, NmTensor]) -> Measure[NmTensor] | None:
    axes = Axes()
    for tensor in inputs.values():
        if all(isinstance(axis, AxisType) for axis in tensor.type.axes):  # behind a row an axis has no fixed number
            axes.add(tensor)
    return axes.measure(kind.size(0))


def _finite_rule(name: str) -> ContentRule:
    def check(low: float, high: float, observed: Mapping[str, Observed]) -> Fault | None:
        if math.isfinite(low) and math.isfinite(high):
            return None
        fix = "look at the recording; numpy.nan_to_num replaces what is not finite."
        return Fault(f"{name} has samples that are not finite.", "not finite", fix)

    return check


def _lengths_rule(name: str, measure: Measure[NmTensor] | None, names: Mapping[NmTensor, str]) -> ContentRule:
    def check(low: float, high: float, observed: Mapping[str, Observed]) -> Fault | None:
        if low < 0:
            return Fault(f"{name} has a length of {low:.0f}.", f"{low:.0f}", "lengths count positions: 0 or more.")
        if measure is None or any(names[place.tensor] not in observed for place in measure.places.values()):
            return None
        places = measure.places.values()
        end = measure.value({place: observed[names[place.tensor]].shape[place.axis] for place in places})
        if high <= end:
            return None
        where = " and ".join(f"axis {place.axis} of {names[place.tensor]}" for place in places)
        cause = f"{name} has a length of {high:.0f}, beyond the {end} positions that {where} has."
        return Fault(cause, f"up to {high:.0f}", f"count lengths in the positions of {where}.")

    return check


def _labels_rule(name: str, classes: int) -> ContentRule:
    def check(low: float, high: float, observed: Mapping[str, Observed]) -> Fault | None:
        if low >= -1 and high < classes:
            return None
        value = f"{(low if low < -1 else high):.0f}"
        cause = f"{name} has the label {value}; {classes} classes are 0 to {classes - 1}, and -1 is none of them."
        return Fault(cause, value, "use the labels or the tokenizer that the modules were made with.")

    return check
