"""`Callback`: the base class of all that watches an action, and is called when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from nm_core.callbacks.run import Run


class Callback:
    """Watches an action. Every method does nothing until a subclass overrides it; only overridden ones are called.

    Callbacks are called in the order of their list. `on_end` always runs, once, with the reason. What a callback asks
    of the run (`request_stop`, `request_checkpoint`) can be raised and never withdrawn.

    Example:
        >>> from nm_core import Run
        >>> class StopAtLoss(Callback):
        ...     def on_log(self, run, values):
        ...         if values["loss"] < 0.1:
        ...             run.request_stop("the loss is small")
        >>> run = Run("train")
        >>> StopAtLoss().on_log(run, {"loss": 0.05})
        >>> run.stop_reason
        'the loss is small'
    """

    watches_metric: ClassVar[bool] = False
    """Whether its parameters `metric` ("dev.wer") and `mode` name a score that it watches; `nmod check` checks them."""

    step_interval: int = 0
    """Call `on_step` after each update whose number is a multiple of this; 0 is never."""

    def on_start(self, run: Run) -> None:
        """The action begins; the state of a checkpoint has been restored."""

    def on_epoch_start(self, run: Run) -> None:
        """An epoch of the driving data layer begins."""

    def on_epoch_end(self, run: Run) -> None:
        """An epoch of the driving data layer is over."""

    def on_step(self, run: Run) -> None:
        """An update was made and `step_interval` says that this callback is due."""

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        """A log point: losses averaged since the last one, learning rate and the like, as plain numbers."""

    def on_evaluation(self, run: Run, name: str, scores: Mapping[str, float]) -> None:
        """An evaluation during training gave scores."""

    def on_checkpoint(self, run: Run, path: Path) -> None:
        """A checkpoint is complete on disk."""

    def on_last_step(self, run: Run) -> None:
        """The last update was made, without an interrupt: the time to score the weights that the run ends with."""

    def on_exception(self, run: Run, error: BaseException) -> None:
        """The action is about to end with an error."""

    def on_end(self, run: Run, reason: str) -> None:
        """The action is over: "finished", "stopped: ...", "interrupted" or "failed"."""

    def state(self) -> dict[str, Any]:
        """Return plain data that must survive in a checkpoint."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""
