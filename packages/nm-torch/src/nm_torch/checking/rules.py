"""Rules of kinds: the ranges, sums and limits that values of each kind keep.

Legend: B samples, T positions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from nm_core.probing.slots import Slot
from nm_torch.checking.random_inputs import sum_axis
from nm_types import (
    Attention,
    AudioSignal,
    BatchTag,
    ClassTag,
    Features,
    Index,
    Kind,
    Labels,
    Lengths,
    Logits,
    LogProbs,
    Loss,
    Probs,
    Size,
    TokenIds,
)
from nm_types.notation import TagVariable

TOLERANCES = {torch.float16: 1e-2, torch.bfloat16: 5e-2, torch.float64: 1e-6}
TOLERANCE = 1e-3
"""How far sums of probabilities may be from one: what rounding explains, far below what a missing softmax gives."""


@dataclass(frozen=True, slots=True)
class OutputValue:
    """One output of a run, with the sizes and lengths that its values depend on.

    Attributes:
        slot: its port and type.
        value: the tensor, on the CPU.
        sizes: the size of each name, those that only outputs mention included.
        lengths: the lengths among inputs and outputs, by the size of the axis that they measure.
    """

    slot: Slot
    value: Tensor
    sizes: Mapping[str, int]
    lengths: Mapping[Size, Tensor]

    @property
    def limit(self) -> int | None:
        """The size of its kind of values, where it is known."""
        size = self.slot.kind_size()
        if size is None or not {str(name) for name in size.symbols()} <= self.sizes.keys():
            return None
        return size.evaluate(self.sizes)

    @property
    def limit_text(self) -> str:
        """That size as it is declared, with its number: `t//2 = 14`."""
        written = str(self.slot.kind_size())
        return written if written == str(self.limit) else f"{written} = {self.limit}"

    def real(self) -> Tensor:
        """Return which entries lie before the lengths of their sample, in the shape of the value."""
        real = torch.ones(self.value.shape, dtype=torch.bool)
        tags = [axis.tag for axis in self.slot.axes()]
        batch = [dim for dim, tag in enumerate(tags) if not isinstance(tag, TagVariable) and tag.is_a(BatchTag)]
        for dim, size in enumerate(self.slot.sizes()):
            lengths_B = self.lengths.get(size)
            if len(batch) == 1 and lengths_B is not None and lengths_B.shape == (self.value.shape[batch[0]],):
                # Both are shaped to broadcast along their own axis of the value, wherever that axis is.
                batch_shape = [-1 if d == batch[0] else 1 for d in range(self.value.dim())]
                time_shape = [-1 if d == dim else 1 for d in range(self.value.dim())]
                real &= torch.arange(self.value.shape[dim]).reshape(time_shape) < lengths_B.reshape(batch_shape)
        return real


@dataclass(frozen=True, slots=True)
class ValueFault:
    """Values that break a rule of their kind.

    Attributes:
        cause: one sentence with the numbers.
        numbers: the numbers alone.
        fix: the change that corrects them.
    """

    cause: str
    numbers: str
    fix: str


def summed_axis(slot: Slot) -> int | None:
    """Return the axis over which probabilities sum to one, where the type says which."""
    kind = slot.core.kind
    if kind is not None and type(kind).is_a(Attention):
        return len(slot.axes()) - 1 if slot.axes() else None
    tags = [None if isinstance(axis.tag, TagVariable) else axis.tag for axis in slot.axes()]
    return sum_axis(slot) if sum(tag is not None and tag.is_a(ClassTag) for tag in tags) == 1 else None


def _span(values: Tensor) -> str:
    low, high = (_number(value.item()) for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _tolerance(value: Tensor) -> float:
    return TOLERANCES.get(value.dtype, TOLERANCE)


def _sums(output: OutputValue, probabilities: Tensor, what: str, fix: str) -> ValueFault | None:
    """Check that probabilities sum to one, at positions that are not padding."""
    axis = summed_axis(output.slot)
    if axis is None:
        return None
    sums = probabilities.sum(axis)[output.real().any(axis)]
    if not len(sums) or bool(((sums - 1.0).abs() <= _tolerance(output.value)).all()):
        return None
    cause = f"{what} over axis {axis} sum to {_span(sums)}; probabilities sum to 1."
    return ValueFault(cause, f"sums {_span(sums)}", f"{fix} over axis {axis}")


def _log_probs(output: OutputValue, kind: Kind) -> ValueFault | None:
    wide, tolerance = output.value.double(), _tolerance(output.value)
    fault = _sums(output, wide.exp(), "The exponentials", "give log_softmax")
    real = wide[output.real()]
    if fault is None and not bool((real <= tolerance).all()):
        fault = ValueFault(
            f"The values are {_span(real)}; no log-probability is above 0.",
            _span(real),
            "give logarithms of probabilities",
        )
    return fault


def _probs(output: OutputValue, kind: Kind) -> ValueFault | None:
    wide, tolerance = output.value.double(), _tolerance(output.value)
    real = wide[output.real()]
    if not bool(((real >= -tolerance) & (real <= 1.0 + tolerance)).all()):
        cause = f"The values are {_span(real)}; probabilities are 0 to 1."
        return ValueFault(cause, _span(real), "give softmax")
    return _sums(output, wide, "The values", "give softmax")


def _audio(output: OutputValue, kind: Kind) -> ValueFault | None:
    real = output.value.double()[output.real()]
    if bool((real.abs() <= 1.0 + _tolerance(output.value)).all()):
        return None
    return ValueFault(
        f"The samples are {_span(real)}; a waveform lies between -1 and 1.", _span(real), "scale the samples"
    )


def _finite(output: OutputValue, kind: Kind) -> ValueFault | None:
    values = output.value[output.real()]
    # Scores of -inf are masked classes, which softmax gives the probability 0; +inf would make all others NaN.
    bad = ~values.isfinite() if not type(kind).is_a(Logits) else values.isnan() | (values == torch.inf)
    if not bool(bad.any()):
        return None
    numbers = ", ".join(sorted({_number(value) for value in values[bad].double().tolist()}))
    cause = f"{int(bad.sum())} of {values.numel()} values are {numbers}, which {kind} cannot be."
    return ValueFault(cause, numbers, "give finite numbers")


def _labels(output: OutputValue, kind: Kind) -> ValueFault | None:
    """Check for whole numbers below the number of classes; -1 leaves a position out, except where a token id stands.

    Where lengths say which positions are real, those have a class.
    """
    real = output.real()
    fault = _within(output, kind, output.value, 0 if type(kind).is_a(TokenIds) else -1)
    return fault or (None if bool(real.all()) else _within(output, kind, output.value[real], 0))


def _within(output: OutputValue, kind: Kind, values: Tensor, least: int) -> ValueFault | None:
    limit = output.limit
    if not values.numel() or bool(((values >= least) & (values < (limit or torch.inf))).all()):
        return None
    highest = "up" if limit is None else str(limit - 1)
    padding = ", or -1 where a position is left out" if least == -1 else ""
    cause = f"The values are {_span(values)}; {kind} are whole numbers from 0 to {highest}{padding}."
    return ValueFault(cause, _span(values), "give numbers of classes")


def _lengths(output: OutputValue, kind: Kind) -> ValueFault | None:
    values, limit = output.value, output.limit
    if bool(((values >= 0) & (values <= (torch.inf if limit is None else limit))).all()):
        return None
    most = "0 or more" if limit is None else f"0 to {output.limit_text}, the size of the axis that they measure"
    return ValueFault(f"The lengths are {_span(values)}; they must be {most}.", _span(values), "give lengths that fit")


def _index(output: OutputValue, kind: Kind) -> ValueFault | None:
    if bool((output.value >= 0).all()):
        return None
    return ValueFault(
        f"The numbers are {_span(output.value)}; they are 0 or more.", _span(output.value), "count from 0"
    )


Rule = Callable[[OutputValue, Kind], "ValueFault | None"]

RULES: tuple[tuple[type[Kind], Rule], ...] = (
    (LogProbs, _log_probs),
    (Probs, _probs),
    (AudioSignal, _audio),
    (Features, _finite),
    (Logits, _finite),
    (Loss, _finite),
    (Labels, _labels),
    (Lengths, _lengths),
    (Index, _index),
)
