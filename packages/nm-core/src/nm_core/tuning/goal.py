"""`Goal`: the score that a search makes better, of one of the application's evaluations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nm_core.application.checking.evaluations import EVAL, find_evaluations, goals_of, metrics_of
from nm_core.application.form.entries import ApplicationEntry, MetricEntry
from nm_core.callbacks.goals import Mode
from nm_core.errors import did_you_mean
from nm_core.tuning.errors import TuningError

if TYPE_CHECKING:
    from nm_core.plugins import Collections

_MODES: Mapping[str, Mode] = {"minimize": "min", "maximize": "max"}


@dataclass(frozen=True, slots=True)
class Goal:
    """A score and which of its values are better.

    Attributes:
        evaluation: the name of the evaluation that gives the score.
        metric: the score, `dev.wer`.
        mode: whether smaller ("min") or larger ("max") is better.
        metrics: the metrics of that evaluation.

    Example:
        >>> Goal("dev", "dev.wer", "min", ()).direction
        'minimize'
    """

    evaluation: str
    metric: str
    mode: Mode
    metrics: tuple[MetricEntry, ...]

    @property
    def direction(self) -> str:
        """The mode as a verb: minimize or maximize."""
        return "minimize" if self.mode == "min" else "maximize"


def find_goal(
    entry: ApplicationEntry, collections: Collections, backend: str, metric: str | None, direction: str | None
) -> Goal:
    """Return the score that is searched for: the one that is named, else the only one there is.

    Args:
        metric: `dev.wer`: the evaluation's name, a point, the score's.
        direction: "minimize" or "maximize", where the metric's class does not say it.

    Raises:
        TuningError: there is no such score, or there are several, or nobody says which way is better.
    """
    evaluations = _evaluations(entry, collections)
    if not evaluations:
        raise TuningError(
            "Nothing in the application says how good it is.\n"
            "  Give it an eval section, or a callback that evaluates: {type: evaluation, metrics: [...]}."
        )
    modes = {
        f"{name}.{score}": mode
        for name, metrics in evaluations.items()
        for score, mode in goals_of(metrics, collections, backend).items()
    }
    listed = ", ".join(f"{name} ({mode})" for name, mode in modes.items()) or "none that says which way is better"
    if metric is None:
        if len(modes) != 1:
            what = "several scores" if modes else "scores that do not say which way they are better"
            example = next(iter(modes), f"{next(iter(evaluations))}.SCORE --direction minimize")
            raise TuningError(
                f"The application has {what}: say which one is searched for, --metric {example}\n  Known: {listed}."
            )
        metric = next(iter(modes))
    evaluation = metric.rpartition(".")[0]
    if evaluation not in evaluations:
        raise TuningError(
            f'No evaluation gives the score "{metric}".{did_you_mean(metric, modes)}\n'
            f"  A score is named after its evaluation: {' or '.join(f'{name}.SCORE' for name in evaluations)}."
            f"\n  Known: {listed}."
        )
    if direction is None and metric not in modes:
        raise TuningError(
            f'Nobody says which values of "{metric}" are better.{did_you_mean(metric, modes)}\n'
            f"  Known: {listed}. For another score of these metrics give --direction minimize or maximize."
        )
    mode = modes[metric] if direction is None else _MODES[direction]
    if modes.get(metric, mode) != mode:
        raise TuningError(
            f"--direction {direction} is against the goal of {metric}, whose metric says {modes[metric]}.\n"
            "  Leave --direction out: the metric says it."
        )
    return Goal(evaluation, metric, mode, evaluations[evaluation])


def _evaluations(entry: ApplicationEntry, collections: Collections) -> dict[str, tuple[MetricEntry, ...]]:
    """Return the evaluations of an application by name: those of its callbacks, and its eval section as `eval`."""
    section = () if entry.eval is None else entry.eval.metrics
    callbacks = find_evaluations(entry, collections)
    evaluations = {name: metrics_of(callback, entry) for name, callback in callbacks.items()}
    # Evaluated on the way already, the section would be computed twice under two names.
    if section and section not in evaluations.values():
        evaluations.setdefault(EVAL, section)
    return evaluations
