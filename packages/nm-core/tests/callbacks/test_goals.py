"""Which values of a watched score are the best, and when an evaluation is due."""

import pytest

from nm_core import ParameterError
from nm_core.callbacks.goals import ContraryModeError, PlannedEvaluation, name_goals, resolve_mode

GOALS = {"dev": {"bleu": "max", "wer": "min"}, "test": {}}


@pytest.mark.parametrize(
    ("metric", "mode", "expected"),
    [
        ("dev.bleu", None, "max"),
        ("dev.bleu", "max", "max"),
        ("dev.wer", None, "min"),
        ("test.accuracy", "max", "max"),
        ("test.total_loss", None, "min"),
    ],
)
def test_the_metric_says_it(metric, mode, expected):
    """The goal of the metric counts; a loss is to be small; where nobody else says it, the user does."""
    assert resolve_mode("checkpoint", metric, mode, GOALS) == expected


@pytest.mark.parametrize(
    ("metric", "mode", "error", "said"),
    [
        ("dev.bleu", "min", ContraryModeError, "whose largest value is the best"),
        ("test.loss", "max", ContraryModeError, "whose smallest value is the best"),
        ("val.wer", None, ParameterError, 'nothing evaluates "val.wer". Did you mean "dev.wer"?'),
        ("wer", None, ParameterError, "Evaluated: dev.bleu (max), dev.wer (min), test.SCORE."),
        ("dev.were", None, ParameterError, 'Did you mean "dev.wer"?'),
    ],
)
def test_what_nobody_can_mean_is_refused(metric, mode, error, said):
    """A direction against the goal, an evaluation that is not there, a score of which nobody speaks."""
    with pytest.raises(error) as raised:
        resolve_mode("checkpoint", metric, mode, GOALS)
    assert said in str(raised.value)


def test_without_an_evaluation_the_message_shows_one():
    """Where nothing is evaluated at all, the line that does it is shown."""
    with pytest.raises(ParameterError, match="type: evaluation"):
        resolve_mode("checkpoint", "dev.wer", None, {})


def test_scores_of_one_name_are_told_apart_by_their_metrics():
    """As in the scores themselves, the name of the metric comes first then."""
    goals = name_goals([("first", {"bleu": "max"}), ("second", {"bleu": "max", "chrf": "max"})])
    assert list(goals) == ["first.bleu", "second.bleu", "chrf"]


@pytest.mark.parametrize(
    ("plan", "ends", "expected"),
    [
        ({"every_epochs": 5}, {"max_epochs": 4}, True),
        ({"every_epochs": 5}, {"max_epochs": 5}, False),
        ({"every_epochs": 5}, {"max_steps": 4}, False),
        ({"every_epochs": 5}, {"max_steps": 4, "steps_per_epoch": 1}, True),
        ({"every_steps": 5}, {"max_epochs": 1}, False),
        ({"every_steps": 5}, {"max_epochs": 1, "steps_per_epoch": 4}, True),
        ({"every_steps": 5, "every_epochs": 1}, {"max_steps": 4, "max_epochs": 1}, False),
        ({"every_steps": 5}, {"max_steps": 9, "max_epochs": 1, "steps_per_epoch": 4}, True),
    ],
)
def test_an_evaluation_is_due_before_the_end_or_never(plan, ends, expected):
    """What is not known of the end leaves it open."""
    assert PlannedEvaluation({}, **plan).never_due(**{"max_steps": None, "max_epochs": None, **ends}) is expected
