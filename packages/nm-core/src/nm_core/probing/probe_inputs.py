"""One way to use a module together with values for it, on the smallest sizes that it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from nm_core.modules.module import NeuralModule
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.probe import Probe
from nm_core.probing.size_choice import LONG_FROM, Asked, choose, complete

MOST_ELEMENTS = 2**23
"""Numbers of all inputs together, at most, where small sizes did not do."""


@dataclass(frozen=True, slots=True)
class Given:
    """Values for one use of a module.

    Attributes:
        use: how its ports are used.
        sizes: the size of each name.
        values: of the framework, by slot.
    """

    use: Use
    sizes: Mapping[str, int]
    values: Mapping[str, Any]


def candidates(use: Use, fixed: Mapping[str, int], avoid: list[int]) -> Iterator[dict[str, int]]:
    """Yield sizes for a use, from the smallest to the largest that are tried."""
    asked = Asked.of(use.inputs, use.outputs)
    tried: list[dict[str, int]] = []
    for attempt in range(len(LONG_FROM)):
        sizes = choose(asked, fixed, attempt, avoid)
        if sizes is not None and sizes not in tried and not (tried and _elements(use, sizes) > MOST_ELEMENTS):
            tried.append(sizes)
            yield sizes


def avoided(module: NeuralModule) -> list[int]:
    """Return the whole numbers among a module's parameters, which no size shall be by accident."""
    return [value for value in module.params.values() if isinstance(value, int) and not isinstance(value, bool)]


def given_for(probe: Probe, module: NeuralModule, *, seed: int = 0) -> list[Given]:
    """Return values for a module, with all its optional inputs and with none, on which it runs in evaluation mode.

    Raises:
        Exception: what the module raises on the largest sizes that were tried.
    """
    found: list[Given] = []
    probe.train(module, False)
    for use in uses_of(module, {}):
        if all(use.open != known.use.open for known in found):
            found.append(_first(probe, module, use, seed))
    return found


def _first(probe: Probe, module: NeuralModule, use: Use, seed: int) -> Given:
    failure: Exception = ValueError(f"no sizes make every axis of {module.name} at least 1")
    for sizes in candidates(use, {}, avoided(module)):
        try:
            if module.outputs:  # a metric has none, and takes what fits
                probe.call(module, use, sizes, probe.invent(module, use.inputs, sizes, seed))
        except Exception as error:  # noqa: BLE001 - whatever the author's code raises; larger sizes are next
            failure = error
        else:
            return Given(use, sizes, probe.invent(module, use.inputs, sizes, seed))  # it may have written to the others
    raise failure


def _elements(use: Use, sizes: Mapping[str, int]) -> int:
    known = complete(sizes)
    return sum(prod(size.evaluate(known) for size in slot.sizes()) for slot in use.inputs)
