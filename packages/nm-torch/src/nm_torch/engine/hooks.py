"""Callbacks bound once: only the methods that a callback overrides are ever called."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from nm_core import Callback, Run
from nm_core.errors import OptionError

Hook = Callable[..., None]


class Hooks:
    """The methods of some callbacks, by the event they wait for, in the order of the list.

    Attributes:
        steps: pairs of an interval and `on_step`.
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        _check_intervals(callbacks)
        self.start = _bind(callbacks, "on_start")
        self.epoch_start = _bind(callbacks, "on_epoch_start")
        self.epoch_end = _bind(callbacks, "on_epoch_end")
        self.log = _bind(callbacks, "on_log")
        self.evaluation = _bind(callbacks, "on_evaluation")
        self.checkpoint = _bind(callbacks, "on_checkpoint")
        self.last_step = _bind(callbacks, "on_last_step")
        self.exception = _bind(callbacks, "on_exception")
        self.end = _bind(callbacks, "on_end")
        self.steps = [
            (callback.step_interval, callback.on_step)
            for callback in callbacks
            if callback.step_interval > 0 and _overrides(callback, "on_step")
        ]

    @contextmanager
    def action(self, run: Run) -> Iterator[None]:
        """Call `on_start`, then `on_exception` for an error that leaves the block, and `on_end` in any case."""
        reason = "failed"
        try:
            call_all(self.start, run)
            yield
            reason = "finished"
        except GeneratorExit:
            reason = "stopped: no more records were asked for"
            raise
        except BaseException as error:
            self.call_exception(run, error)
            raise
        finally:
            self.call_end(run, reason)

    def call_exception(self, run: Run, error: BaseException) -> None:
        """Call every `on_exception`, whatever one of them raises."""
        self._call_each(self.exception, run, error)

    def call_end(self, run: Run, reason: str) -> None:
        """Call every `on_end`; the first error of one is raised after all were called."""
        errors = self._call_each(self.end, run, reason)
        if errors:
            raise errors[0]

    def _call_each(self, hooks: Sequence[Hook], *values: Any) -> list[Exception]:
        errors: list[Exception] = []
        for hook in hooks:
            try:
                hook(*values)
            except Exception as error:  # noqa: BLE001  # the others must still be told; the caller raises the first
                errors.append(error)
        return errors


def _check_intervals(callbacks: Sequence[Callback]) -> None:
    """Refuse an `on_step` that nobody would ever call, since its class never says when.

    Raises:
        OptionError: `step_interval` is that of the base class.
    """
    for callback in callbacks:
        says_when = any(
            "step_interval" in vars(owner)
            for owner in (callback, *type(callback).__mro__[:-1])
            if owner is not Callback
        )
        if _overrides(callback, "on_step") and not says_when:
            name = type(callback).__name__
            raise OptionError(
                f"{name} has on_step, and its step_interval is 0, so it would never be called.\n"
                f"  Set it in the class: step_interval = 1 for each update; or set it to 0 there, which says never."
            )


def call_all(hooks: Sequence[Hook], *values: Any) -> None:
    """Call hooks in order."""
    for hook in hooks:
        hook(*values)


def _bind(callbacks: Sequence[Callback], method: str) -> list[Hook]:
    return [getattr(callback, method) for callback in callbacks if _overrides(callback, method)]


def _overrides(callback: Callback, method: str) -> bool:
    # Bound methods are new objects at each access, so the classes are compared.
    return getattr(type(callback), method, None) is not getattr(Callback, method)
