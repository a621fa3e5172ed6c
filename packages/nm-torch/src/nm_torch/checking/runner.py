"""The runner: a module on invented values, in one use after the other, on the smallest sizes that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from math import prod
from typing import Any

import torch
from torch import Tensor

from nm_core import NeuralModule
from nm_torch.checking.calling import result_of
from nm_core.testing.probing.choosing import LONG_FROM, Asked, around_multiples, choose, complete
from nm_torch.checking.findings import Run
from nm_torch.checking.given import by_slot, check_given, decided, described
from nm_torch.checking.inventing import Inventor
from nm_torch.checking.isolation import home_of, networks_of
from nm_torch.checking.record import Record, first_line
from nm_torch.checking.report import sizes_text
from nm_core.testing.probing.uses import Use
from nm_torch.errors import ModuleCheckError
from nm_types import Lengths

MOST_ELEMENTS = 2**23
"""Numbers of all inputs together, at most, where small sizes did not do."""


class Runner:
    """Runs a module in one use after the other.

    Args:
        record: takes what is found.
        twin: the module that runs: a copy of the one that is checked.
        inputs: values of the caller, by port.
        sizes: sizes of the caller, by name.
        seed: of the invented values.
    """

    def __init__(
        self, record: Record, twin: NeuralModule, inputs: Mapping[str, Any], sizes: Mapping[str, int], seed: int
    ) -> None:
        self.record = record
        self.module = record.module
        self.twin = twin
        self.inputs = inputs
        self.sizes = sizes
        self.seeds = count(seed)
        self.dtype, self.device = home_of(twin)
        self.modes = (False, True) if networks_of(twin) else (None,)
        self.avoid = [v for v in self.module.params.values() if isinstance(v, int) and not isinstance(v, bool)]

    def run(self, use: Use, *, thorough: bool) -> None:
        """Run one use in every mode, on sizes that the module can take; thoroughly also around multiples."""
        asked = Asked.of(use.inputs, use.outputs)
        given = by_slot(use, self.inputs)
        fixed = decided(use, given, self.sizes)
        sizes = self._smallest(use, asked, fixed)
        if sizes is None:
            return
        for training in self.modes[1:]:
            self._run(use, sizes, training=training)
        for near in around_multiples(asked, sizes, fixed) if thorough else ():
            self._run(use, near, training=self.modes[0])

    def _smallest(self, use: Use, asked: Asked, fixed: Mapping[str, int]) -> dict[str, int] | None:
        """Run in evaluation on the first sizes that the module takes, and return them."""
        failures: list[tuple[Run, Exception]] = []
        for attempt in range(len(LONG_FROM)):
            sizes = choose(asked, fixed, attempt, self.avoid)
            tried = sizes is None or any(sizes == run.sizes for run, _ in failures)
            if sizes is None or tried or (failures and _elements(use, sizes) > MOST_ELEMENTS):
                continue
            run, error = self._attempt(use, sizes, training=self.modes[0])
            if error is None:
                self._note_small(failures)
                return sizes
            failures.append((run, error))
        if not failures:
            raise ModuleCheckError(
                f"{self.module.name}: no sizes make every axis of its inputs and outputs at least 1.\n"
                f"  Its inputs: {self.module.inputs!r}\n  Give sizes that do: sizes={{...}}."
            )
        run, error = failures[-1]
        sizes_tried = "; ".join(sizes_text(failed.sizes) for failed, _ in failures)
        self.record.failed(
            run, error, f"It failed on all sizes that were tried: {sizes_tried}." if len(failures) > 1 else ""
        )
        return None

    def _note_small(self, failures: list[tuple[Run, Exception]]) -> None:
        if failures:
            run, error = failures[-1]
            what = f"{type(error).__name__}: {first_line(error)}"
            self.record.unseen.append(f"small sizes: with {sizes_text(run.sizes)} it raised {what}")

    def _run(self, use: Use, sizes: Mapping[str, int], *, training: bool | None) -> None:
        run, error = self._attempt(use, sizes, training=training)
        if error is not None:
            self.record.failed(run, error)

    def _attempt(self, use: Use, sizes: Mapping[str, int], *, training: bool | None) -> tuple[Run, Exception | None]:
        values = self._values(use, sizes)
        run = Run(self.module, use, sizes, values, _seen(use, values, sizes, training), self.record.location)
        try:
            result = result_of(self.twin, use, values, sizes, training=training)
        except Exception as error:  # noqa: BLE001 - whatever the author's code raises; it is the cause of the report
            return run, error
        run.take(result)
        self.record.keep(run, training=training)
        return run, None

    def _values(self, use: Use, sizes: Mapping[str, int]) -> dict[str, Any]:
        given = by_slot(use, self.inputs)
        check_given(self.module, use, given, sizes)
        random = torch.Generator().manual_seed(next(self.seeds))
        inventor = Inventor(sizes, random, self.dtype, self.device)
        for slot in use.inputs:
            size, kind, value = slot.kind_size(), slot.core.kind, given.get(slot.name)
            if size is not None and kind is not None and type(kind).is_a(Lengths) and isinstance(value, Tensor):
                inventor.lengths[size] = value.cpu()
        return {slot.name: given[slot.name] if slot.name in given else inventor.value(slot) for slot in use.inputs}


def _elements(use: Use, sizes: Mapping[str, int]) -> int:
    known = complete(sizes)
    return sum(prod(size.evaluate(known) for size in slot.sizes()) for slot in use.inputs)


def _seen(use: Use, values: Mapping[str, Any], sizes: Mapping[str, int], training: bool | None) -> str:
    given = ", ".join(f"{name} {described(value)}" for name, value in values.items()) or "nothing"
    left_open = f" ({', '.join(sorted(use.open))} open)" if use.open else ""
    mode = {None: "", False: ", in evaluation", True: ", in training"}[training]
    return f"with {given}{left_open}, where {sizes_text(sizes) or 'no size is open'}{mode}"
