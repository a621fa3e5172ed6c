"""Evaluation while training: when it happens, and never twice."""

from typing import Any

import nm_core_samples as samples
import pytest

from nm_core import ParameterError
from nm_core.callbacks import EvaluationCallback


@pytest.fixture
def metric() -> samples.Count:
    """Return a metric that is connected to a graph."""
    features = samples.Features()
    spec, length, _, _ = features()
    encoded, _ = samples.Encoder()(signal=spec, length=length)
    log_probs = samples.Decoder(name="decoder")(encoded=encoded)[0]
    return samples.Count(text=samples.Text()(log_probs=log_probs))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [10, 20, 30]),
        ({"every_epochs": 2}, [20]),
        ({"every_steps": 4}, [4, 8, 12, 16, 20, 24, 28, 32]),
        ({"every_steps": 5, "every_epochs": 1}, [5, 10, 15, 20, 25, 30, 35]),
        ({"every_steps": 15, "every_epochs": 3}, [15, 30]),
    ],
)
def test_it_evaluates_when_it_says(drive: Any, metric: Any, settings: dict[str, int], expected: list[int]) -> None:
    """Updates and epochs both count, and where they meet there is one evaluation."""
    running = drive(EvaluationCallback(metric, name="dev", **settings))
    running.train(35)
    assert running.evaluations == [(step, "dev") for step in expected]
    assert running.run.scores["dev"] == {"wer": 1.0 / (1 + expected[-1])}


def test_two_evaluations_go_their_own_ways(drive: Any, metric: Any) -> None:
    """Evaluations of different names at one step do not hinder each other."""
    running = drive(EvaluationCallback(metric, name="dev"), EvaluationCallback([metric], every_steps=5, name="test"))
    running.train(10)
    assert running.evaluations == [(5, "test"), (10, "test"), (10, "dev")]
    assert running.run.current_scores() == {"dev.wer": 1 / 11, "test.wer": 1 / 11}


def test_epochs_are_counted_across_a_resume(drive: Any, metric: Any) -> None:
    """A run that resumes after one epoch evaluates at the end of the second, as the uninterrupted one does."""
    first = EvaluationCallback(metric, every_epochs=2)
    drive(first).train(10)
    second = EvaluationCallback(metric, every_epochs=2)
    second.load_state(first.state())
    running = drive(second, step=10)
    running.train(40)
    assert [step for step, _ in running.evaluations] == [20, 40]


def test_scores_of_earlier_weights_are_not_current(drive: Any, metric: Any) -> None:
    """After another update the scores are those of other weights, and no longer a checkpoint's own."""
    running = drive(EvaluationCallback(metric, every_steps=10))
    running.train(11)
    assert running.run.scores == {"eval": {"wer": 1 / 11}}
    assert running.run.current_scores() == {}


def test_metrics_must_be_there_and_connected() -> None:
    """No metrics, a stranger or a metric without tensors are errors that say what to give."""
    with pytest.raises(ParameterError, match='EvaluationCallback "dev" needs metrics'):
        EvaluationCallback([], name="dev")
    with pytest.raises(ParameterError, match="takes metrics, got str"):
        EvaluationCallback(["wer"])
    with pytest.raises(
        ParameterError, match=r"count is not connected to anything\. Give it tensors: Count\(text=...\)"
    ):
        EvaluationCallback(samples.Count())


@pytest.mark.parametrize("bad", [-1, 2.5, True, "often"])
def test_intervals_are_whole_numbers(metric: Any, bad: Any) -> None:
    """An interval that is no whole number is refused."""
    with pytest.raises(ParameterError, match="every_steps is a whole number, 0 for never"):
        EvaluationCallback(metric, every_steps=bad)
