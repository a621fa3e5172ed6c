"""Checks that results do not depend on how samples are cut into batches: those of metrics, and totals of losses."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from itertools import pairwise
from typing import Any

from nm_core.probing.calling import by_port
from nm_core.probing.nested_lists import stack, take
from nm_core.probing.probe_inputs import ProbeCall
from nm_core.probing.slots import Slot
from nm_core.probing.valid_lengths import batch_axis, samples
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import equal

TOLERANCE = 1e-5
CUTS = 4
"""In how many ways, besides one sample at a time, the samples of a metric are cut."""


def _is_metric(case: Case) -> bool:
    return case.has_ports() and case.is_metric


def _is_loss(case: Case) -> bool:
    return case.computes() and all(callable(getattr(case.cls, name, None)) for name in ("total", "weight"))


@check(since=3, applies=_is_metric)
def batches(case: Case) -> None:
    """Its scores do not depend on how the samples are cut into batches."""
    call = case.calls[0]
    invented = [case.probe.invent(case.make(), call.use.inputs, call.sizes, seed) for seed in range(3)]
    values = {slot.name: _join(case, slot, [each[slot.name] for each in invented]) for slot in call.use.inputs}
    count = _count_samples(case, call, values)
    if count is None:
        return  # its samples have no axis of their own, and it is not known how to part them
    expected = _score(case, call, values, [range(count)])
    do = "Keep counts and sums over samples in update, never a mean of a batch; divide in compute alone."
    for cut in _cuts(count):
        sizes = ", ".join(str(len(part)) for part in cut)
        scores = _score(case, call, values, cut)
        equal(scores, expected, f"the scores of {case.id} in batches of {sizes}", do, tolerance=TOLERANCE)


@check(since=3, applies=_is_loss)
def total(case: Case) -> None:
    """The total of a batch that is there twice is twice that of the batch, and so is its weight."""
    module = case.make()
    case.probe.train(module, False)
    for call in case.calls:
        if _count_samples(case, call, call.values) is None:
            continue  # nobody knows which axis holds the samples
        twice = {slot.name: _join(case, slot, [call.values[slot.name]] * 2) for slot in call.use.inputs}
        once, doubled = (_sums(case, module, call, values) for values in (call.values, twice))
        for what, one_batch, two in zip(("total", "weight"), once, doubled, strict=True):
            do = "Sum over the samples in total, count them in weight, and leave the division to the engine."
            equal(two, 2 * one_batch, f"the {what} of a batch that {case.id} is given twice", do, tolerance=TOLERANCE)


def _sums(case: Case, module: Any, call: ProbeCall, values: Mapping[str, Any]) -> tuple[float, float]:
    """Return the total and the weight of a loss."""
    inputs = by_port(module, call.use, values)
    counted = {name: inputs[name] for name in signature(module.weight).parameters if name in inputs}
    with case.probe.seeded(0):
        return float(module.total(**inputs)), float(module.weight(**counted))


def _score(case: Case, call: ProbeCall, values: Mapping[str, Any], cut: Sequence[Sequence[int]]) -> Any:
    """Return the scores of a metric that is updated with one part of the samples after the other."""
    metric = case.make()
    for part in cut:
        own = {slot.name: _select(case, slot, values[slot.name], part) for slot in call.use.inputs}
        metric.update(**by_port(metric, call.use, own))
    return metric.compute()


def _cuts(count: int) -> Iterator[list[range]]:
    """Yield ways to cut a number of samples into batches: one by one, the first alone, and at random."""
    yield [range(at, at + 1) for at in range(count)]
    yield [range(1), range(1, count)]
    stream = random.Random(count)
    for _ in range(CUTS):
        places = [0, *sorted(stream.sample(range(1, count), stream.randint(1, count - 1))), count]
        yield [range(*pair) for pair in pairwise(places)]


def _count_samples(case: Case, call: ProbeCall, values: Mapping[str, Any]) -> int | None:
    """Return how many samples a call has, where all that has samples has as many."""
    slots = [slot for slot in call.use.inputs if batch_axis(slot) is not None]
    counts = {len(samples(slot, case.probe.plain(values[slot.name]))) for slot in slots}
    return counts.pop() if len(counts) == 1 else None


def _join(case: Case, slot: Slot, values: Sequence[Any]) -> Any:
    """Return the samples of several batches as one; what has no samples is that of the first."""
    if slot.type.is_list:
        return [item for value in values for item in value]
    axis = batch_axis(slot)
    if axis is None:
        return values[0]
    plain = [case.probe.plain(value) for value in values]
    parts = [take(rows, axis, sample) for rows in plain for sample in range(len(samples(slot, rows)))]
    return case.probe.like(stack(parts, axis), values[0])


def _select(case: Case, slot: Slot, value: Any, part: Sequence[int]) -> Any:
    """Return some of the samples of a value."""
    if slot.type.is_list:
        return [value[sample] for sample in part]
    axis = batch_axis(slot)
    if axis is None:
        return value
    plain = case.probe.plain(value)
    return case.probe.like(stack([take(plain, axis, sample) for sample in part], axis), value)


BATCHES = (batches, total)
"""The checks of sums over samples."""
