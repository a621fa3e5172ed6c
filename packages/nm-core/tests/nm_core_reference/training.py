"""Training in the reference backend: gradient descent over windows of micro-batches."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core import BackendError, GraphError, Run, TrainingResult
from nm_core.actions.requests import TrainRequest
from nm_core_reference import keeping
from nm_core_reference.data import MicroBatch, Rows
from nm_core_reference.tensor import backward, recording
from nm_core_reference.watching import interrupts, mode, stream, tell, watched

if TYPE_CHECKING:
    from nm_core_reference.backend import ReferenceSession


class Training:
    """What one call of `train` hands to the next on the same losses."""

    def __init__(self, session: ReferenceSession, request: TrainRequest) -> None:
        self.losses = dict(request.graph.outputs)
        plan = request.graph.plan()
        self.source = only_source(plan.sources)
        self.given = plan.sources[0].tensors()
        self.seed = session.settings.seed
        self.lowered = session.lower(plan)
        self.weights = {name: list(one.values) for name, one in keeping.weights_of(self.lowered.modules).items()}
        self.step = self.epoch = self.position = self.samples = self.skipped = 0
        self.totals, self.counted = dict.fromkeys(self.losses, 0.0), 0

    def restore(self) -> None:
        """Give the weights of the beginning back."""
        for name, weight in keeping.weights_of(self.lowered.modules).items():
            weight.values[:] = self.weights[name]

    @property
    def counts(self) -> dict[str, Any]:
        """What a checkpoint keeps of the course."""
        names = ("step", "epoch", "position", "samples", "skipped", "totals", "counted")
        return {name: getattr(self, name) for name in names}

    def windows(self, size: int, max_epochs: int | None) -> Iterator[tuple[list[MicroBatch], bool]]:
        """Yield the micro-batches of each update from here on, and whether an epoch ends with them."""
        while max_epochs is None or self.epoch < max_epochs:
            plan = self.source.plan(self.seed, self.epoch)
            yield plan[self.position : self.position + size], self.position + size >= len(plan)

    def gradient(self, window: list[MicroBatch]) -> dict[str, float]:
        """Add up the gradient of a window as if it were one batch; return the mean of each loss."""
        count = sum(map(len, window))
        means = dict.fromkeys(self.losses, 0.0)
        for slot, indices in enumerate(window):
            known = dict(zip(self.given, self.source.load(indices), strict=True))
            arguments = [known[tensor] for tensor in self.lowered.inputs.values()]
            with stream(self.seed, self.step + self.skipped, slot), recording():
                made = self.lowered(*arguments)
            values = dict(zip(self.lowered.outputs, (made,) if len(self.lowered.outputs) == 1 else made, strict=True))
            for name, tensor in self.losses.items():
                share = len(indices) / count
                backward(values[tensor], share)
                means[name] += share * values[tensor].values[0]
        return means

    def apply(self, rate: float, clip: float | None) -> None:
        """Take a step of gradient descent."""
        weights = {id(one): one for one in keeping.weights_of(self.lowered.modules).values() if one.gradient}
        norm = math.sqrt(sum(value * value for one in weights.values() for value in one.gradient or ()))
        factor = rate if clip is None or norm <= clip else rate * clip / norm
        for weight in weights.values():
            assert weight.gradient is not None
            weight.values[:] = [v - factor * g for v, g in zip(weight.values, weight.gradient, strict=True)]

    def forget_gradient(self) -> None:
        """Drop what is left of a gradient."""
        for weight in keeping.weights_of(self.lowered.modules).values():
            weight.gradient = None


class Piece:
    """One call of `train`."""

    def __init__(self, session: ReferenceSession, training: Training, request: TrainRequest) -> None:
        self.session, self.training, self.request = session, training, request
        self.rate = _rate(request)
        self.checkpoint: Path | None = None
        self.run_ = Run(
            "train",
            max_steps=request.max_steps,
            max_epochs=request.max_epochs,
            work_dir=session.settings.work_dir,
            evaluator=lambda metrics: session.score(request.evaluation(metrics)),
            announce=lambda name, scores: tell(request.callbacks, "on_evaluation", self.run_, name, scores),
        )

    def run(self) -> TrainingResult:
        """Train until the request's end."""
        begun = time.perf_counter()
        training, run, request = self.training, self.run_, self.request
        with (
            mode(training.lowered.modules.values(), training=True),
            interrupts() as signals,
            watched(request.callbacks, run) as ending,
        ):
            if request.resume is not None:
                self._resume(request.resume)
            self._show()
            tell(request.callbacks, "on_start", run)
            self._loop(signals)
            self._log()
            if signals:
                ending.reason = "interrupted"
            elif run.stop_reason is not None:
                ending.reason = f"stopped: {run.stop_reason}"
        return TrainingResult(
            step=training.step,
            epoch=training.epoch,
            samples=training.samples,
            losses=dict(run.losses),
            reason=ending.reason,
            seconds=time.perf_counter() - begun,
            skipped=training.skipped,
            checkpoint=self.checkpoint,
            scores=dict(run.scores),
        )

    def _loop(self, signals: list[int]) -> None:
        training, run, request = self.training, self.run_, self.request
        for window, last in training.windows(request.batches_per_step, request.max_epochs):
            if request.max_steps is not None and training.step >= request.max_steps:
                return
            if training.position == 0:
                run.epoch = training.epoch
                tell(request.callbacks, "on_epoch_start", run)
            applied = self._update(window)
            training.epoch, training.position = (
                (training.epoch + 1, 0) if last else (training.epoch, training.position + len(window))
            )
            self._show(epoch=run.epoch)
            if applied:
                for callback in request.callbacks:
                    if callback.step_interval and training.step % callback.step_interval == 0:
                        callback.on_step(run)
                if training.step % request.log_every == 0:
                    self._log()
            if last:
                tell(request.callbacks, "on_epoch_end", run)
            if run.checkpoint_wanted:
                self._save()
            if run.stop_reason or signals:
                return

    def _update(self, window: list[MicroBatch]) -> bool:
        training = self.training
        training.forget_gradient()
        means = training.gradient(window)
        bad = [name for name, mean in means.items() if not math.isfinite(mean)]
        if bad and self.request.non_finite == "error":
            raise BackendError(f"The loss {bad[0]} is not finite in update {training.step + 1}.")
        count = sum(map(len, window))
        training.samples += count
        if bad:
            training.skipped += 1
            return False
        training.apply(self.rate, self.request.gradient_clip_norm)
        training.step += 1
        training.counted += count
        for name, mean in means.items():
            training.totals[name] += mean * count
        return True

    def _show(self, epoch: int | None = None) -> None:
        training, run = self.training, self.run_
        run.step, run.samples, run.skipped = training.step, training.samples, training.skipped
        run.epoch = training.epoch if epoch is None else epoch
        run.learning_rate = self.rate

    def _log(self) -> None:
        training, run = self.training, self.run_
        if training.counted:
            run.losses = {name: total / training.counted for name, total in training.totals.items()}
            training.totals, training.counted = dict.fromkeys(training.totals, 0.0), 0
            tell(self.request.callbacks, "on_log", run, {**run.losses, "learning_rate": self.rate})

    def _save(self) -> None:
        training, run, callbacks = self.training, self.run_, self.request.callbacks
        run.checkpoint_wanted = False
        if run.work_dir is None:
            run.report.append("A checkpoint was asked for, and the run has no work_dir.")
            return
        self.checkpoint = run.work_dir / "checkpoints" / f"step-{training.step:08d}.json"
        weights = keeping.plain(keeping.weights_of(training.lowered.modules))
        states = [callback.state() for callback in callbacks]
        keeping.write(self.checkpoint, {"counts": training.counts, "weights": weights, "callbacks": states})
        tell(callbacks, "on_checkpoint", run, self.checkpoint)

    def _resume(self, resume: str | Path) -> None:
        path = Path(resume)
        if resume == "auto":
            folder = self.session.settings.work_dir
            if folder is None:
                raise BackendError('resume="auto" needs a work_dir.')
            found = sorted((folder / "checkpoints").glob("step-*.json"))
            if not found or self.training.step:
                return
            path = found[-1]
        data = keeping.read(path)
        if not isinstance(data, dict) or data.keys() != {"counts", "weights", "callbacks"}:
            raise BackendError(f"{path} is no checkpoint.")
        keeping.load(keeping.weights_of(self.training.lowered.modules), data["weights"], path)
        for name, value in data["counts"].items():
            setattr(self.training, name, value)
        for callback, state in zip(self.request.callbacks, data["callbacks"], strict=False):
            callback.load_state(state)
        self.run_.resumed_from = path


def only_source(sources: Any) -> Rows:
    """Return the one data layer among the sources of a plan.

    Raises:
        GraphError: there is none, several, or one of another backend.
    """
    modules = [call.module for call in sources]
    if len(modules) != 1 or not isinstance(modules[0], Rows):
        raise GraphError(f"A graph runs over one data layer of rows, and this one has {modules}.")
    return modules[0]


def _rate(request: TrainRequest) -> float:
    """Return the learning rate of the one optimizer there is."""
    given: Mapping[str, Any] = request.optimizer if isinstance(request.optimizer, Mapping) else {}
    name = given.get("name", request.optimizer)
    if name != "sgd" or set(given) - {"name", "lr"}:
        raise BackendError(f'The optimizer is "sgd" with lr, and {request.optimizer!r} was given.')
    if request.policy is not None:
        raise BackendError(f"There are no policies here, and {request.policy!r} was given.")
    return float(given.get("lr", 0.01))
