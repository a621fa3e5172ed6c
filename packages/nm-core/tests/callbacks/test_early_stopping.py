"""When a run that gets no better is asked to stop."""

from typing import Any

import pytest

from nm_core import ParameterError
from nm_core.callbacks import EarlyStopping


def stops_at(drive: Any, stopping: EarlyStopping, scores: list[float], first: int = 0) -> int | None:
    """Return the number of the evaluation at which the run was asked to stop."""
    running = drive(stopping)
    for number, score in enumerate(scores, start=first):
        running.tell("on_evaluation", "dev", {"wer": score})
        if running.run.stop_reason is not None:
            return number
    return None


@pytest.mark.parametrize(
    ("settings", "scores", "expected"),
    [
        ({"patience": 2}, [5, 4, 3, 2, 1], None),
        ({"patience": 2}, [5, 4, 4, 4, 1], 3),
        ({"patience": 2}, [5, 6, 4, 6, 6], 4),
        ({"patience": 1, "mode": "max"}, [1, 2, 3, 3], 3),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.4, 4.0, 3.8, 1], None),
        ({"patience": 2, "min_delta": 0.5}, [5, 4.4, 4.0, 3.95, 1], 3),
        ({"patience": 2}, [float("nan"), float("inf"), 1], 1),
        ({"patience": 3}, [5, float("nan"), 4, float("inf"), 4, 4], 5),
    ],
)
def test_it_waits_as_long_as_it_says(
    drive: Any, settings: dict[str, Any], scores: list[float], expected: int | None
) -> None:
    """A better score starts the wait again; equal, worse and non-finite ones do not."""
    assert stops_at(drive, EarlyStopping("dev.wer", **settings), scores) == expected


@pytest.mark.parametrize("cut", range(1, 6))
def test_a_resume_changes_nothing(drive: Any, cut: int) -> None:
    """Wherever a run is cut, it stops at the same evaluation as the uninterrupted one."""
    scores = [5.0, 4.0, 4.0, 4.5, 4.2, 4.1]
    first = EarlyStopping("dev.wer", patience=4)
    assert stops_at(drive, first, scores[:cut]) is None
    second = EarlyStopping("dev.wer", patience=4)
    second.load_state(first.state())
    assert stops_at(drive, second, scores[cut:], first=cut) == 5


def test_the_reason_tells_the_story(drive: Any) -> None:
    """The reason names the metric, its best value and the wait."""
    running = drive(EarlyStopping("dev.wer", patience=2))
    for score in (0.25, 0.5, 0.5):
        running.tell("on_evaluation", "dev", {"wer": score})
    assert running.run.stop_reason == "dev.wer has not improved on 0.25 for 2 evaluations"


def test_other_evaluations_do_not_count(drive: Any) -> None:
    """Scores of another evaluation are not looked at, and a metric that never came is reported."""
    running = drive(EarlyStopping("dev.wer", patience=1))
    for _ in range(5):
        running.tell("on_evaluation", "test", {"wer": 1.0})
    assert running.run.stop_reason is None
    running.tell("on_end", "finished")
    assert "never saw the score dev.wer" in running.run.report[0]
    assert "evaluations of this run: test" in running.run.report[0]


def test_an_unknown_score_is_an_error(drive: Any) -> None:
    """A mistyped score of a known evaluation is told with what there is."""
    with pytest.raises(ParameterError, match=r'"dev" has no score "dev.loss"\. It has dev.wer'):
        stops_at(drive, EarlyStopping("dev.loss"), [1.0])


@pytest.mark.parametrize("settings", [{"patience": 0}, {"patience": 1.5}, {"min_delta": -1}, {"mode": "best"}])
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    """Settings that make no sense are refused by name."""
    with pytest.raises(ParameterError, match=next(iter(settings))):
        EarlyStopping("dev.wer", **settings)
