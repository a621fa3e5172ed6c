"""`Watch`: a score that a callback watches, and whether a value of it is better."""

from __future__ import annotations

from collections.abc import Mapping

from nm_core.callbacks.goals import Mode, resolve_mode
from nm_core.callbacks.intervals import find_score, is_better, report_missing_score
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError


class Watch:
    """The score that a callback watches.

    Args:
        owner: the callback, for messages.
        metric: `"dev.wer"`: the evaluation's name and the score's.
        mode: which of its values is the best, where the metric does not say it.

    Attributes:
        best: the best value so far.
    """

    def __init__(self, owner: str, metric: str, mode: Mode | None) -> None:
        self.owner = owner
        self.metric = metric
        self.best: float | None = None
        self.seen = False
        self._explicit = mode
        self._mode = mode
        self._evaluations: set[str] = set()
        self._former: str | None = None

    @property
    def mode(self) -> Mode:
        """Which value is the best; "min" as long as nobody has said it."""
        return self._mode or "min"

    def start(self, run: Run) -> None:
        """Find the direction in the metric before the first step.

        Raises:
            ParameterError: nothing in the run evaluates the score, or never in time; nobody says which values are
                better, or the metric says the contrary.
        """
        if self._former is not None:
            run.report.append(
                f"{self.owner} watches {self.metric} from here on; the checkpoint was watching {self._former}, whose"
                " best value is forgotten."
            )
            self._former = None
        if run.planned is None:
            return
        self._resolve({name: plan.goals for name, plan in run.planned.items()})
        ends = {"max_steps": run.max_steps, "max_epochs": run.max_epochs, "steps_per_epoch": run.steps_per_epoch}
        plans = [plan for name, plan in run.planned.items() if self.metric.startswith(f"{name}.")]
        if all(plan.never_due(**ends) for plan in plans):
            raise ParameterError(never_due_message(self.owner, self.metric))

    def find(self, run: Run, name: str, scores: Mapping[str, float]) -> float | None:
        """Return the score among those of an evaluation, or None where it is of another one.

        Raises:
            ParameterError: the evaluation has no such score, or nobody says which values are better.
        """
        self._evaluations.add(name)
        value = find_score(self.owner, self.metric, name, scores)
        if value is not None and self._mode is None and name in run.goals:
            self._resolve(run.goals)
        self.seen = self.seen or value is not None
        return value

    def improves(self, value: float, min_delta: float = 0.0) -> bool:
        """Tell whether a value is better than any before, and remember it if so."""
        if not is_better(value, self.best, self.mode, min_delta):
            return False
        self.best = value
        return True

    def report_missing(self, run: Run, effect: str) -> None:
        """Report that no evaluation gave the score, or none a finite one."""
        report_missing_score(run, self.owner, self.metric, self._evaluations, effect, seen=self.seen)

    def load(self, state: Mapping[str, object]) -> bool:
        """Take back the best value, unless it is one of another score; return whether it is of this one."""
        metric = state.get("metric", self.metric)
        if metric != self.metric:
            self._former = str(metric)
            return False
        best = state["best"]
        self.best = best if isinstance(best, int | float) else None
        return True

    def _resolve(self, goals: Mapping[str, Mapping[str, Mode]]) -> None:
        self._mode = resolve_mode(self.owner, self.metric, self._explicit, goals)


def never_due_message(owner: str, metric: str) -> str:
    """Return the message on a score whose evaluation comes after the end of the training."""
    return (
        f'{owner}: "{metric}" is never due: the training ends before the evaluation\'s interval has passed.\n'
        "  Evaluate more often (every_epochs, every_steps), or train longer."
    )
