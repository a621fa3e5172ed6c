"""Checks that a sample's result is its own: whatever pads it, whatever stands beside it in the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nm_core.probing.nested_lists import overlay, stack, take
from nm_core.probing.probe_inputs import ProbeCall
from nm_core.probing.size_choice import SizeNeeds
from nm_core.probing.slots import BATCH, Slot
from nm_core.probing.valid_lengths import (
    Extent,
    LengthsBySize,
    batch_axis,
    is_lengths,
    is_mask,
    measures,
    read_lengths,
    samples,
)
from nm_core.symbols.ports import PortSpec
from nm_core.testing.collections.laws import same
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import check


def _can_be_padded(case: Case) -> bool:
    return case.computes() and any(measures(port.type) for port in case.ports.inputs.values())


def _is_a_batch(case: Case) -> bool:
    return case.computes() and _has_batch_axis(case.ports.inputs) and _has_batch_axis(case.ports.outputs)


def _has_batch_axis(ports: PortSpec) -> bool:
    return any(batch_axis(Slot(port.name, port.name, port.type)) is not None for port in ports.values())


@check(since=1, applies=_can_be_padded)
def padding(case: Case) -> None:
    """A result does not depend on what pads a sample, nor on how much of it there is."""
    module = case.make()
    do = "Mask what lies behind the lengths before it meets real positions: in convolutions, means, attention."
    for call in case.calls:
        plain = _plain(case, call)
        lengths = read_lengths(call.use.inputs, plain)
        if not lengths:
            continue  # without its optional inputs it is not told what is real
        first = case.evaluate(module, call)
        second = _evaluate_repadded(case, module, call, plain, lengths)
        extent = Extent(call.sizes, lengths, read_lengths(call.use.outputs, first))
        for slot in call.use.outputs:
            value, repadded = first[slot.port], second[slot.port]
            for sample in samples(slot, value):
                parts = [{slot.port: extent.part(slot, rows, sample, like=value)} for rows in (value, repadded)]
                same(
                    parts[0],
                    parts[1],
                    f"With other padding{_name_sample(sample)}, {case.id} gives another result",
                    do,
                )


@check(since=1, applies=_is_a_batch)
def batch(case: Case) -> None:
    """A sample alone gives the result that it gives among others."""
    module = case.make()
    do = "Compute each sample by itself in evaluation mode: no statistics, sums or choices over the batch."
    for call in case.calls:
        plain = _plain(case, call)
        counts = {len(samples(slot, plain[slot.name])) for slot in call.use.inputs if batch_axis(slot) is not None}
        if counts != {call.sizes.get(BATCH)}:
            continue  # its values hold other numbers of samples than the batch
        together = case.evaluate(module, call)
        extent = Extent(call.sizes, read_lengths(call.use.inputs, plain), read_lengths(call.use.outputs, together))
        for sample in range(call.sizes[BATCH]):
            values = {slot.name: _take_sample(case, slot, plain, call.values, sample) for slot in call.use.inputs}
            alone = case.evaluate(module, replace(call, sizes={**call.sizes, BATCH: 1}), values)
            for slot in call.use.outputs:
                value = together[slot.port]
                if batch_axis(slot) is not None:
                    expected = {slot.port: extent.part(slot, value, sample)}
                    part = {slot.port: extent.part(slot, alone[slot.port], sample, like=value, at=0)}
                    same(expected, part, f"Alone{_name_sample(sample)}, {case.id} gives another result", do)


def _name_sample(sample: int | None) -> str:
    return "" if sample is None else f" (sample {sample})"


def _plain(case: Case, call: ProbeCall) -> dict[str, Any]:
    return {name: case.probe.plain(value) for name, value in call.values.items()}


def _evaluate_repadded(
    case: Case, module: Any, call: ProbeCall, plain: Mapping[str, Any], lengths: LengthsBySize
) -> dict[str, Any]:
    """Return the results of a module with other values behind the real ones, on longer axes if it takes them."""
    extent = Extent(call.sizes, lengths, {})
    for sizes in (_lengthen(call, lengths), call.sizes):
        background = case.probe.invent(module, call.use.inputs, sizes, 7)
        padded = {
            slot.name: _pad(case, slot, plain[slot.name], background[slot.name], extent)
            if slot.type.form == "tensor"
            else call.values[slot.name]
            for slot in call.use.inputs
        }
        try:
            return case.evaluate(module, replace(call, sizes=sizes), padded)
        except Exception:
            if sizes == call.sizes:
                raise
    raise AssertionError("the last sizes either run or raise")


def _lengthen(call: ProbeCall, lengths: LengthsBySize) -> dict[str, int]:
    """Return sizes in which every measured axis is longer, by more than the number that divides it."""
    divisors = SizeNeeds.from_slots(call.use.inputs, call.use.outputs).divisors
    names = {str(name) for size in lengths for name in size.symbols()}
    return {name: size + (2 * divisors.get(name, 1) + 3 if name in names else 0) for name, size in call.sizes.items()}


def _pad(case: Case, slot: Slot, rows: Any, background: Any, extent: Extent) -> Any:
    """Return a tensor with its real part as it was, and other values around it."""
    if is_lengths(slot.type):
        return case.probe.like(rows, background)
    around = case.probe.plain(background)
    if is_mask(slot.type):
        around = _fill_false(around)
    axis = batch_axis(slot)
    if axis is None:
        return case.probe.like(overlay(rows, around, extent.limits(slot, rows, None)), background)
    parts = [
        overlay(take(rows, axis, sample), take(around, axis, sample), extent.limits(slot, rows, sample))
        for sample in range(len(samples(slot, rows)))
    ]
    return case.probe.like(stack(parts, axis), background)


def _fill_false(rows: Any) -> Any:
    return [_fill_false(row) for row in rows] if isinstance(rows, list) else False


def _take_sample(case: Case, slot: Slot, plain: Mapping[str, Any], values: Mapping[str, Any], sample: int) -> Any:
    """Return a value with one of its samples."""
    axis = batch_axis(slot)
    if slot.type.is_list:
        return [values[slot.name][sample]]
    if axis is None:
        return values[slot.name]
    return case.probe.like(stack([take(plain[slot.name], axis, sample)], axis), values[slot.name])


INDEPENDENCE = (padding, batch)
"""The checks that samples do not touch each other."""
