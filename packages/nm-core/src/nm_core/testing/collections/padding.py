"""Checks that a sample's result is its own: whatever pads it, whatever stands beside it in the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from nm_core.probing.nested_lists import laid, stacked, taken
from nm_core.probing.probe_inputs import Given
from nm_core.probing.size_choice import Asked
from nm_core.probing.slots import BATCH, Slot
from nm_core.probing.valid_lengths import (
    Extent,
    Measured,
    batch_axis,
    is_lengths,
    is_mask,
    measured,
    measures,
    samples,
)
from nm_core.symbols.ports import PortSpec
from nm_core.testing.collections.case import Case
from nm_core.testing.collections.laws import same
from nm_core.testing.collections.verdicts import check


def _can_be_padded(case: Case) -> bool:
    return case.computes() and any(measures(port.type) for port in case.ports.inputs.values())


def _is_a_batch(case: Case) -> bool:
    return case.computes() and _batched(case.ports.inputs) and _batched(case.ports.outputs)


def _batched(ports: PortSpec) -> bool:
    return any(batch_axis(Slot(port.name, port.name, port.type)) is not None for port in ports.values())


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
            one, other = first[slot.port], second[slot.port]
            for sample in samples(slot, one):
                parts = [{slot.port: extent.part(slot, rows, sample, like=one)} for rows in (one, other)]
                same(parts[0], parts[1], f"With other padding{_of(sample)}, {case.id} gives another result", do)


@check(since=1, applies=_is_a_batch)
def batch(case: Case) -> None:
    """A sample alone gives what it gives among others."""
    module = case.make()
    for given in case.given:
        plain = _plain(case, given)
        counts = {len(samples(slot, plain[slot.name])) for slot in given.use.inputs if batch_axis(slot) is not None}
        if counts != {given.sizes.get(BATCH)}:
            continue  # its values hold other numbers of samples than the batch
        together = case.evaluated(module, given)
        extent = Extent(given.sizes, measured(given.use.inputs, plain), measured(given.use.outputs, together))
        do = "Compute each sample by itself in evaluation mode: no statistics, sums or choices over the batch."
        for sample in range(given.sizes[BATCH]):
            values = {slot.name: _alone(case, slot, plain, given.values, sample) for slot in given.use.inputs}
            alone = case.evaluated(module, replace(given, sizes={**given.sizes, BATCH: 1}), values)
            for slot in given.use.outputs:
                one, other = together[slot.port], alone[slot.port]
                if batch_axis(slot) is not None:
                    parts = (
                        {slot.port: extent.part(slot, one, sample)},
                        {slot.port: extent.part(slot, other, sample, like=one, at=0)},
                    )
                    same(*parts, f"Alone{_of(sample)}, {case.id} gives another result", do)


def _of(sample: int | None) -> str:
    return "" if sample is None else f" (sample {sample})"


def _plain(case: Case, given: Given) -> dict[str, Any]:
    return {name: case.probe.plain(value) for name, value in given.values.items()}


def _repadded(case: Case, module: Any, given: Given, plain: Mapping[str, Any], real: Measured) -> dict[str, Any]:
    """Return what a module gives with other values behind what is real, on longer axes if it takes them."""
    extent = Extent(given.sizes, real, {})
    for sizes in (_longer(given, real), given.sizes):
        ground = case.probe.invent(module, given.use.inputs, sizes, 7)
        padded = {
            slot.name: _padded(case, slot, plain[slot.name], ground[slot.name], extent)
            if slot.type.form == "tensor"
            else given.values[slot.name]
            for slot in given.use.inputs
        }
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


def _padded(case: Case, slot: Slot, rows: Any, ground: Any, extent: Extent) -> Any:
    """Return a tensor with its real part as it was, and other values around it."""
    if is_lengths(slot.type):
        return case.probe.like(rows, ground)
    around = case.probe.plain(ground)
    if is_mask(slot.type):
        around = _falsified(around)
    axis = batch_axis(slot)
    if axis is None:
        return case.probe.like(laid(rows, around, extent.limits(slot, rows, None)), ground)
    parts = [
        laid(taken(rows, axis, sample), taken(around, axis, sample), extent.limits(slot, rows, sample))
        for sample in range(len(samples(slot, rows)))
    ]
    return case.probe.like(stacked(parts, axis), ground)


def _falsified(rows: Any) -> Any:
    return [_falsified(row) for row in rows] if isinstance(rows, list) else False


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
