"""Checks of training: updates, epochs, random streams, and going on after a stop."""

from __future__ import annotations

import math
import random
import signal
import threading
from typing import Any

from nm_core.actions.requests import EvalRequest
from nm_core.probing.probe import ConformanceError
from nm_core.testing.backends.backend_hooks import ROWS, SuiteTools, Task
from nm_core.testing.backends.recorders import Notes, PlannedError
from nm_core.testing.expectations import different, equal, expect_error, hold

ALIKE = "Let a call go on where the last one on the same losses ended: order, optimizer, random streams, step."
STEPS_PER_EPOCH = 4


class TrainingChecks(SuiteTools):
    """A training steps as its request says, and goes on as if it had never stopped."""

    def fit_predict(self, *pieces: int, seed: int = 0, act: Any = None, at: int | None = None) -> Any:
        """Return the predictions after a noisy training in pieces that end at these steps."""
        task = self.task(self.session(seed=seed), through=self.noise)
        for end in pieces:
            self.train(task, max_steps=end, callbacks=[Notes(at=at, act=act)])
        return self.predict(task.net)

    def test_training_reduces_the_loss(self) -> None:
        """Thirty epochs of plain gradient descent bring the error of a linear regression below a tenth of its start."""
        task = self.task()
        notes = Notes()
        result = self.train(task, max_epochs=30, callbacks=[notes])
        losses = [note[-1][task.loss.port] for note in notes.select("log")]
        do = "Compute the gradient of the losses and let the optimizer apply it; report losses by their port's name."
        hold(result.losses[task.loss.port] < 0.1 * losses[0], f"The loss went from {losses[0]} to {result.losses}.", do)

    def test_an_update_is_the_gradient_of_all_its_samples(self) -> None:
        """Four ragged micro-batches in one update move predictions as gradient descent on the whole batch does."""
        self._check_update(None)

    def test_the_gradient_is_clipped_by_its_norm(self) -> None:
        """The norm over all weights together is brought to the limit, the direction stays."""
        self._check_update(0.1)

    def _check_update(self, clip: float | None) -> None:
        task = self.task()
        before = self.predict(task.net)
        result = self.train(task, max_steps=1, batches_per_step=4, gradient_clip_norm=clip)
        # Independent of how weights are laid out: y moves by -lr times the sum over samples j of g_j (x_j . x + 1).
        rows, targets = ROWS["x"], ROWS["target"]
        count = len(rows) * 2
        g = [[2 * (a - b) / count for a, b in zip(y, t, strict=True)] for y, t in zip(before, targets, strict=True)]
        extended = [[*x, 1.0] for x in rows]
        gradient = [sum(gj[k] * xj[i] for gj, xj in zip(g, extended, strict=True)) for k in (0, 1) for i in range(3)]
        norm = math.sqrt(sum(value * value for value in gradient))
        rate = self.optimizer["lr"] * (1.0 if clip is None else min(1.0, clip / norm))
        expected = [
            [y[k] - rate * sum(gradient[3 * k + i] * x[i] for i in range(3)) for k in (0, 1)]
            for y, x in zip(before, extended, strict=True)
        ]
        do = (
            "Weigh each micro-batch by its samples, add up the gradients of an update, clip their norm, then step once."
        )
        equal(self.predict(task.net), expected, "predictions after one update of four micro-batches", do)
        equal([result.step, result.samples], [1, 7], "step and samples after one update over an epoch", do)

    def test_an_epoch_gives_each_sample_once(self) -> None:
        """The samples of an epoch are all of the data layer's, and steps, epochs and samples are counted."""
        indices: list[int] = []
        task = self.task(through=self.recording(indices.extend))
        result = self.train(task, max_epochs=2)
        do = "Iterate the source's micro-batches of each epoch to the end, the smaller last one included."
        for epoch in (indices[:7], indices[7:]):
            equal(sorted(epoch), ROWS["index"], "the samples of one epoch", do)
        counted = [result.step, result.epoch, result.samples, result.reason]
        equal(counted, [8, 2, 14, "finished"], "step, epoch, samples and reason after two epochs", do)

    def test_a_seed_decides_everything(self) -> None:
        """Two runs under one seed give the same weights, another seed gives others, whatever was drawn before."""
        first = self.fit_predict(6)
        self.draw()
        do = "Derive order and random streams from the settings' seed, the epoch and the update, from nothing else."
        equal(self.fit_predict(6), first, "weights of two runs under one seed", do, tolerance=0)
        different(self.fit_predict(6, seed=1), first, "weights under two seeds", do)

    def test_pieces_give_the_weights_of_the_whole(self) -> None:
        """Training to 3, 4, 4 and 9 steps is training to 9; a call at its end changes nothing."""
        equal(
            self.fit_predict(3, 4, 4, 9),
            self.fit_predict(9),
            "weights after training in pieces",
            ALIKE,
            tolerance=0,
        )

    def test_restart_gives_the_first_weights_back(self) -> None:
        """Counting begins at zero with the weights of the beginning, so that a restart repeats the first training."""
        task = self.task(through=self.noise)
        self.train(task, max_steps=3)
        first = self.predict(task.net)
        self.train(task, max_steps=5)
        restarted = self.train(task, max_steps=3, restart=True)
        do = "Copy weights and buffers before the first update, and give them back with restart=True; forget the rest."
        equal(restarted.step, 3, "the step after a restart", do)
        equal(self.predict(task.net), first, "weights after a restart and as many updates", do, tolerance=0)

    def test_an_error_in_a_callback_loses_nothing(self) -> None:
        """After an error at the last step of an epoch, another call goes on as if there had been none."""

        def fail(run: Any) -> None:
            raise PlannedError("planned")

        task = self.task(through=self.noise)
        with expect_error("An error in a callback", "Raise it again.", PlannedError):
            self.train(task, max_steps=10, callbacks=[Notes(at=STEPS_PER_EPOCH, act=fail)])
        result = self.train(task, max_epochs=3)
        equal(
            self.predict(task.net),
            self.fit_predict(3 * STEPS_PER_EPOCH),
            "weights after an error",
            ALIKE,
            tolerance=0,
        )
        equal([result.step, result.epoch], [12, 3], "step and epoch after an error and three epochs", ALIKE)

    def test_ctrl_c_ends_at_a_step_boundary(self) -> None:
        """SIGINT ends a training with the reason "interrupted"; the handler is given back and nothing is lost."""
        # only the main thread receives signals
        if threading.current_thread() is not threading.main_thread():
            return
        task = self.task(through=self.noise)
        before = signal.getsignal(signal.SIGINT)
        notes = Notes(at=3, act=lambda run: signal.raise_signal(signal.SIGINT))
        do = "Note SIGINT while training, end at the next step boundary as interrupted, give the handler back."
        try:
            result = self.train(task, max_steps=9, callbacks=[notes])
        except KeyboardInterrupt:
            raise ConformanceError(f"Ctrl-C ends a training with a KeyboardInterrupt.\n  {do}") from None
        equal([result.step, result.reason], [3, "interrupted"], "step and reason after Ctrl-C in step 3", do)
        hold(signal.getsignal(signal.SIGINT) == before, "The handler of SIGINT is another one than before.", do)
        self.train(task, max_steps=9)
        equal(self.predict(task.net), self.fit_predict(9), "weights after Ctrl-C and going on", ALIKE, tolerance=0)

    def test_a_loss_that_is_not_finite_is_an_error_or_counted(self) -> None:
        """By default the training ends with an error of ours; with "skip" the update is left out and counted."""
        columns = dict(ROWS) | {"target": [*ROWS["target"][:6], [math.inf, 0.0]]}
        session = self.session()
        do = "Check losses at log points and raise an error that names the loss; with skip, count what you leave out."
        with expect_error("A loss that is not finite", do):
            self.train(self.task(session, columns=columns), max_epochs=1)
        task = self.task(session, columns=columns)
        result = self.train(task, max_epochs=1, non_finite="skip")
        equal([result.step, result.skipped], [3, 1], "updates made and skipped in an epoch with a bad sample", do)
        finite = all(math.isfinite(value) for row in self.predict(task.net) for value in row)
        hold(finite, "A skipped update has reached the weights.", do)

    def test_modules_are_in_training_mode(self) -> None:
        """Modules of the graph train while a training runs, and have their mode back after it."""
        modes: list[bool] = []
        tasks: list[Task] = []  # filled below: the forward that looks at the net is a part of its task
        task = self.task(through=self.recording(lambda index: modes.append(self.is_training(tasks[0].net))))
        tasks.append(task)
        before = self.is_training(task.net)
        self.train(task, max_steps=2)
        self.infer(task.session, {"y": task.y})
        do = "Set training mode in train, evaluation mode in evaluate and infer, and give each module's mode back."
        equal(modes, [True, True, False, False, False, False], "training modes in two updates, then an inference", do)
        equal(self.is_training(task.net), before, "a module's mode after the actions", do)

    def test_the_callers_random_streams_are_untouched(self) -> None:
        """After each action the framework's generator and Python's go on as if nothing had happened."""
        task = self.task(through=self.noise)
        drawn = []
        for actions in (0, 1):
            self.seed(7)
            random.seed(7)
            if actions:
                self.train(task, max_steps=2)
                task.session.evaluate(EvalRequest.of([self.collector(task)]))
                self.infer(task.session, {"y": task.y})
            drawn.append((self.draw(), random.random()))
        do = "Save the state of the generators before an action and set it again after."
        equal(drawn[1], drawn[0], "numbers drawn after actions and without them", do, tolerance=0)

    def test_sessions_that_alternate_do_not_affect_each_other(self) -> None:
        """Two trainings in turns, with an inference between, end as each does alone."""
        sessions = [self.session(seed=seed) for seed in (0, 1)]
        tasks = [self.task(session, through=self.noise) for session in sessions]
        for end in (2, 3, 7):
            for session, task in zip(sessions, tasks, strict=True):
                self.train(task, max_steps=end)
                self.infer(session, {"y": task.y})
        for seed, task in enumerate(tasks):
            alone = self.fit_predict(7, seed=seed)
            do = "Keep state in the session, per losses; nothing in the module, the class or the process."
            equal(self.predict(task.net), alone, f"weights of training {seed} of two in turns", do, tolerance=0)

    def test_an_unknown_optimizer_is_refused(self) -> None:
        """The error is one of ours, before anything is computed."""
        session = self.session()
        do = "Raise an error that names the optimizers there are (nm_core.errors.did_you_mean)."
        with expect_error("The optimizer no_such_optimizer", do):
            self.train(self.task(session), max_steps=1, optimizer="no_such_optimizer")
