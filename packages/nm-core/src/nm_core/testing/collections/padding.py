"""Checks that a sample's result is its own: whatever pads it, whatever stands beside it in the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nm_core.ports import PortSpec
from nm_core.testing.collections.check import check
from nm_core.testing.collections.laws import TOLERANCE
from nm_core.testing.collections.subjects import Case
from nm_core.testing.holding import hold
from nm_core.testing.probing.choosing import Asked, complete
from nm_core.testing.probing.given import Given
from nm_core.testing.probing.lists import cut, distance, laid, shape, stacked, taken
from nm_core.testing.probing.slots import BATCH, Slot
from nm_types import BatchTag, Lengths, Mask, NeuralType, Size, Tag
from nm_types.notation import TagVariable

Measured = Mapping[Size, Any]
"""How much of an axis is real, by its size: a number for each sample, or one for all."""


@dataclass(frozen=True)
class Extent:
    """Which part of each sample's values is real.

    Attributes:
        sizes: the size of each name.
        given: what lengths and masks among the inputs say.
        found: what lengths among the outputs say.
    """

    sizes: Mapping[str, int]
    given: Measured
    found: Measured

    def limits(self, slot: Slot, rows: Any, sample: int | None) -> list[int]:
        """Return how many entries of each axis are real, of one sample without its batch axis, or of all."""
        axis = batch_axis(slot)
        return [
            min(length, self._real(size, length, sample))
            for place, (size, length) in enumerate(zip(slot.sizes(), shape(rows), strict=False))
            if sample is None or place != axis
        ]

    def _real(self, size: Size, length: int, sample: int | None) -> int:
        told = {**self.found, **self.given}.get(size)
        if told is not None:
            return _at(told, sample, length)
        known = complete(self.sizes)
        real = {
            str(one.symbol): _at(told, sample, known[str(one.symbol)])
            for one, told in self.given.items()
            if one.symbol is not None
        }
        names = {str(name) for name in size.symbols()}
        return max(0, size.evaluate({**known, **real})) if names & real.keys() and names <= known.keys() else length


def _at(told: Any, sample: int | None, otherwise: int) -> int:
    """Return the length of a sample; one number holds for all of them."""
    if isinstance(told, list):
        return otherwise if sample is None else int(told[sample])
    return int(told)


def batch_axis(slot: Slot) -> int | None:
    """Return the place of a value's one batch axis."""
    if slot.type.is_list or slot.type.is_object:
        return 0 if slot.type.is_list else None
    places = [place for place, one in enumerate(slot.axes()) if _is_batch(one.tag)]
    return places[0] if len(places) == 1 else None


def _is_batch(tag: type[Tag] | TagVariable) -> bool:
    return not isinstance(tag, TagVariable) and tag.is_a(BatchTag)


def _measures(promised: NeuralType) -> bool:
    """Tell whether a value says how much of an axis is real: lengths, or a mask of one axis per sample."""
    kind = promised.kind
    if kind is None or promised.form != "tensor":
        return False
    if type(kind).is_a(Lengths):
        return kind.size(0) is not None
    return type(kind).is_a(Mask) and len(promised.axes) == 2


def measured(slots: Sequence[Slot], values: Mapping[str, Any]) -> dict[Size, Any]:
    """Return what lengths and masks among plain values say, by the size of the axis that they measure."""
    found: dict[Size, Any] = {}
    for slot in slots:
        rows = values.get(slot.name)
        if rows is None or not _measures(slot.core) or slot.type.is_list:
            continue
        size = slot.kind_size()
        if size is not None:
            found[size] = rows
        elif batch_axis(slot) == 0:
            found.setdefault(slot.sizes()[1], [sum(row) for row in rows])
    return found


def _can_be_padded(case: Case) -> bool:
    return case.computes() and any(_measures(port.type) for port in case.ports.inputs.values())


def _is_a_batch(case: Case) -> bool:
    return case.computes() and _batched(case.ports.inputs) and _batched(case.ports.outputs)


def _batched(ports: PortSpec) -> bool:
    slots = [Slot(port.name, port.name, port.type) for port in ports.values()]
    return any(not slot.type.is_root and batch_axis(slot) is not None for slot in slots)


@check(since=1, applies=_can_be_padded)
def padding(case: Case) -> None:
    """A result does not depend on what pads a sample, nor on how much of it there is."""
    module = case.make()
    for given in case.given:
        plain = _plain(case, given)
        real = measured(given.use.inputs, plain)
        if not real:
            continue  # without its optional inputs it is not told what is real
        first = case.evaluated(module, given)
        second = _repadded(case, module, given, plain, real)
        extent = Extent(given.sizes, real, measured(given.use.outputs, first))
        do = "Mask what lies behind the lengths before it meets real positions: in convolutions, means, attention."
        for slot in given.use.outputs:
            _compare(case, slot, first[slot.port], second[slot.port], extent, "with more padding", do)


@check(since=1, applies=_is_a_batch)
def batch(case: Case) -> None:
    """A sample alone gives what it gives among others."""
    module = case.make()
    for given in case.given:
        plain = _plain(case, given)
        count = given.sizes.get(BATCH)
        if count is None or any(_count(slot, plain[slot.name]) not in (None, count) for slot in given.use.inputs):
            continue
        together = case.evaluated(module, given)
        extent = Extent(given.sizes, measured(given.use.inputs, plain), measured(given.use.outputs, together))
        do = "Compute each sample by itself in evaluation mode: no statistics, sums or choices over the batch."
        for sample in range(count):
            alone = {slot.name: _alone(case, slot, plain, given.values, sample) for slot in given.use.inputs}
            lonely = case.evaluated(module, replace(given, sizes={**given.sizes, BATCH: 1}), alone)
            for slot in given.use.outputs:
                axis = batch_axis(slot)
                if together[slot.port] is not None and axis is not None:
                    one = taken(together[slot.port], axis, sample)
                    other = taken(lonely[slot.port], axis, 0)
                    limits = [] if slot.type.is_list else extent.limits(slot, together[slot.port], sample)
                    _hold(case, slot, cut(one, limits), cut(other, limits), f"alone, sample {sample}", do)


def _plain(case: Case, given: Given) -> dict[str, Any]:
    return {name: case.probe.plain(value) for name, value in given.values.items()}


def _repadded(case: Case, module: Any, given: Given, plain: Mapping[str, Any], real: Measured) -> dict[str, Any]:
    """Return what a module gives with other values behind what is real, on longer axes if it takes them."""
    extent = Extent(given.sizes, real, {})
    for sizes in (_longer(given, real), given.sizes):
        ground = case.probe.invent(module, given.use.inputs, sizes, 7)
        padded = {slot.name: _padded(case, slot, plain, ground, extent) for slot in given.use.inputs}
        try:
            return case.evaluated(module, replace(given, sizes=sizes), padded)
        except Exception:
            if sizes == given.sizes:
                raise
    raise AssertionError("the last sizes either run or raise")


def _longer(given: Given, real: Measured) -> dict[str, int]:
    """Return sizes in which every measured axis is longer, by more than what it is divided by."""
    divisors = Asked.of(given.use.inputs, given.use.outputs).divisors
    names = {str(name) for size in real for name in size.symbols()}
    return {name: size + (2 * divisors.get(name, 1) + 3 if name in names else 0) for name, size in given.sizes.items()}


def _padded(case: Case, slot: Slot, plain: Mapping[str, Any], ground: Mapping[str, Any], extent: Extent) -> Any:
    """Return a value with its real part as it was, and other values around it."""
    rows, value = plain[slot.name], ground[slot.name]
    if slot.type.form != "tensor" or slot.type.is_root:
        return value if slot.type.form == "tensor" else rows
    if slot.core.kind is not None and type(slot.core.kind).is_a(Lengths):
        return case.probe.like(rows, value)
    around = case.probe.plain(value)
    if slot.core.kind is not None and type(slot.core.kind).is_a(Mask):
        around = _falsified(around)
    axis = batch_axis(slot)
    if axis is None:
        return case.probe.like(laid(rows, around, extent.limits(slot, rows, None)), value)
    samples = [
        laid(taken(rows, axis, sample), taken(around, axis, sample), extent.limits(slot, rows, sample))
        for sample in range(shape(rows)[axis])
    ]
    return case.probe.like(stacked(samples, axis), value)


def _falsified(rows: Any) -> Any:
    return [_falsified(row) for row in rows] if isinstance(rows, list) else False


def _compare(case: Case, slot: Slot, one: Any, other: Any, extent: Extent, when: str, do: str) -> None:
    """Hold the real parts of two outputs together."""
    if one is None or slot.type.form != "tensor":
        _hold(case, slot, one, other, when, do)
        return
    axis = batch_axis(slot)
    if axis is None:
        limits = extent.limits(slot, one, None)
        _hold(case, slot, cut(one, limits), cut(other, limits), when, do)
        return
    for sample in range(shape(one)[axis]):
        limits = extent.limits(slot, one, sample)
        _hold(
            case,
            slot,
            cut(taken(one, axis, sample), limits),
            cut(taken(other, axis, sample), limits),
            f"{when}, sample {sample}",
            do,
        )


def _hold(case: Case, slot: Slot, one: Any, other: Any, when: str, do: str) -> None:
    apart = distance(one, other)
    text = f"by {apart:.2g}" if apart < float("inf") else "in form"
    hold(apart <= TOLERANCE, f"{case.id} gives another {slot.port} {when}: it differs {text}.", do)


def _count(slot: Slot, rows: Any) -> int | None:
    """Return how many samples a value holds."""
    axis = batch_axis(slot)
    if axis is None:
        return None
    return len(rows) if slot.type.is_list else shape(rows)[axis]


def _alone(case: Case, slot: Slot, plain: Mapping[str, Any], values: Mapping[str, Any], sample: int) -> Any:
    """Return a value with one of its samples."""
    axis = batch_axis(slot)
    if slot.type.is_list:
        return [values[slot.name][sample]]
    if axis is None:
        return values[slot.name]
    return case.probe.like(stacked([taken(plain[slot.name], axis, sample)], axis), values[slot.name])


INDEPENDENCE = (padding, batch)
"""The checks that samples do not touch each other."""
