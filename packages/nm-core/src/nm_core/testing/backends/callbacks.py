"""Checks of callbacks: the events that they hear of, when, and the requests that they may make."""

from __future__ import annotations

from functools import partial
from typing import Any

from nm_core.actions.requests import EvalRequest
from nm_core.callbacks.run import Run
from nm_core.modules.metric import Metric
from nm_core.testing.backends.backend_hooks import SuiteTools
from nm_core.testing.backends.recorders import Notes, PlannedError
from nm_core.testing.expectations import equal, expect_error, hold


class CallbackChecks(SuiteTools):
    """Callbacks are called in order, when they are due."""

    def test_a_training_tells_its_course(self) -> None:
        """Start, epochs, steps that are due, log points, the end with its reason: in this order, each once."""
        session = self.session()
        notes = Notes(every=2)
        result = self.train(self.task(session), max_steps=5, log_every=5, callbacks=[notes])
        events = [note[1:3] for note in notes.log]
        expected: list[Any] = [("start", 0), ("epoch start", 0), ("step", 2), ("step", 4), ("epoch end", 0)]
        expected += [("epoch start", 1), ("log", 5), ("end", "finished")]
        do = "Call each method when it is due: on_step at multiples of step_interval, on_log of log_every, on_end once."
        equal(events, expected, "what a callback was told", do)
        equal(dict(result.losses), notes.select("log")[-1][-1], "losses of the result and of the last log point", do)

    def test_callbacks_are_called_in_the_order_of_their_list(self) -> None:
        """Each event is told to each of them in turn."""
        session = self.session()
        log: list[tuple[Any, ...]] = []
        callbacks = [Notes(log, name) for name in ("first", "second", "third")]
        self.train(self.task(session), max_steps=2, callbacks=callbacks)
        names = [note[0] for note in log]
        do = "Tell every callback of an event, in the order of the list, before the next event."
        equal(names, ["first", "second", "third"] * (len(names) // 3), "who was called", do)

    def test_a_request_to_stop_ends_at_the_step_boundary(self) -> None:
        """The reason says who asked, and another call of train goes on."""
        task = self.task()
        notes = Notes(at=3, act=lambda run: run.request_stop("enough"))
        result = self.train(task, max_steps=9, callbacks=[notes])
        do = 'Look at run.stop_reason after each update and end with "stopped: " and the reason.'
        equal([result.step, result.reason], [3, "stopped: enough"], "step and reason after a request to stop", do)
        equal(notes.select("end"), [("end", "stopped: enough")], "what on_end was told", do)
        resumed = self.train(task, max_steps=4)
        equal([resumed.step, resumed.reason], [4, "finished"], "step and reason of the next call", do)

    def test_every_callback_hears_of_an_error_and_of_the_end(self) -> None:
        """An error goes to on_exception and on_end of all, even if one of them raises, and then to the caller."""

        def fail(run: Any) -> None:
            raise PlannedError("planned")

        class Broken(Notes):
            def on_end(self, run: Any, reason: str) -> None:
                raise RuntimeError("a callback that breaks at the end")

        session = self.session()
        log: list[tuple[Any, ...]] = []
        last = Notes(log, "last")
        do = "Call on_exception, then on_end with 'failed', on all callbacks, and raise the error again."
        with expect_error("An error in a callback", do, PlannedError, RuntimeError):
            self.train(self.task(session), max_steps=4, callbacks=[Notes(at=2, act=fail), Broken(), last])
        expected = [("exception", "PlannedError"), ("end", "failed")]
        equal([note[1:] for note in log[-2:]], expected, "what the last callback was told at the end", do)
        equal(len(last.select("end")), 1, "how often on_end was called", do)

    def test_an_evaluation_during_training_changes_nothing(self) -> None:
        """run.evaluate gives scores, tells on_evaluation, and leaves the training as it would have been."""

        def evaluate(metric: Metric, run: Run) -> None:
            run.evaluate([metric], name="dev")

        predictions = []
        do = "Compute scores as evaluate does, under streams of its own; weights, modes and random streams stay."
        for evaluates in (False, True):
            task = self.task(through=self.noise)
            metric = self.collector(task)
            notes = Notes(at=2, act=partial(evaluate, metric) if evaluates else None)
            result = self.train(task, max_steps=6, callbacks=[notes])
            predictions.append(self.predict(task.net))
            if evaluates:
                events = notes.select("evaluation", "dev")
                hold(len(events) == 1 and events[0][-1]["samples"] == 7.0, f"on_evaluation was told {events}.", do)
                equal(dict(result.scores["dev"]), events[0][-1], "the result's scores", do)
        equal(predictions[1], predictions[0], "weights with an evaluation and without", do, tolerance=0)

    def test_evaluation_and_inference_tell_their_course(self) -> None:
        """Both begin with on_start and end with on_end, the evaluation tells its scores between."""
        task = self.task()
        first, second = Notes(), Notes()
        metric = self.collector(task)
        scores = task.session.evaluate(EvalRequest.of([metric], callbacks=(first,)))
        self.infer(task.session, {"y": task.y}, callbacks=[second])
        do = "Call on_start, on_evaluation(run, 'eval', scores) in evaluate, and on_end."
        events = [("start", 0), ("evaluation", "eval", scores), ("end", "finished")]
        equal([note[1:] for note in first.log], events, "what an evaluation told", do)
        equal([note[1:] for note in second.log], [events[0], events[-1]], "what an inference told", do)
