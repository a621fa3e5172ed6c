"""Checks of data layers: every sample once, in an order that follows from the seed, values in port order."""

from __future__ import annotations

from itertools import chain

from nm_core.testing.collections.laws import same
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import hold


def _is_source(case: Case) -> bool:
    return case.has_ports() and case.cls.segment == "source"


@check(since=1, applies=_is_source)
def epoch(case: Case) -> None:
    """Each epoch gives every sample once, and every one can be read."""
    layer = case.make()
    for number in (0, 1):
        batches = case.probe.plan(layer, 0, number)
        indices = sorted(chain.from_iterable(batches))
        message = f"Epoch {number} of {case.id} has the samples {indices}, not each of {len(layer)} once."
        do = "Let the plan of an epoch be an order of all numbers; an example leaves no last batch out."
        hold(indices == list(range(len(layer))), message, do)
        for batch in batches:
            values = case.probe.read(layer, batch, 0, number)
            message = f"{case.id} gives {len(values)} values for its ports {', '.join(layer.outputs)}."
            hold(len(values) == len(layer.outputs), message, "Return one value per port from collate, in their order.")


@check(since=1, applies=_is_source)
def order(case: Case) -> None:
    """The same seed gives the same micro-batches, with the same values."""
    layers = case.make(), case.make()
    plans = [[tuple(batch) for batch in case.probe.plan(layer, 8, 1)] for layer in layers]
    do = "Let everything random follow from the seed, the epoch and the number of the sample."
    hold(plans[0] == plans[1], f"With one seed, {case.id} plans {plans[0]} and then {plans[1]}.", do)
    for indices in plans[0]:
        first, second = (
            dict(zip(layer.outputs, map(case.probe.plain, case.probe.read(layer, indices, 8, 1)), strict=False))
            for layer in layers
        )
        same(first, second, f"With one seed, {case.id} reads the samples {indices} in two ways", do, tolerance=0.0)


DATA = (epoch, order)
"""The checks of data layers."""
