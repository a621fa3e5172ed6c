"""`TrainLoop`: one call of `train`, from its first step to its last, with callbacks, checkpoints and signals."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from torch import Tensor

from nm_core import Metric, NmError, Run, TrainingResult
from nm_core.actions.requests import TrainRequest
from nm_core.callbacks.evaluation import plan_evaluations
from nm_torch.call_checks import checked
from nm_torch.data import DataLayer
from nm_torch.engine import checkpointing, evaluation, run_notes
from nm_torch.engine.accumulation import StepBatches
from nm_torch.engine.hooks import Hooks, call_all
from nm_torch.engine.idle_losses import IdleLosses
from nm_torch.engine.interrupts import Interrupts, catch_interrupts
from nm_torch.engine.raising_module import note_module
from nm_torch.engine.randomness import preserve_generators
from nm_torch.engine.runtime import Runtime
from nm_torch.engine.skipped_updates import NO_WEIGHT, SkippedUpdates
from nm_torch.engine.step import TrainStep
from nm_torch.engine.training_state import TrainingState
from nm_torch.errors import TrainingError
from nm_torch.lowering import may_leave_unused
from nm_torch.modes import training_mode

PATIENCE = 100
"""Steps in a row without an update after which a training ends with an error, if an epoch is not longer."""


class TrainLoop:
    """A training from its present state to a request's end.

    Args:
        training: the state, which outlives the loop.
        runtime: where it computes.
        request: where it ends, and the callbacks.
    """

    def __init__(self, training: TrainingState, runtime: Runtime, request: TrainRequest) -> None:
        self.training = training
        self.runtime = runtime
        self.request = request
        self.strategy = training.strategy
        self.distributed = training.strategy.world_size > 1
        self.hooks = Hooks(request.callbacks)
        self.started = time.perf_counter()
        self.checkpoint: Path | None = None
        self.checkpoint_position: tuple[int, int] | None = None
        self.step: TrainStep | None = None
        self.skipped_in_a_row = 0
        self.unproven = True
        self.left_out = SkippedUpdates()
        self.batches = StepBatches(
            training.layer,
            training.objective,
            self.strategy,
            seed=training.seed,
            batches_per_step=request.batches_per_step,
            max_epochs=request.max_epochs,
        )
        self.run = Run(
            "train",
            max_steps=request.max_steps,
            max_epochs=request.max_epochs,
            rank=self.strategy.rank,
            world_size=self.strategy.world_size,
            work_dir=runtime.settings.work_dir,
            evaluator=self._evaluate,
            announce=self._announce,
            planned=plan_evaluations(request.callbacks),
        )

    def train(self) -> TrainingResult:
        """Run the loop between the first hook and the last."""
        training, run = self.training, self.run
        reason = "failed"
        with (
            training.precision.numerics(deterministic=self.runtime.settings.deterministic),
            preserve_generators(self.strategy.device),
            training_mode(training.lowered),
            catch_interrupts() as signals,
        ):
            try:
                self._start()
                end_reason = self._loop(signals)
                self._log_point()
                run.report += run_notes.notes_at_end(training.layer, self.left_out, self.strategy)
                run.report += self.idle.notes(training.samples)
                reason = end_reason  # an error in the lines above is a failed training too
            except BaseException as error:
                translated = self._explain(error)
                self.hooks.call_exception(run, translated or error)
                if translated is None:
                    note_module(error)
                    raise
                raise translated from error
            finally:
                self.hooks.call_end(run, reason)
        return TrainingResult(
            step=training.step,
            epoch=training.epoch,
            samples=training.samples,
            losses=dict(run.losses),
            reason=reason,
            seconds=time.perf_counter() - self.started,
            skipped=training.skipped,
            checkpoint=self.checkpoint,
            report=tuple(run.report),
            scores={name: dict(scores) for name, scores in run.scores.items()},
            scored_at=dict(run.scored_at),
            best=checkpointing.find_best(run),
            updates=training.step - self.first_step,
        )

    def _explain(self, error: BaseException) -> NmError | None:
        """Return an error of ours for one of memory or of workers, with the largest micro-batch at work."""
        batches = [] if self.batches.newest is None else self.batches.newest.micro_batches
        largest = max(batches, key=lambda inputs: sum(map(_size, inputs.arguments)), default=None)
        if largest is None:
            return self.training.layer.explain_error(error)
        return self.training.layer.explain_error(error, largest.indices, largest.arguments)

    def _start(self) -> None:
        """Resume if requested, and set the schedule over the updates of the whole training."""
        request, training, run = self.request, self.training, self.run
        if request.resume is not None and (training.step == 0 or str(request.resume) != "auto"):
            checkpointing.restore_training(training, run, request.callbacks, request.resume)
        if not training.reported:
            training.reported = True
            run.report += run_notes.notes_at_start(training.objective, training.precision, self.batches, training.epoch)
        run.step, run.epoch, run.samples, run.skipped = (
            training.step,
            training.epoch,
            training.samples,
            training.skipped,
        )
        self.first_step, self.first_epoch, self.first_position = training.step, training.epoch, training.position
        self.idle = IdleLosses(training.objective, self.strategy, training.samples)
        horizon = request.max_steps
        run.steps_per_epoch = self.batches.steps_per_epoch(training.epoch)
        if request.max_epochs is not None:
            steps = run.steps_per_epoch * request.max_epochs
            horizon = steps if horizon is None else min(horizon, steps)
        run.report += training.set_schedule(self.runtime.resolve_policy(request.policy), horizon)
        assert training.schedule is not None
        self.schedule = training.schedule[1]
        if training.step and not self._is_open():
            run.report.append(self._nothing_left())
        call_all(self.hooks.start, run)
        if request.save == "best" and not run.retention.best:
            raise TrainingError(
                'save="best" needs a best checkpoint, and none is kept.\n'
                '  Add one: CheckpointCallback(metric="dev.wer"),'
                " in a file {type: checkpoint, params: {metric: dev.wer}}."
            )

    def _loop(self, signals: Interrupts) -> str:
        """Make updates until something ends the loop; return the reason."""
        training, run, distributed = self.training, self.run, self.distributed
        max_steps = self.request.max_steps
        if self._is_open():
            self.step = step = self._make_step()
            # Attributes become locals: each lookup would be paid at every step.
            on_steps, log_every = self.hooks.steps, self.request.log_every
            accumulate, apply = step.accumulate, step.apply
            with (
                closing(self.batches.read(training.epoch, training.position)) as batches,
                checked(training.lowered) as first,
            ):
                for batch in batches:
                    weights = batch.weights
                    if distributed:
                        # Weights and requests travel in one collective, so that all ranks act at the same step.
                        weights = self.strategy.sum([*weights, *self._requests(signals)])
                        if self._sync_requests(weights[-3:], signals):
                            break
                        del weights[-3:]
                    if training.position == 0:
                        self._start_epoch()
                    # Skipped steps count for the random streams, so that a skipped one is not drawn again.
                    applied = accumulate(batch, weights, training.step + training.skipped)
                    step.skipped = NO_WEIGHT, ""
                    if applied:
                        if self.unproven:
                            self._check_first_update(first, step)
                        run.learning_rate = self.schedule.apply(training.step)
                        applied = apply()
                    # Counted before a callback is called, so that an error in one of them loses nothing.
                    training.epoch, training.position = (batch.epoch + 1, 0) if batch.last else (batch.epoch, batch.end)
                    training.samples += int(weights[-1])
                    run.samples = training.samples
                    if applied:
                        self.skipped_in_a_row = 0
                        training.meter.add_weights(weights)
                        training.step = run.step = number = training.step + 1
                        for interval, on_step in on_steps:
                            if number % interval == 0:
                                on_step(run)
                        if number % log_every == 0:
                            self._log_point()
                    else:
                        self._count_skipped(*step.skipped)
                    if batch.last:
                        if batch.epoch == self.first_epoch:  # after one epoch, and not after all of them
                            self.idle.check(training.samples)
                        call_all(self.hooks.epoch_end, run)
                    if max_steps is not None and training.step >= max_steps:
                        break
                    if not distributed and (run.checkpoint_wanted or run.stop_reason or signals.received):
                        if self._sync_requests(self._requests(signals), signals):
                            break
        if signals.received is None and run.stop_reason is None:
            self._check_updates()
            self.idle.check(training.samples)
        return self._finish(signals)

    def _check_first_update(self, switch: checked, step: TrainStep) -> None:
        """End the checks of values, which one update has passed, and see that it can change a weight.

        Raises:
            TrainingError: no weight got a gradient.
        """
        switch.remove()
        self.unproven = False
        if all(parameter.grad is None for parameter in step.parameters) and not self.idle.any_here():
            losses = ", ".join(term.name for term in self.training.objective.terms)
            raise TrainingError(
                f"no weight got a gradient, so nothing can be learned: {losses} depends on no weight that is trained.\n"
                "  A detach(), an item(), a numpy array, torch.no_grad(), or a layer made in forward cuts a loss off\n"
                "  from the weights. Look at forward of the modules between both."
            )

    def _is_open(self) -> bool:
        """Tell whether the end that the request names is still to come."""
        training, request = self.training, self.request
        steps = request.max_steps is None or training.step < request.max_steps
        return steps and (request.max_epochs is None or training.epoch < request.max_epochs)

    def _nothing_left(self) -> str:
        ends = {"max_steps": self.request.max_steps, "max_epochs": self.request.max_epochs}
        given = ", ".join(f"{name}={end}" for name, end in ends.items() if end is not None)
        return (
            f"Nothing is left to do: the training is at update {self.training.step}, after {self.training.epoch}"
            f" epochs, and ends at {given}. Give a later end to train on."
        )

    def _finish(self, signals: Interrupts) -> str:
        """Act on the last requests, a checkpoint at the end among them; return the reason of the end."""
        run = self.run
        interrupts = [float(signals.received is not None)]
        if self.distributed:
            interrupts = self.strategy.sum(interrupts)  # every process evaluates, or none
        if self.step is not None and not interrupts[0]:
            stop_reason = run.stop_reason
            call_all(self.hooks.last_step, run)
            run.stop_reason = stop_reason  # a run that is over has nothing to stop
        if run.checkpoint_at_end and self.step is not None and not self._is_checkpointed():
            run.request_checkpoint()
        requests = self._requests(signals)
        self._sync_requests(self.strategy.sum(requests) if self.distributed else requests, signals)
        if signals.received is not None:
            return "interrupted"
        return "finished" if run.stop_reason is None else f"stopped: {run.stop_reason}"

    def _count_skipped(self, reason: str, example: str) -> None:
        """Count a step without an update.

        Raises:
            TrainingError: there are too many of them in a row for the training to learn anything.
        """
        self.training.skipped = self.run.skipped = self.training.skipped + 1
        self.left_out.add(reason, example)
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row > max(PATIENCE, self.run.steps_per_epoch or 0):
            raise TrainingError(
                f"no update could be made in {self.skipped_in_a_row} windows in a row.\n  "
                + "\n  ".join([*self.left_out.notes(), "Look at these samples, and at what the losses count (weight)."])
            )

    def _check_updates(self) -> None:
        """Refuse an end without a single update: whatever is saved then is no model.

        Raises:
            TrainingError: the whole training, or at least an epoch of this call, made none.
        """
        training = self.training
        went_through = training.step == 0 or (training.epoch > self.first_epoch and self.first_position == 0)
        if self.step is None or training.step > self.first_step or not went_through:
            return
        count = len(self.batches.plan(self.first_epoch))
        notes = [*self.left_out.notes(), "Look at these samples, and at what the losses count (weight)."]
        raise TrainingError(
            f"the training ended without an update: none of the {count} micro-batches of an epoch, with"
            f" {len(training.layer)} samples, changed a weight.\n  " + "\n  ".join(notes)
        )

    def _make_step(self) -> TrainStep:
        training, request = self.training, self.request
        model = self.strategy.wrap(training.lowered, may_be_unused=may_leave_unused(training.objective.plan))
        return TrainStep(
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

    def _requests(self, signals: Interrupts) -> list[float]:
        """Return the requests of this process as numbers: end for a signal, end for a callback, write a checkpoint."""
        run = self.run
        return [float(signals.received is not None), float(run.stop_reason is not None), float(run.checkpoint_wanted)]

    def _sync_requests(self, requests: Sequence[float], signals: Interrupts) -> bool:
        """Act on the requests of all processes, which are at the same step boundary; return whether the loop ends."""
        interrupted, stopped, checkpoint = (number > 0 for number in requests)
        if interrupted and signals.received is None:
            signals.received = "a signal to another process"
        if stopped and self.run.stop_reason is None:
            self.run.stop_reason = "asked by another process"
        if checkpoint or (interrupted and self.run.work_dir is not None and not self._is_checkpointed()):
            self._write_checkpoint()
        return interrupted or stopped

    def _is_checkpointed(self) -> bool:
        return self.checkpoint_position == (self.training.epoch, self.training.position)

    def _write_checkpoint(self) -> None:
        run = self.run
        run.checkpoint_wanted = False
        if run.work_dir is None:
            run.report.append("A checkpoint was asked for, and the run has no work_dir to write it to.")
            return
        self._check_losses()  # a checkpoint of weights that are no longer finite would only replace a good one
        path = checkpointing.save_training(self.training, run, self.request.callbacks)
        if path is not None:
            self.checkpoint = path
            self.checkpoint_position = (self.training.epoch, self.training.position)
            call_all(self.hooks.checkpoint, run, path)

    def _start_epoch(self) -> None:
        self.run.epoch = self.training.epoch
        self.run.steps_per_epoch = self.batches.steps_per_epoch(self.training.epoch)
        call_all(self.hooks.epoch_start, self.run)

    def _check_losses(self) -> list[float]:
        """Read the losses to the host and return their totals over all processes.

        Raises:
            NonFiniteLossError: one of them is not finite.
        """
        meter = self.training.meter
        meter.read()
        if not self.distributed:
            totals, faults = list(meter.totals), float(meter.fault is not None)
        else:
            # The fault is summed too: every rank raises, instead of waiting for one that has.
            *totals, faults = self.strategy.sum([*meter.totals, float(meter.fault is not None)])
        if faults:
            raise meter.error(meter.fault, applied=True)
        return totals

    def _log_point(self) -> None:
        training, run = self.training, self.run
        if not any(training.meter.weights):
            return
        totals = self._check_losses()
        run.losses = training.objective.values(training.meter.means(totals))
        values = {**run.losses, "learning_rate": run.learning_rate}
        if self.step is not None and self.step.norm is not None:
            values["gradient_norm"] = float(self.step.norm)
        if training.scale is not None:
            values["loss_scale"] = training.scale.value
        if training.skipped:
            values["skipped"] = float(training.skipped)
        if training.layer.unreadable:
            values["unreadable"] = float(len(training.layer.unreadable))
        call_all(self.hooks.log, run, values)

    def _evaluate(self, metrics: Sequence[Metric]) -> dict[str, float]:
        return evaluation.compute_scores(self.runtime, self.request.evaluation(metrics), tell=self._note_unreadable)

    def _note_unreadable(self, layer: DataLayer) -> None:
        """Report what an evaluation could not read, once and not after each."""
        report = self.run.report
        report += [note for note in run_notes.unreadable_notes(layer, self.strategy) if note not in report]

    def _announce(self, name: str, scores: Mapping[str, float]) -> None:
        call_all(self.hooks.evaluation, self.run, name, scores)


def _size(value: Any) -> int:
    return value.numel() if isinstance(value, Tensor) else 0
