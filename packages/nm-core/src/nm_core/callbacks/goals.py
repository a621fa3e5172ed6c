"""Goals of scores: which of the values of a watched score is the best, as its metric says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from nm_core.errors import ParameterError, did_you_mean

Mode = Literal["min", "max"]
Goals = Mapping[str, Mapping[str, Mode]]
"""The goals of the scores of each evaluation, by its name."""


class ContraryModeError(ParameterError):
    """A watched score was to be best where its metric says that it is worst."""


@dataclass(frozen=True)
class PlannedEvaluation:
    """An evaluation that a training will make: the goals of its scores, and when it is due.

    Attributes:
        goals: the scores that are worth improving, as their metrics say.
        every_steps, every_epochs: its intervals; 0 is never.

    Example:
        >>> PlannedEvaluation({"wer": "min"}, every_epochs=5).never_due(max_steps=None, max_epochs=4)
        True
    """

    goals: Mapping[str, Mode] = field(default_factory=dict)
    every_steps: int = 0
    every_epochs: int = 0

    def never_due(self, *, max_steps: int | None, max_epochs: int | None, steps_per_epoch: int | None = None) -> bool:
        """Tell whether a training to these ends is over before the evaluation is due; unknown ends leave it open."""
        if max_epochs is not None and steps_per_epoch:
            max_steps = min(max_epochs * steps_per_epoch, max_steps or max_epochs * steps_per_epoch)
        if max_steps is not None and steps_per_epoch:
            max_epochs = max_steps // steps_per_epoch
        # Each interval that is set must lie beyond an end that is known.
        ends = ((self.every_steps, max_steps), (self.every_epochs, max_epochs))
        return all(not every or (end is not None and every > end) for every, end in ends)


def name_goals(metrics: Iterable[tuple[str, Mapping[str, Mode]]]) -> dict[str, Mode]:
    """Return the goals of an evaluation's scores from the names and goals of its metrics.

    As for the scores themselves, a name that two metrics have is prefixed with the metric's name.
    """
    pairs = list(metrics)
    names = [score for _, goals in pairs for score in goals]
    return {
        score if names.count(score) == 1 else f"{name}.{score}": mode
        for name, goals in pairs
        for score, mode in goals.items()
    }


def resolve_mode(owner: str, metric: str, mode: Mode | None, goals: Goals) -> Mode:
    """Return which values of a watched score are the best: what its metric says; a loss is best where it is smallest.

    Args:
        metric: `"dev.wer"`: the evaluation's name and the score's.
        mode: what the user says.
        goals: the goals of all evaluations that there are.

    Raises:
        ContraryModeError: the user says the contrary of the metric.
        ParameterError: there is no such evaluation, or nobody says it.
    """
    full = {f"{name}.{score}": goal for name, scores in goals.items() for score, goal in scores.items()}
    evaluation = next((name for name in goals if metric.startswith(f"{name}.")), None)
    if evaluation is None:
        raise ParameterError(f'{owner}: nothing evaluates "{metric}".{_suggest(metric, full)}\n{_list(goals, full)}')
    goal = full.get(metric)
    if goal is None and metric.rpartition(".")[2].endswith("loss"):
        goal = "min"
    if goal is None and mode is None:
        raise ParameterError(
            f'{owner}: nobody says which values of "{metric}" are better.{_suggest(metric, full)}\n'
            f'{_list(goals, full)}\n  For another score of these metrics give mode: "min" or "max".'
        )
    if goal is not None and mode not in (None, goal):
        best = {"min": "smallest", "max": "largest"}[goal]
        raise ContraryModeError(
            f'{owner}: mode "{mode}" is against the goal of {metric}, whose {best} value is the best ("{goal}").\n'
            "  Leave mode out: the metric says it."
        )
    return mode or goal or "min"


def _suggest(metric: str, full: Mapping[str, Mode]) -> str:
    # The name of an evaluation is what is mistaken most: val.wer for dev.wer.
    score = metric.partition(".")[2]
    same = [name for name in full if score and name.endswith(f".{score}")]
    return f' Did you mean "{same[0]}"?' if len(same) == 1 else did_you_mean(metric, full)


def _list(goals: Goals, full: Mapping[str, Mode]) -> str:
    if not goals:
        return "  There is no evaluation: add {type: evaluation, params: {name: dev}, metrics: eval} to the callbacks."
    scores = ", ".join(f"{name} ({mode})" for name, mode in full.items())
    others = [f"{name}.SCORE" for name in goals if not any(score.startswith(f"{name}.") for score in full)]
    return f"  Evaluated: {', '.join([scores, *others] if scores else others)}."
