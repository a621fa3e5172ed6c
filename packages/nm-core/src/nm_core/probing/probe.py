"""`Probe`: the view of a framework with which the conformance suite runs modules and compares their results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from nm_core.modules.module import NeuralModule
from nm_core.probing.port_uses import Use
from nm_core.probing.slots import Slot
from nm_types import NmError


class ConformanceError(NmError, AssertionError):
    """An implementation breaks the contract that a suite checks; the message says how, and what to do."""


class Probe(Protocol):
    """One framework, as the suite sees it; offered by the hook `nm_probes` under the name of its backend.

    Values cross over as nested lists of numbers, so that each law is written once and for every framework.
    """

    def check(self, module: NeuralModule) -> None:
        """Run a module on invented inputs, of a source the first micro-batch, and hold what comes out to its ports.

        Raises:
            NmError: it does not do what its ports promise.
        """

    def invent(
        self, module: NeuralModule, slots: Sequence[Slot], sizes: Mapping[str, int], seed: int
    ) -> dict[str, Any]:
        """Return a value of the framework for each slot, by its name, with the numbers and on the device of a module.

        Raises:
            NmError: nobody can know such a value.
        """

    def call(
        self, module: NeuralModule, use: Use, sizes: Mapping[str, int], values: Mapping[str, Any]
    ) -> Sequence[Any]:
        """Return the outputs of a module for values by slot, in the order of its output ports, without gradients.

        The module is given these very values and runs in the mode that it is in.
        """

    def train(self, module: NeuralModule, training: bool) -> None:
        """Put a module into training or evaluation mode; one without modes stays as it is."""

    def plain(self, value: Any) -> Any:
        """Return a tensor, or tensors in a list, as nested lists of numbers; other objects as they are."""

    def like(self, rows: Any, value: Any) -> Any:
        """Return nested lists as a tensor with the numbers and on the device of another."""

    def seeded(self, seed: int) -> AbstractContextManager[None]:
        """Seed the random streams that modules draw from, and hand the caller's back afterwards."""

    def plan(self, module: NeuralModule, seed: int, epoch: int) -> Sequence[Sequence[int]]:
        """Return the micro-batches of a data layer's epoch, as numbers of samples."""

    def read(self, module: NeuralModule, indices: Sequence[int], seed: int, epoch: int) -> Sequence[Any]:
        """Return the values of these samples, in the order of the data layer's ports.

        Raises:
            NmError: a sample cannot be read.
        """
