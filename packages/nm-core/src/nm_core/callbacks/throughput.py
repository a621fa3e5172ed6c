"""How fast a run goes, and how long it will take."""

from __future__ import annotations

from nm_core.callbacks.run import Run

_WEIGHT_OF_NEWEST = 0.3


class Pace:
    """Updates and samples per second, smoothed over the points at which it was told about them.

    Args:
        seconds: the clock at the beginning.
        run: where it begins.
    """

    def __init__(self, seconds: float, run: Run) -> None:
        self.begun = self._seconds = seconds
        self._step, self._samples = run.step, run.samples
        self.steps_per_second = 0.0
        self.samples_per_second = 0.0

    def update(self, seconds: float, run: Run) -> None:
        """Take in where the run is now."""
        passed, steps, samples = seconds - self._seconds, run.step - self._step, run.samples - self._samples
        # Two log points may come within the clock's resolution, or without an update between them.
        if passed <= 0 or steps <= 0:
            return
        # The first measurement counts alone, or the speed would begin at 0 and creep up.
        share = _WEIGHT_OF_NEWEST if self.steps_per_second else 1.0
        self.steps_per_second += share * (steps / passed - self.steps_per_second)
        self.samples_per_second += share * (samples / passed - self.samples_per_second)
        self._seconds, self._step, self._samples = seconds, run.step, run.samples

    def remaining(self, run: Run) -> float | None:
        """Return the seconds to the end, or None where the end or the speed is not known yet."""
        end = last_step(run)
        if end is None or not self.steps_per_second:
            return None
        return max(end - run.step, 0) / self.steps_per_second


def last_step(run: Run) -> int | None:
    """Return the number of updates after which the run ends, or None where it is not known."""
    ends = [] if run.max_steps is None else [run.max_steps]
    if run.max_epochs is not None and run.steps_per_epoch:
        ends.append(run.max_epochs * run.steps_per_epoch)
    return min(ends, default=None)


def duration(seconds: float) -> str:
    """Return seconds as `8 s`, `2:05` (minutes) or `1:02:05` (hours)."""
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    minutes, rest = divmod(total, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
