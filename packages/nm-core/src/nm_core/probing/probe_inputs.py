"""Values for one way to use a module, on the smallest sizes that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from nm_core.modules.module import NeuralModule
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.probe import Probe
from nm_core.probing.size_choice import LONG_FROM, SizeNeeds, choose, complete

MOST_ELEMENTS = 2**23
"""Numbers of all inputs together, at most, where small sizes did not do."""


@dataclass(frozen=True, slots=True)
class ProbeCall:
    """Values for one use of a module.

    Attributes:
        use: how its ports are used.
        sizes: the size of each name.
        values: values of the framework, by slot.
    """

    use: Use
    sizes: Mapping[str, int]
    values: Mapping[str, Any]


def candidates(use: Use, fixed: Mapping[str, int], avoid: list[int]) -> Iterator[dict[str, int]]:
    """Yield sizes for a use, from the smallest to the largest that are tried."""
    needs = SizeNeeds.from_slots(use.inputs, use.outputs)
    tried: list[dict[str, int]] = []
    for attempt in range(len(LONG_FROM)):
        sizes = choose(needs, fixed, attempt, avoid)
        if sizes is not None and sizes not in tried and not (tried and _count_elements(use, sizes) > MOST_ELEMENTS):
            tried.append(sizes)
            yield sizes


def integer_params(module: NeuralModule) -> list[int]:
    """Return the whole numbers among a module's parameters, which no size shall be by accident."""
    return [value for value in module.params.values() if isinstance(value, int) and not isinstance(value, bool)]


def make_probe_calls(probe: Probe, module: NeuralModule, *, seed: int = 0) -> list[ProbeCall]:
    """Return values for a module, with all its optional inputs and with none, on which it runs in evaluation mode.

    Raises:
        Exception: the error of the module on the largest sizes that were tried.
    """
    probe.train(module, False)
    first_uses: dict[frozenset[str], Use] = {}
    for use in uses_of(module, {}):
        first_uses.setdefault(use.open, use)
    return [_find_smallest(probe, module, use, seed) for use in first_uses.values()]


def _find_smallest(probe: Probe, module: NeuralModule, use: Use, seed: int) -> ProbeCall:
    failure: Exception = ValueError(f"no sizes make every axis of {module.name} at least 1")
    for sizes in candidates(use, {}, integer_params(module)):
        try:
            if module.outputs:  # a metric has none, and takes what fits
                probe.call(module, use, sizes, probe.invent(module, use.inputs, sizes, seed))
        except Exception as error:  # noqa: BLE001 - whatever the author's code raises; larger sizes are next
            failure = error
        else:
            # invented once more: the module may have written to the values that it was called with
            return ProbeCall(use, sizes, probe.invent(module, use.inputs, sizes, seed))
    raise failure


def _count_elements(use: Use, sizes: Mapping[str, int]) -> int:
    totals = complete(sizes)
    return sum(prod(size.evaluate(totals) for size in slot.sizes()) for slot in use.inputs)
