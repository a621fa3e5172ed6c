"""Rules of kinds: what values must be like to be what they are called.

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
class Output:
    """One value that came out, with what is known around it.

    Attributes:
        slot: what it promises.
        value: the tensor, on the CPU.
        sizes: the size of each name, those that only outputs mention included.
        lengths: the lengths that went in and came out, by the size of the axis that they measure.
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
        tags = [one.tag for one in self.slot.axes()]
        batch = [place for place, tag in enumerate(tags) if not isinstance(tag, TagVariable) and tag.is_a(BatchTag)]
        for place, size in enumerate(self.slot.sizes()):
            lengths_B = self.lengths.get(size)
            if len(batch) == 1 and lengths_B is not None and lengths_B.shape == (self.value.shape[batch[0]],):
                inside_B1 = [-1 if axis == batch[0] else 1 for axis in range(self.value.dim())]
                inside_T = [-1 if axis == place else 1 for axis in range(self.value.dim())]
                real &= torch.arange(self.value.shape[place]).reshape(inside_T) < lengths_B.reshape(inside_B1)
        return real


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with values.

    Attributes:
        cause: one sentence with the numbers that were seen.
        seen: the numbers in a few words.
        fix: what makes them right.
    """

    cause: str
    seen: str
    fix: str


def summed_axis(slot: Slot) -> int | None:
    """The axis over which probabilities must sum to one, where the type says which."""
    kind = slot.core.kind
    if kind is not None and type(kind).is_a(Attention):
        return len(slot.axes()) - 1 if slot.axes() else None
    tags = [None if isinstance(one.tag, TagVariable) else one.tag for one in slot.axes()]
    return sum_axis(slot) if sum(tag is not None and tag.is_a(ClassTag) for tag in tags) == 1 else None


def _span(values: Tensor) -> str:
    low, high = (_number(value.item()) for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _number(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _tolerance(value: Tensor) -> float:
    return TOLERANCES.get(value.dtype, TOLERANCE)


def _sums(output: Output, probabilities: Tensor, what: str, fix: str) -> Finding | None:
    """Judge that probabilities sum to one, at real positions."""
    axis = summed_axis(output.slot)
    if axis is None:
        return None
    sums = probabilities.sum(axis)[output.real().any(axis)]
    if not len(sums) or bool(((sums - 1.0).abs() <= _tolerance(output.value)).all()):
        return None
    cause = f"{what} over axis {axis} sum to {_span(sums)}; probabilities sum to 1."
    return Finding(cause, f"sums {_span(sums)}", f"{fix} over axis {axis}")


def _log_probs(output: Output, kind: Kind) -> Finding | None:
    wide, tolerance = output.value.double(), _tolerance(output.value)
    found = _sums(output, wide.exp(), "The exponentials", "give log_softmax")
    real = wide[output.real()]
    if found is None and not bool((real <= tolerance).all()):
        found = Finding(
            f"The values are {_span(real)}; no log-probability is above 0.",
            _span(real),
            "give logarithms of probabilities",
        )
    return found


def _probs(output: Output, kind: Kind) -> Finding | None:
    wide, tolerance = output.value.double(), _tolerance(output.value)
    real = wide[output.real()]
    if not bool(((real >= -tolerance) & (real <= 1.0 + tolerance)).all()):
        cause = f"The values are {_span(real)}; probabilities are 0 to 1."
        return Finding(cause, _span(real), "give softmax")
    return _sums(output, wide, "The values", "give softmax")


def _audio(output: Output, kind: Kind) -> Finding | None:
    real = output.value.double()[output.real()]
    if bool((real.abs() <= 1.0 + _tolerance(output.value)).all()):
        return None
    return Finding(
        f"The samples are {_span(real)}; a waveform lies between -1 and 1.", _span(real), "scale the samples"
    )


def _finite(output: Output, kind: Kind) -> Finding | None:
    values = output.value[output.real()]
    bad = ~values.isfinite() if not type(kind).is_a(Logits) else values.isnan() | (values == torch.inf)
    if not bool(bad.any()):
        return None
    seen = ", ".join(sorted({_number(value) for value in values[bad].double().tolist()}))
    cause = f"{int(bad.sum())} of {values.numel()} values are {seen}, which {kind} cannot be."
    return Finding(cause, seen, "give finite numbers")


def _labels(output: Output, kind: Kind) -> Finding | None:
    """Judge whole numbers below the number of classes; -1 leaves a position out, except where a token id stands.

    Where lengths say which positions are real, those have a class.
    """
    real = output.real()
    found = _within(output, kind, output.value, 0 if type(kind).is_a(TokenIds) else -1)
    return found or (None if bool(real.all()) else _within(output, kind, output.value[real], 0))


def _within(output: Output, kind: Kind, values: Tensor, least: int) -> Finding | None:
    limit = output.limit
    if not values.numel() or bool(((values >= least) & (values < (limit or torch.inf))).all()):
        return None
    highest = "up" if limit is None else str(limit - 1)
    padding = ", or -1 where a position is left out" if least == -1 else ""
    cause = f"The values are {_span(values)}; {kind} are whole numbers from 0 to {highest}{padding}."
    return Finding(cause, _span(values), "give numbers of classes")


def _lengths(output: Output, kind: Kind) -> Finding | None:
    values, limit = output.value, output.limit
    if bool(((values >= 0) & (values <= (torch.inf if limit is None else limit))).all()):
        return None
    most = "0 or more" if limit is None else f"0 to {output.limit_text}, the size of the axis that they measure"
    return Finding(f"The lengths are {_span(values)}; they must be {most}.", _span(values), "give lengths that fit")


def _index(output: Output, kind: Kind) -> Finding | None:
    if bool((output.value >= 0).all()):
        return None
    return Finding(f"The numbers are {_span(output.value)}; they are 0 or more.", _span(output.value), "count from 0")


Rule = Callable[[Output, Kind], "Finding | None"]

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
