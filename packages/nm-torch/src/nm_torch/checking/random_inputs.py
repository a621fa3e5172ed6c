"""Random inputs: values of the kinds of input ports, in chosen sizes.

Legend: B samples, T positions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from nm_core.probing.size_choice import complete
from nm_core.probing.slots import BATCH, Slot
from nm_torch.errors import ModuleCheckError
from nm_types import (
    Attention,
    AudioSignal,
    BatchTag,
    ClassTag,
    Index,
    Kind,
    Labels,
    Lengths,
    LogProbs,
    Loss,
    Mask,
    Probs,
    Size,
    Text,
)
from nm_types.notation import TagVariable

WORDS = ("one", "seven", "thirty two", "north", "hello world")
LIST_LENGTH = 3


@dataclass(slots=True)
class RandomInputs:
    """Makes the values of one run; all lengths and masks of an axis agree.

    Attributes:
        sizes: the size of each name.
        random: the stream of all values.
        dtype: the type of real numbers.
        device: where tensors are made.
        lengths: the vectors of lengths so far, by the size of the axis that they measure.
    """

    sizes: Mapping[str, int]
    random: torch.Generator
    dtype: torch.dtype
    device: torch.device
    lengths: dict[Size, Tensor] = field(default_factory=dict)

    def value(self, slot: Slot) -> Any:
        """Return a value for a slot.

        Raises:
            ModuleCheckError: nobody but the caller can know such a value.
        """
        if slot.type.is_list:
            return self._items(slot, Slot(slot.port, slot.name, slot.type.item or slot.type))
        if slot.type.is_object:
            return self._word(slot)
        return self._tensor(slot).to(self.device)

    def _items(self, slot: Slot, item: Slot) -> list[Any]:
        count = self.sizes.get(BATCH, LIST_LENGTH)
        return [self.value(item) for _ in range(count)]

    def _word(self, slot: Slot) -> str:
        kind = slot.type.kind
        if kind is None or type(kind).chain != Text.chain:
            raise _unknown(slot, "objects of its own")
        return WORDS[int(torch.randint(len(WORDS), (), generator=self.random))]

    def _tensor(self, slot: Slot) -> Tensor:
        shape = self.shape(slot)
        kind = slot.core.kind
        for base, make in _MAKERS:
            if kind is not None and type(kind).is_a(base):
                return make(self, slot, shape)
        if kind is not None and kind.dtype == "int":
            raise _unknown(slot, "whole numbers whose meaning nm-types does not know")
        return self.uniform(shape) > 0.5 if kind is not None and kind.dtype == "bool" else self.normal(shape)

    def shape(self, slot: Slot) -> tuple[int, ...]:
        """Return the shape of a slot's type in the chosen sizes."""
        sizes = complete(self.sizes)
        return tuple(size.evaluate(sizes) for size in slot.sizes())

    def limit(self, slot: Slot) -> int:
        """Return the size of a slot's kind of values."""
        size = slot.kind_size()
        return 1 if size is None else size.evaluate(complete(self.sizes))

    def normal(self, shape: Sequence[int]) -> Tensor:
        """Return real numbers around zero."""
        # Drawn in float64, so that a module in half precision has the same inputs but for rounding.
        return torch.randn(tuple(shape), generator=self.random, dtype=torch.float64).to(self.dtype)

    def uniform(self, shape: Sequence[int]) -> Tensor:
        """Return real numbers from 0 to 1."""
        return torch.rand(tuple(shape), generator=self.random, dtype=torch.float64)

    def whole(self, low: int, high: int, shape: Sequence[int]) -> Tensor:
        """Return whole numbers from `low` to `high`, both included."""
        return torch.randint(low, high + 1, tuple(shape), generator=self.random)

    def lengths_of(self, size: Size, longest: int, count: int) -> Tensor:
        """Return lengths of an axis: one sample fills it, the others fill half of it or more."""
        lengths_B = self.lengths.get(size)
        if lengths_B is None or len(lengths_B) != count:
            lengths_B = self.whole((longest + 1) // 2, longest, (count,))
            lengths_B[int(self.whole(0, count - 1, ()))] = longest  # padded to the longest, as batches are
            self.lengths.setdefault(size, lengths_B)
        return lengths_B


def random_inputs(
    slots: Sequence[Slot],
    sizes: Mapping[str, int],
    seed: int,
    dtype: torch.dtype,
    device: torch.device,
    values: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return a value for each slot by its name: the user's, or a random one that agrees with the user's lengths."""
    maker = RandomInputs(sizes, torch.Generator().manual_seed(seed), dtype, device)
    for slot in slots:
        size, kind, value = slot.kind_size(), slot.core.kind, values.get(slot.name)
        if size is not None and kind is not None and type(kind).is_a(Lengths) and isinstance(value, Tensor):
            maker.lengths[size] = value.cpu()
    return {slot.name: values[slot.name] if slot.name in values else maker.value(slot) for slot in slots}


Maker = Callable[[RandomInputs, Slot, tuple[int, ...]], Tensor]


def sum_axis(slot: Slot) -> int:
    """Return the axis over which probabilities sum to one: the classes; the last of attention, and where none is."""
    if slot.core.kind is not None and type(slot.core.kind).is_a(Attention):
        return len(slot.axes()) - 1
    tags = [None if isinstance(axis.tag, TagVariable) else axis.tag for axis in slot.axes()]
    classes = [dim for dim, tag in enumerate(tags) if tag is not None and tag.is_a(ClassTag)]
    return classes[0] if len(classes) == 1 else len(tags) - 1


def _log_probs(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    return make.normal(shape).log_softmax(sum_axis(slot)) if shape else -make.uniform(shape).to(make.dtype)


def _probs(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    return make.normal(shape).softmax(sum_axis(slot)) if shape else make.uniform(shape).to(make.dtype)


def _audio(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    return (0.3 * make.normal(shape)).clamp(-1.0, 1.0)


def _loss(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    return make.uniform(shape).to(make.dtype)


def _labels(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    return make.whole(0, make.limit(slot) - 1, shape)


def _lengths(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    size = slot.kind_size()
    longest = make.limit(slot)
    if size is None or len(shape) != 1:
        return make.whole((longest + 1) // 2, longest, shape)
    return make.lengths_of(size, longest, shape[0]).clone()


def _index(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    if not shape:
        return torch.tensor(0)
    return torch.arange(shape[0]).reshape((-1,) + (1,) * (len(shape) - 1)).expand(shape).clone()


def _mask(make: RandomInputs, slot: Slot, shape: tuple[int, ...]) -> Tensor:
    """Return true at the positions before a length, so that no row of the last axis is all padding."""
    if not shape:
        return torch.tensor(True)
    first = slot.axes()[0].tag
    if len(shape) == 2 and not isinstance(first, TagVariable) and first.is_a(BatchTag):
        lengths = make.lengths_of(slot.sizes()[-1], shape[-1], shape[0])
    else:
        lengths = make.whole((shape[-1] + 1) // 2, shape[-1], shape[:-1])
    return torch.arange(shape[-1]) < lengths.unsqueeze(-1)


def _unknown(slot: Slot, what: str) -> ModuleCheckError:
    kind: Kind | None = slot.core.kind
    return ModuleCheckError(
        f'The input "{slot.port}" is of the kind {kind}: {what}. Such values cannot be invented.\n'
        f'  Give one: check_module(module, inputs={{"{slot.port}": ...}}).'
    )


_MAKERS: tuple[tuple[type[Kind], Maker], ...] = (
    (LogProbs, _log_probs),
    (Probs, _probs),
    (AudioSignal, _audio),
    (Loss, _loss),
    (Labels, _labels),
    (Lengths, _lengths),
    (Index, _index),
    (Mask, _mask),
)
