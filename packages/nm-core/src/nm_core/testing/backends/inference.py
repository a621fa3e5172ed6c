"""Checks of evaluation and inference: each sample once, in order, and nothing changed by it."""

from __future__ import annotations

import itertools

from nm_core.actions.requests import EvalRequest, InferRequest
from nm_core.graphs.graph import Graph
from nm_core.modules.free_inputs import inputs
from nm_core.testing.backends.backend_hooks import ROWS, VECTOR, SuiteTools
from nm_core.testing.backends.recorders import Notes
from nm_core.testing.expectations import equal, hold


class InferenceChecks(SuiteTools):
    """Evaluation and inference look at each sample once and change nothing."""

    def test_scores_are_over_each_sample_once(self) -> None:
        """The last, smaller micro-batch counts; a second evaluation gives the same; max_batches cuts it short."""
        task = self.task()
        metric = self.collector(task)
        expected = {"samples": 7.0, "given": 7.0, "total": float(sum(map(sum, self.predict(task.net))))}
        do = "Reset each metric, update it with every micro-batch of its data layer once, then compute."
        for _ in range(2):
            equal(task.session.evaluate(EvalRequest.of([metric])), expected, "the scores of an evaluation", do)
        short = task.session.evaluate(EvalRequest.of([metric], max_batches=2))
        equal(short["samples"], 4.0, "samples of two micro-batches of two", "End after max_batches micro-batches.")

    def test_evaluation_and_inference_change_no_weights(self) -> None:
        """Weights are bitwise as before, also right after a training and with its optimizer still there."""
        task = self.task()
        self.train(task, max_steps=2)
        before = self.weights(task.net)
        metric = self.collector(task)
        task.session.evaluate(EvalRequest.of([metric]))
        self.infer(task.session, {"y": task.y, "loss": task.loss})
        do = "Compute no gradients and step no optimizer outside of train."
        equal(
            dict(self.weights(task.net)), dict(before), "weights after an evaluation and an inference", do, tolerance=0
        )

    def test_records_come_in_the_order_of_the_samples(self) -> None:
        """One record per sample with the names asked for, though training shuffles."""
        task = self.task()
        records = self.infer(task.session, {"number": task.index, "made": task.y, "given": task.x})
        do = "Read the data layer in order, compute, and cut each value along its batch axis."
        equal([list(record) for record in records], [["number", "made", "given"]] * 7, "the names in records", do)
        equal([self.plain(record["number"]) for record in records], ROWS["index"], "the numbers of the samples", do)
        equal([self.plain(record["given"]) for record in records], ROWS["x"], "what the data layer gave", do)
        equal([self.plain(record["made"]) for record in records], self.predict(task.net), "what the net made", do)

    def test_free_inputs_are_one_batch(self) -> None:
        """With inputs no data layer is needed; outputs may be the inputs themselves."""
        session = self.session()
        with session.seeded(0, "net"):
            net = self.linear(2, 2, name="net")
        free = inputs(x=VECTOR)
        values = {"x": self.tensor(ROWS["x"])}
        records = self.infer(session, {"y": net(x=free), "x": free}, inputs=values)
        do = "Bind request.inputs to request.graph.needed by name, compute one batch, and cut it into records."
        equal([self.plain(record["y"]) for record in records], self.predict(net), "what was made of free inputs", do)
        equal([self.plain(record["x"]) for record in records], ROWS["x"], "free inputs asked for as outputs", do)

    def test_a_module_stays_in_evaluation_mode(self) -> None:
        """Once a session has put it there, it is in evaluation mode before an inference and after a training."""
        task = self.task()
        task.session.set_evaluation_mode(task.net)
        do = "Put the module into evaluation mode, and give each module the mode back that it had before an action."
        hold(not self.is_training(task.net), "A module that was put into evaluation mode is in training mode.", do)
        self.infer(task.session, {"y": task.y})
        self.train(task, max_steps=1)
        hold(not self.is_training(task.net), "A training leaves a module of a loaded application in its mode.", do)

    def test_nothing_is_computed_before_it_is_asked_for(self) -> None:
        """A consumer that takes one record and closes the iterator has seen one micro-batch, and ends the action."""
        ran: list[int] = []

        task = self.task(through=self.recording(ran.extend))
        notes = Notes()
        records = task.session.infer(InferRequest(Graph({"y": task.y}), callbacks=(notes,)))
        do = "Write infer as a generator: compute a micro-batch when its first record is asked for, end with `finally`."
        hold(not ran and not notes.log, f"Samples {ran} were computed before any record was asked for.", do)
        list(itertools.islice(records, 1))
        equal(ran, [0, 1], "samples computed for the first record, in micro-batches of two", do)
        records.close()  # type: ignore[attr-defined]  # iterators of an action are generators
        reasons = [note[1] for note in notes.select("end")]
        hold(len(reasons) == 1 and reasons[0].startswith("stopped"), f"on_end was told {reasons} after close().", do)
        equal(len(self.infer(task.session, {"y": task.y})), 7, "records of the next inference", do)
