"""`EvaluationCallback`: metrics computed while a training runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nm_core.callbacks.base import Callback
from nm_core.callbacks.goals import PlannedEvaluation, name_goals
from nm_core.callbacks.intervals import check_interval
from nm_core.callbacks.run import Run
from nm_core.errors import ParameterError
from nm_core.modules.metric import Metric
from nm_core.symbols.parameter_values import NonNegativeInt


class EvaluationCallback(Callback):
    """Evaluate metrics over their data layers, every so many updates, epochs, or both.

    Called at the end of epochs, after the updates that `every_steps` names and after the last one; never twice at
    one step. So the weights that a run ends with have scores. The scores reach every callback through
    `on_evaluation`, and so the log, the best checkpoints and early stopping.

    Args:
        metrics: a metric or several, each connected to tensors: `WordErrorRate(hypotheses=..., references=...)`.
        every_steps: updates between evaluations; 0 is never.
        every_epochs: epochs between evaluations; 0 is never. Without both it is every epoch.
        name: what the evaluation is called, the first part of `"dev.wer"`.

    Raises:
        ParameterError: there are no metrics, one is not connected, or an interval is out of its range.

    Example:
        >>> from nm_core import inputs, ports
        >>> class Count(Metric):
        ...     input_ports = ports(labels="B ; Labels")
        >>> EvaluationCallback(Count(labels=inputs(labels="B ; Labels")), every_steps=500, name="dev").step_interval
        500
    """

    def __init__(
        self,
        metrics: Metric | Sequence[Metric],
        *,
        every_steps: NonNegativeInt = 0,
        every_epochs: NonNegativeInt = 0,
        name: str = "eval",
    ) -> None:
        owner = f'EvaluationCallback "{name}"'
        self.metrics: tuple[Metric, ...] = (metrics,) if isinstance(metrics, Metric) else tuple(metrics)
        if not self.metrics:
            raise ParameterError(f"{owner} needs metrics: give at least one.")
        for metric in self.metrics:
            if not isinstance(metric, Metric):
                raise ParameterError(f"{owner} takes metrics, got {type(metric).__qualname__}.")
            if metric.call is None:
                ports = ", ".join(f"{port}=..." for port in metric.inputs)
                example = f"Give it tensors: {type(metric).__name__}({ports})."
                raise ParameterError(f"{owner}: {metric.name} is not connected to anything. {example}")
        self.name = name
        self.step_interval = check_interval(owner, "every_steps", every_steps)
        self.every_epochs = check_interval(owner, "every_epochs", every_epochs) or int(not every_steps)
        self._epochs = 0

    def plan(self) -> PlannedEvaluation:
        """Return the goals of its scores and when it is due."""
        goals = name_goals((metric.name, type(metric).goals) for metric in self.metrics)
        return PlannedEvaluation(goals, self.step_interval, self.every_epochs)

    def on_step(self, run: Run) -> None:
        """Evaluate: `every_steps` updates have passed."""
        self._evaluate(run)

    def on_epoch_end(self, run: Run) -> None:
        """Evaluate if `every_epochs` epochs have passed."""
        self._epochs += 1
        if self.every_epochs and self._epochs % self.every_epochs == 0:
            self._evaluate(run)

    def on_last_step(self, run: Run) -> None:
        """Evaluate the weights with which the run ends, unless that was just done."""
        self._evaluate(run)

    def state(self) -> dict[str, Any]:
        """Return how many epochs have ended."""
        return {"epochs": self._epochs}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""
        self._epochs = state["epochs"]

    def _evaluate(self, run: Run) -> None:
        # The end of an epoch may fall on a step that is due itself: weights that were just scored are not scored again.
        if run.scored_at.get(self.name) != run.step:
            run.evaluate(self.metrics, name=self.name)


def plan_evaluations(callbacks: Iterable[Callback]) -> dict[str, PlannedEvaluation] | None:
    """Return the evaluations that callbacks will make, by name; None where one of another kind has metrics."""
    plans: dict[str, PlannedEvaluation] = {}
    for callback in callbacks:
        if isinstance(callback, EvaluationCallback):
            plans[callback.name] = callback.plan()
        elif getattr(callback, "metrics", ()):
            return None
    return plans
