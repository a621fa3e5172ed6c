"""One call of `train`: epochs of windows, a step for each, and what happens between them."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core import Metric, Run, TrainingResult
from nm_core.actions.requests import TrainRequest
from nm_torch.data.reading import worker_error
from nm_torch.engine import checkpointing, run_notes
from nm_torch.engine.accumulation import WindowFeed
from nm_torch.engine.hooks import Hooks, call_all
from nm_torch.engine.interrupts import Interrupts, interrupts
from nm_torch.engine.modes import mode
from nm_torch.engine.randomness import preserved
from nm_torch.engine.step import Step
from nm_torch.errors import TrainingError
from nm_torch.lowering import may_leave_unused
from nm_torch.optim import Schedule, resolve_policy

if TYPE_CHECKING:
    from nm_torch.backend import TorchSession
    from nm_torch.engine.training_state import Training

PATIENCE = 100
"""Windows without an update after which a training ends with an error, if an epoch is not longer."""


class Piece:
    """A training from where it stands to a request's end.

    Args:
        training: what survives the piece.
        session: where it runs.
        request: when it ends, and what watches it.
    """

    def __init__(self, training: "Training", session: "TorchSession", request: TrainRequest) -> None:
        self.training = training
        self.session = session
        self.request = request
        self.strategy = training.strategy
        self.several = training.strategy.world_size > 1
        self.hooks = Hooks(request.callbacks)
        self.begun = time.perf_counter()
        self.checkpoint: Path | None = None
        self.saved_at: tuple[int, int] | None = None
        self.step: Step | None = None
        self.feed = WindowFeed(
            training.layer,
            training.objective,
            self.strategy,
            seed=training.seed,
            batches_per_step=request.batches_per_step,
            max_epochs=request.max_epochs,
        )
        self.view = Run(
            "train",
            max_steps=request.max_steps,
            max_epochs=request.max_epochs,
            rank=self.strategy.rank,
            world_size=self.strategy.world_size,
            work_dir=session.settings.work_dir,
            evaluator=self._evaluate,
            announce=self._announce,
        )

    def run(self) -> TrainingResult:
        """Train between the first hook and the last."""
        training, view = self.training, self.view
        reason = "failed"
        with (
            training.precision.numerics(deterministic=self.session.settings.deterministic),
            preserved(self.strategy.device),
            mode([training.lowered], training=True),
            interrupts() as signals,
        ):
            try:
                self._begin()
                ending = self._loop(signals)
                self._log_point()
                view.report += run_notes.of_unreadable(training.layer, self.strategy)
                reason = ending
            except BaseException as error:
                translated = worker_error(error, training.layer.workers, training.layer.worker_timeout)
                self.hooks.failed(view, translated or error)
                if translated is None:
                    raise
                raise translated from error
            finally:
                self.hooks.ended(view, reason)
        return TrainingResult(
            step=training.step,
            epoch=training.epoch,
            samples=training.samples,
            losses=dict(view.losses),
            reason=reason,
            seconds=time.perf_counter() - self.begun,
            skipped=training.skipped,
            checkpoint=self.checkpoint,
            report=tuple(view.report),
            scores={name: dict(scores) for name, scores in view.scores.items()},
        )

    def _begin(self) -> None:
        request, training, view = self.request, self.training, self.view
        if request.resume is not None and (training.step == 0 or str(request.resume) != "auto"):
            checkpointing.restore(training, view, request.callbacks, request.resume)
        if not training.remarked:
            training.remarked = True
            view.report += run_notes.at_the_start(training.objective, training.precision, self.feed, training.epoch)
        view.step, view.epoch, view.samples, view.skipped = (
            training.step,
            training.epoch,
            training.samples,
            training.skipped,
        )
        horizon = request.max_steps
        if request.max_epochs is not None:
            view.steps_per_epoch = self.feed.steps(training.epoch)
            in_epochs = view.steps_per_epoch * request.max_epochs
            horizon = in_epochs if horizon is None else min(horizon, in_epochs)
        policy = resolve_policy(request.policy, extra=self.session.plugins("policies", request.policy))
        self.schedule = Schedule(training.optimizer, policy, horizon)
        call_all(self.hooks.start, view)

    def _loop(self, signals: Interrupts) -> str:
        """Make updates until something ends the piece; return the reason."""
        training, view, several = self.training, self.view, self.several
        max_steps, max_epochs = self.request.max_steps, self.request.max_epochs
        idle = 0
        if (max_steps is None or training.step < max_steps) and (max_epochs is None or training.epoch < max_epochs):
            self.step = step = self._make_step()
            steps, log_every, gradient, apply = self.hooks.steps, self.request.log_every, step.gradient, step.apply
            with closing(self.feed.windows(training.epoch, training.position)) as windows:
                for window in windows:
                    sums = window.sums
                    if several:
                        sums = self.strategy.sum([*sums, *self._flags(signals)])
                        if self._heed(sums[-3:], signals):
                            break
                        del sums[-3:]
                    if training.position == 0:
                        self._epoch_start()
                    applied = gradient(window, sums, training.step + training.skipped)
                    if applied:
                        view.learning_rate = self.schedule.apply(training.step)
                        applied = apply()
                    # Counted before a callback hears of it, so that an error in one of them loses nothing.
                    training.epoch, training.position = (
                        (window.epoch + 1, 0) if window.last else (window.epoch, window.end)
                    )
                    training.samples += int(sums[-1])
                    view.samples = training.samples
                    if applied:
                        idle = 0
                        training.meter.add_weights(sums)
                        training.step = view.step = number = training.step + 1
                        for interval, on_step in steps:
                            if number % interval == 0:
                                on_step(view)
                        if number % log_every == 0:
                            self._log_point()
                    else:
                        training.skipped = view.skipped = training.skipped + 1
                        idle += 1
                        if idle > max(PATIENCE, view.steps_per_epoch or 0):
                            raise self._nothing_learned(idle)
                    if window.last:
                        call_all(self.hooks.epoch_end, view)
                    if max_steps is not None and training.step >= max_steps:
                        break
                    if not several and (view.checkpoint_wanted or view.stop_reason or signals.received):
                        if self._heed(self._flags(signals), signals):
                            break
        if view.checkpoint_at_end and self.step is not None and not self._saved_here():
            view.request_checkpoint()
        flags = self._flags(signals)
        self._heed(self.strategy.sum(flags) if several else flags, signals)
        if signals.received is not None:
            return "interrupted"
        return "finished" if view.stop_reason is None else f"stopped: {view.stop_reason}"

    def _nothing_learned(self, windows: int) -> TrainingError:
        return TrainingError(
            f"no update could be made in {windows} windows in a row: they had no weight, or were not finite.\n"
            "  Look at what the losses count (weight), and at the samples: are the targets empty?"
        )

    def _make_step(self) -> Step:
        training, request = self.training, self.request
        model = self.strategy.wrap(training.lowered, may_be_unused=may_leave_unused(training.objective.plan))
        return Step(
            model,
            training.optimizer,
            training.objective,
            self.strategy,
            training.precision,
            training.meter,
            seed=training.seed,
            clip_norm=request.gradient_clip_norm,
            scale=training.scale,
            skip_non_finite=request.non_finite == "skip",
        )

    def _flags(self, signals: Interrupts) -> list[float]:
        """Return what this process wants: to end for a signal, to end for a callback, a checkpoint."""
        view = self.view
        return [float(signals.received is not None), float(view.stop_reason is not None), float(view.checkpoint_wanted)]

    def _heed(self, flags: Sequence[float], signals: Interrupts) -> bool:
        """Do what any process wants; tell whether the piece ends. All processes are at the same step boundary."""
        interrupted, stopped, wanted = (flag > 0 for flag in flags)
        if interrupted and signals.received is None:
            signals.received = "a signal to another process"
        if stopped and self.view.stop_reason is None:
            self.view.stop_reason = "asked by another process"
        if wanted or (interrupted and self.view.work_dir is not None and not self._saved_here()):
            self._write_checkpoint()
        return interrupted or stopped

    def _saved_here(self) -> bool:
        return self.saved_at == (self.training.epoch, self.training.position)

    def _write_checkpoint(self) -> None:
        view = self.view
        view.checkpoint_wanted = False
        if view.work_dir is None:
            view.report.append("A checkpoint was asked for, and the run has no work_dir to write it to.")
            return
        self._check_losses()
        path = checkpointing.save(self.training, view, self.request.callbacks)
        if path is not None:
            self.checkpoint = path
            self.saved_at = (self.training.epoch, self.training.position)
            call_all(self.hooks.checkpoint, view, path)

    def _epoch_start(self) -> None:
        self.view.epoch = self.training.epoch
        self.view.steps_per_epoch = self.feed.steps(self.training.epoch)
        call_all(self.hooks.epoch_start, self.view)

    def _check_losses(self) -> list[float]:
        """Read the losses to the host and return their totals over all processes.

        Raises:
            NonFiniteLossError: one of them is not finite.
        """
        meter = self.training.meter
        meter.read()
        if not self.several:
            totals, faults = list(meter.totals), float(meter.fault is not None)
        else:
            *totals, faults = self.strategy.sum([*meter.totals, float(meter.fault is not None)])
        if faults:
            raise meter.error()
        return totals

    def _log_point(self) -> None:
        training, view = self.training, self.view
        if not any(training.meter.weights):
            return
        totals = self._check_losses()
        view.losses = training.objective.values(training.meter.means(totals))
        values = {**view.losses, "learning_rate": view.learning_rate}
        if self.step is not None and self.step.norm is not None:
            values["gradient_norm"] = float(self.step.norm)
        if training.scale is not None:
            values["loss_scale"] = training.scale.value
        if training.skipped:
            values["skipped"] = float(training.skipped)
        if training.layer.unreadable:
            values["unreadable"] = float(len(training.layer.unreadable))
        call_all(self.hooks.log, view, values)

    def _evaluate(self, metrics: Sequence[Metric]) -> dict[str, float]:
        return self.session.score(metrics)

    def _announce(self, name: str, scores: Mapping[str, float]) -> None:
        call_all(self.hooks.evaluation, self.view, name, scores)
