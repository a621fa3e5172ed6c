"""Losses between log points: they stay on the device and are read to the host all at once."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from nm_torch.data import DataLayer
from nm_torch.engine.objective import Objective
from nm_torch.engine.skipped_updates import list_names
from nm_torch.errors import NonFiniteLossError


class PendingLosses(NamedTuple):
    """The losses of one micro-batch, still on the device."""

    update: int
    slot: int
    samples: int
    copy: bool
    indices: tuple[int, ...]
    totals: Sequence[Tensor]


Fault = tuple[str, PendingLosses]
"""The name of a loss, and the micro-batch in which it is not finite."""


class LossMeter:
    """Sums of totals and of weights since the last log point.

    A total costs nothing until it is read: the scalars wait in a list. Reading also finds the first loss that was not
    finite, with its update and its samples.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.weighed = [term.weigh is not None for term in objective.terms]
        self.pending: list[PendingLosses] = []
        self.totals = [0.0] * len(self.weighed)
        self.weights = [0.0] * len(self.weighed)
        self.fault: Fault | None = None

    def add_weights(self, weights: Sequence[float]) -> None:
        """Add the weights of an update, over all processes: of each term, then the samples."""
        for term, weighed in enumerate(self.weighed):
            self.weights[term] += weights[term] if weighed else weights[-1]

    def read(self) -> None:
        """Read the pending losses to the host in one copy, and add them up."""
        if not self.pending:
            return
        width = len(self.weighed)
        values = _to_host(self.pending)
        for number, losses in enumerate(self.pending):
            if losses.copy:
                continue
            for term, value in enumerate(values[number * width : (number + 1) * width]):
                if not math.isfinite(value) and self.fault is None:
                    self.fault = (self.objective.terms[term].name, losses)
                self.totals[term] += value if self.weighed[term] else value * losses.samples
        self.pending.clear()

    def find_fault(self, pending: Sequence[PendingLosses]) -> Fault | None:
        """Read losses that are part of no update, and return the first that is not finite."""
        width = len(self.weighed)
        for number, value in enumerate(_to_host(pending) if pending else ()):
            losses = pending[number // width]
            if not losses.copy and not math.isfinite(value):
                return self.objective.terms[number % width].name, losses
        return None

    def sample_names(self, indices: Sequence[int]) -> list[str]:
        """Return what the data layer calls some samples: a path where it knows one."""
        layer = self.objective.source.module
        assert isinstance(layer, DataLayer)
        return [layer.sample_name(index) for index in indices]

    def describe(self, fault: Fault) -> str:
        """Return the update and the samples of a fault in a line."""
        _, losses = fault
        return f"update {losses.update + 1}: {list_names(self.sample_names(losses.indices))}"

    def means(self, totals: Sequence[float]) -> list[float]:
        """Return the mean of each term from its totals over all processes, and begin anew."""
        means = [t / w if w else 0.0 for t, w in zip(totals, self.weights, strict=True)]
        self.totals = [0.0] * len(self.weighed)
        self.weights = [0.0] * len(self.weighed)
        return means

    def error(self, fault: Fault | None, *, applied: bool = False) -> NonFiniteLossError:
        """Return the error that names a loss that is not finite; without one, that of a process that waited for it.

        Args:
            applied: whether the weights have followed the update, since the loss was read at a log point.
        """
        if fault is None:
            return NonFiniteLossError(
                "a loss is not finite in another process, which names it.", loss="", step=-1, samples=()
            )
        name, losses = fault
        after = (
            "\n  The weights in memory have followed it: load a checkpoint, or make the modules anew."
            if applied
            else ""
        )
        return NonFiniteLossError(
            f"the loss {name} is not finite in update {losses.update + 1}, micro-batch {losses.slot + 1} of it.\n"
            f"  Samples: {list_names(self.sample_names(losses.indices))}\n"
            "  Look at these samples, lower the learning rate or clip gradients (gradient_clip_norm=1.0).\n"
            '  With non_finite="skip" such updates are left out and counted.' + after,
            loss=name,
            step=losses.update + 1,
            samples=losses.indices,
        )

    def state(self) -> dict[str, Any]:
        """Return plain data that must survive in a checkpoint; nothing may be pending."""
        return {"totals": list(self.totals), "weights": list(self.weights)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore the data of `state`."""
        self.totals, self.weights = list(state["totals"]), list(state["weights"])


def _to_host(pending: Sequence[PendingLosses]) -> list[float]:
    """Read all totals in one copy and one synchronisation, however many scalars wait."""
    flat = [total for losses in pending for total in losses.totals]
    if len({total.dtype for total in flat}) > 1:  # stack takes one type
        flat = [total.double() for total in flat]
    return list(torch.stack(flat).tolist())
