"""`Run`: what callbacks see of an action while it runs, and what they may ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nm_core.callbacks.goals import Mode, PlannedEvaluation, name_goals
from nm_core.callbacks.retention import Retention
from nm_core.modules.metric import Metric


@dataclass
class Run:
    """The state of a running action, kept up to date by the engine.

    Attributes:
        action: "train", "eval" or "infer".
        step: updates applied so far.
        epoch: epochs begun so far, from 0.
        steps_per_epoch: updates in the current epoch, where it is known.
        max_steps, max_epochs: where training ends, where given.
        samples: samples consumed so far, over all ranks.
        learning_rate: that of the last update.
        losses: by name, as of the last log point.
        skipped: updates skipped because of non-finite gradients or windows without weight.
        rank, world_size: this process and the number of processes.
        work_dir: where the run writes, where given.
        resumed_from: the checkpoint this run went on from, if any.
        retention: which checkpoints stay when a new one is complete.
        checkpoint_at_end: whether the last update is followed by a checkpoint, unless the action ends with an error.
        scores: of the newest evaluation of each name, and `scored_at` the step of each.
        planned: the evaluations that its callbacks will make, by name; None where nobody knows.
        goals: by evaluation, the scores that are worth improving and which of their values is the best.

    Example:
        >>> run = Run("train", step=10, evaluator=lambda metrics: {"wer": 0.2})
        >>> run.evaluate([], name="dev")
        {'wer': 0.2}
        >>> run.current_scores()
        {'dev.wer': 0.2}
    """

    action: str
    step: int = 0
    epoch: int = 0
    steps_per_epoch: int | None = None
    max_steps: int | None = None
    max_epochs: int | None = None
    samples: int = 0
    learning_rate: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    skipped: int = 0
    rank: int = 0
    world_size: int = 1
    work_dir: Path | None = None
    resumed_from: Path | None = None
    retention: Retention = field(default_factory=Retention)
    checkpoint_at_end: bool = False
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    scored_at: dict[str, int] = field(default_factory=dict)
    planned: Mapping[str, PlannedEvaluation] | None = None
    goals: dict[str, Mapping[str, Mode]] = field(default_factory=dict)
    stop_reason: str | None = None
    checkpoint_wanted: bool = False
    evaluator: Callable[[Sequence[Metric]], dict[str, float]] | None = None
    announce: Callable[[str, Mapping[str, float]], None] | None = None
    report: list[str] = field(default_factory=list)
    """What the user should know at the end: dropped samples, unread files, losses weighted by samples."""

    def request_stop(self, reason: str) -> None:
        """Ask for the action to end at the next step boundary."""
        self.stop_reason = self.stop_reason or reason  # the first reason is the one that ended the run

    def request_checkpoint(self) -> None:
        """Ask for a checkpoint at the next step boundary."""
        self.checkpoint_wanted = True

    def evaluate(self, metrics: Sequence[Metric], *, name: str = "eval") -> dict[str, float]:
        """Compute metrics over their data layers now, in evaluation mode, and tell every callback."""
        if self.evaluator is None:
            raise RuntimeError("This run cannot evaluate: it is not a training run.")
        scores = self.evaluator(metrics)
        self.scores[name], self.scored_at[name] = dict(scores), self.step
        if metrics:
            self.goals[name] = name_goals((metric.name, type(metric).goals) for metric in metrics)
        if self.announce is not None:
            self.announce(name, scores)
        return scores

    def current_scores(self) -> dict[str, float]:
        """Return the scores of the weights as they are at this step, `{"dev.wer": 0.12}`: a checkpoint's own."""
        fresh = (name for name, step in self.scored_at.items() if step == self.step)
        return {f"{name}.{score}": value for name in fresh for score, value in self.scores[name].items()}


@dataclass(frozen=True)
class BestCheckpoint:
    """The best checkpoint of a run by the score that it watched.

    Attributes:
        path: its folder.
        step: the update after which it was written.
        metric: the score, `"dev.wer"`.
        scores: all scores of its weights, by such names.

    Example:
        >>> BestCheckpoint(Path("runs/x/checkpoints/000002-step-120"), 120, "dev.wer", {"dev.wer": 0.1}).value
        0.1
    """

    path: Path
    step: int
    metric: str
    scores: Mapping[str, float]

    @property
    def value(self) -> float:
        """The score by which it is the best."""
        return self.scores[self.metric]


@dataclass(frozen=True)
class TrainingResult:
    """How a training ended.

    Attributes:
        step: updates applied in all, earlier calls of `train` on the same losses included.
        epoch: epochs completed.
        samples: samples consumed, over all ranks.
        losses: each loss by name, averaged since the last log point.
        reason: "finished", "stopped: ..." or "interrupted".
        seconds: time spent in this call.
        skipped: updates that were skipped.
        checkpoint: the newest checkpoint written, if any.
        report: what the user should know: dropped samples, unread files.
        scores: of the newest evaluation of each name, and `scored_at` the update of each.
        best: the best checkpoint by the score that was watched, if any.
        updates: updates made in this call, where the backend counts them.

    Example:
        >>> result = TrainingResult(step=10, epoch=1, samples=40, losses={"loss": 0.5}, reason="finished", seconds=2.0)
        >>> f"{result.reason} after {result.step} updates"
        'finished after 10 updates'
    """

    step: int
    epoch: int
    samples: int
    losses: Mapping[str, float]
    reason: str
    seconds: float
    skipped: int = 0
    checkpoint: Path | None = None
    report: tuple[str, ...] = ()
    scores: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    scored_at: Mapping[str, int] = field(default_factory=dict)
    best: BestCheckpoint | None = None
    updates: int | None = None

    def score_lines(self, *, best_saved: bool) -> list[str]:
        """Return one line per evaluation with the update that it is of; those of the weights that are saved come last.

        Args:
            best_saved: whether the weights that are saved are those of the best checkpoint.
        """
        lines = []
        for name, scores in self.scores.items():
            step = self.scored_at.get(name)
            when = "" if step is None else f" (update {step}{', the last' if step == self.step else ''})"
            lines.append(f"{name}: {_join(scores)}{when}")
        if self.best is None or self.best.step == self.step:
            return lines
        of_best: dict[str, dict[str, float]] = {}
        for key, value in self.best.scores.items():
            name, _, score = key.partition(".")
            of_best.setdefault(name, {})[score] = value
        when = f" (update {self.best.step}, the best by {self.best.metric})"
        best_lines = [f"{name}: {_join(scores)}{when}" for name, scores in of_best.items()]
        return [*lines, *best_lines] if best_saved else [*best_lines, *lines]


def _join(scores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in scores.items())
