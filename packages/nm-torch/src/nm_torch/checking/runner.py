"""The runner: a module on random inputs, in one use after the other, on the smallest sizes that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from nm_core import NeuralModule
from nm_core.probing.port_uses import Use
from nm_core.probing.probe_inputs import candidates, integer_params
from nm_core.probing.size_choice import SizeNeeds, around_multiples
from nm_torch.checking.findings import CheckedRun
from nm_torch.checking.module_copy import home_of, networks_of
from nm_torch.checking.random_inputs import random_inputs
from nm_torch.checking.record import CheckRecord, first_line, sizes_text
from nm_torch.checking.run_module import copy_values, run_module, set_mode
from nm_torch.checking.user_inputs import by_slot, check_user_inputs, describe, solve_sizes
from nm_torch.errors import ModuleCheckError


class Runner:
    """Runs a module in one use after the other.

    Args:
        record: takes runs and problems.
        twin: the module that runs: a copy of the one that is checked.
        inputs: values of the caller, by port.
        sizes: sizes of the caller, by name.
        seed: of the random inputs.
    """

    def __init__(
        self, record: CheckRecord, twin: NeuralModule, inputs: Mapping[str, Any], sizes: Mapping[str, int], seed: int
    ) -> None:
        self.record = record
        self.module = record.module
        self.twin = twin
        self.inputs = inputs
        self.sizes = sizes
        self.seeds = count(seed)
        self.dtype, self.device = home_of(twin)
        self.modes = (False, True) if networks_of(twin) else (None,)

    def run(self, use: Use, *, thorough: bool) -> None:
        """Run one use in every mode, on sizes that the module can take; thoroughly also around multiples."""
        names = SizeNeeds.from_slots(use.inputs, use.outputs)
        fixed = solve_sizes(use, by_slot(use, self.inputs), self.sizes)
        sizes = self._smallest(use, fixed)
        if sizes is None:
            return
        # Evaluation first, which found the sizes: training may change running statistics.
        for training in self.modes[1:]:
            self._run(use, sizes, training=training)
        for near in around_multiples(names, sizes, fixed) if thorough else ():
            self._run(use, near, training=self.modes[0])

    def _smallest(self, use: Use, fixed: Mapping[str, int]) -> dict[str, int] | None:
        """Run in evaluation on the first sizes that the module takes, and return them."""
        failures: list[tuple[CheckedRun, Exception]] = []
        for sizes in candidates(use, fixed, integer_params(self.module)):
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
        self.record.add_failure(
            run, error, f"It failed on all sizes that were tried: {sizes_tried}." if len(failures) > 1 else ""
        )
        return None

    def _note_small(self, failures: list[tuple[CheckedRun, Exception]]) -> None:
        if failures:
            run, error = failures[-1]
            message = f"{type(error).__name__}: {first_line(error)}"
            self.record.unseen.append(f"small sizes: with {sizes_text(run.sizes)} it raised {message}")

    def _run(self, use: Use, sizes: Mapping[str, int], *, training: bool | None) -> None:
        run, error = self._attempt(use, sizes, training=training)
        if error is not None:
            self.record.add_failure(run, error)

    def _attempt(
        self, use: Use, sizes: Mapping[str, int], *, training: bool | None
    ) -> tuple[CheckedRun, Exception | None]:
        values = self._values(use, sizes)
        run = CheckedRun(
            self.module, use, sizes, values, _conditions(use, values, sizes, training), self.record.location
        )
        try:
            set_mode(self.twin, bool(training))
            result = run_module(self.twin, use, copy_values(values), sizes)
        except Exception as error:  # noqa: BLE001 - whatever the author's code raises; it is the cause of the report
            return run, error
        run.check(result)
        self.record.add(run, training=training)
        return run, None

    def _values(self, use: Use, sizes: Mapping[str, int]) -> dict[str, Any]:
        values = by_slot(use, self.inputs)
        check_user_inputs(self.module, use, values, sizes)
        return random_inputs(use.inputs, sizes, next(self.seeds), self.dtype, self.device, values)


def _conditions(use: Use, values: Mapping[str, Any], sizes: Mapping[str, int], training: bool | None) -> str:
    inputs = ", ".join(f"{name} {describe(value)}" for name, value in values.items()) or "nothing"
    left_open = f" ({', '.join(sorted(use.open))} open)" if use.open else ""
    mode = {None: "", False: ", in evaluation", True: ", in training"}[training]
    return f"with {inputs}{left_open}, where {sizes_text(sizes) or 'no size is open'}{mode}"
