"""Callbacks bound once: only the methods that a callback overrides are ever called."""

from collections.abc import Callable, Sequence
from typing import Any

from nm_core import Callback, Run

Hook = Callable[..., None]


class Hooks:
    """The methods of some callbacks, by what they wait for, in the order of the list.

    Attributes:
        steps: pairs of an interval and `on_step`.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self.start = _bound(callbacks, "on_start")
        self.epoch_start = _bound(callbacks, "on_epoch_start")
        self.epoch_end = _bound(callbacks, "on_epoch_end")
        self.log = _bound(callbacks, "on_log")
        self.evaluation = _bound(callbacks, "on_evaluation")
        self.checkpoint = _bound(callbacks, "on_checkpoint")
        self.exception = _bound(callbacks, "on_exception")
        self.end = _bound(callbacks, "on_end")
        self.steps = [
            (callback.step_interval, callback.on_step)
            for callback in callbacks
            if callback.step_interval > 0 and _overrides(callback, "on_step")
        ]

    def failed(self, run: Run, error: BaseException) -> None:
        """Tell every callback of an error, whatever one of them makes of it."""
        self._tell_all(self.exception, run, error)

    def ended(self, run: Run, reason: str) -> None:
        """Tell every callback that the action is over; the first error of one is raised after all were told."""
        errors = self._tell_all(self.end, run, reason)
        if errors:
            raise errors[0]

    def _tell_all(self, hooks: Sequence[Hook], *values: Any) -> list[Exception]:
        errors: list[Exception] = []
        for hook in hooks:
            try:
                hook(*values)
            except Exception as error:  # noqa: BLE001  # the others must still be told; the caller raises the first
                errors.append(error)
        return errors


def call_all(hooks: Sequence[Hook], *values: Any) -> None:
    """Call hooks in order."""
    for hook in hooks:
        hook(*values)


def _bound(callbacks: Sequence[Callback], method: str) -> list[Hook]:
    return [getattr(callback, method) for callback in callbacks if _overrides(callback, method)]


def _overrides(callback: Callback, method: str) -> bool:
    return getattr(type(callback), method, None) is not getattr(Callback, method)
