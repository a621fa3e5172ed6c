"""When checkpoints are asked for, and which of them stay."""

from typing import Any, get_type_hints

import pytest

from nm_core import Callback, ParameterError, Run
from nm_core.callbacks import CheckpointCallback
from nm_core.callbacks.retention import Retention
from nm_core.symbols.parameter_values import PositiveInt


class Evaluate(Callback):
    """Evaluates every five updates."""

    step_interval = 5

    def on_step(self, run: Run) -> None:
        """Evaluate."""
        run.evaluate([], name="dev")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [10, 20, 30]),
        ({"every_epochs": 3}, [30]),
        ({"every_steps": 8}, [8, 16, 24, 32]),
        ({"every_steps": 15, "every_epochs": 2}, [15, 20, 30]),
        ({"every_minutes": 0.25}, [20]),
        ({"every_minutes": 0.25, "every_steps": 12}, [12, 24]),
    ],
)
def test_it_asks_when_it_says(drive: Any, clock: Any, settings: dict[str, Any], expected: list[int]) -> None:
    """Updates, epochs and minutes (looked at when a log point comes, counted from the last checkpoint) all count."""
    running = drive(CheckpointCallback(clock=clock, **settings))
    running.train(35)
    assert running.checkpoints == expected


def test_a_better_score_asks_at_once(drive: Any) -> None:
    """Each best score is followed by a checkpoint of the very weights that were scored; other scores are not."""
    scores = {5: 0.5, 10: 0.6, 15: float("nan"), 20: 0.4, 25: 0.4, 30: 0.1, 35: 0.2}
    running = drive(Evaluate(), CheckpointCallback(every_steps=100, metric="dev.wer"))
    running.scores = lambda step: {"wer": scores[step]}
    running.train(35)
    assert running.checkpoints == [5, 20, 30]
    assert running.run.retention == Retention(last=3, best=1, metric="dev.wer", mode="min")


def test_the_best_may_be_the_largest(drive: Any) -> None:
    """With mode "max" a larger score is better."""
    running = drive(Evaluate(), CheckpointCallback(every_steps=100, metric="dev.wer", mode="max", best=2, keep=1))
    running.scores = lambda step: {"wer": -abs(step - 15)}
    running.train(30)
    assert running.checkpoints == [5, 10, 15]
    assert running.run.retention == Retention(last=1, best=2, metric="dev.wer", mode="max")


def test_the_best_score_survives_a_resume(drive: Any) -> None:
    """A resumed run does not take a worse score for the first one, and goes on counting epochs."""
    first = CheckpointCallback(every_epochs=2, metric="dev.wer")
    drive(Evaluate(), first).train(10)
    second = CheckpointCallback(every_epochs=2, metric="dev.wer")
    second.load_state(first.state())
    running = drive(Evaluate(), second, step=10)
    running.scores = lambda step: {"wer": 0.5}
    running.train(40)
    assert running.checkpoints == [20, 40]


def test_a_score_that_is_not_there_is_an_error(drive: Any) -> None:
    """A mistyped score of a known evaluation is told at the first evaluation, with the nearest one."""
    running = drive(Evaluate(), CheckpointCallback(metric="dev.were"))
    with pytest.raises(ParameterError, match=r'"dev" has no score "dev.were"\. Did you mean "dev.wer"\?'):
        running.train(5)


def test_an_evaluation_that_never_came_is_reported(drive: Any) -> None:
    """A metric of an evaluation that the run does not have is told at the end."""
    running = drive(Evaluate(), CheckpointCallback(metric="test.wer"))
    running.tell("on_end", running.train(10))
    assert len(running.run.report) == 1
    assert "never saw the score test.wer" in running.run.report[0]
    assert "evaluations of this run: dev" in running.run.report[0]


def test_a_score_that_was_never_finite_is_reported_as_such(drive: Any) -> None:
    """It was evaluated, so that nobody looks for a name that is misspelt."""
    running = drive(CheckpointCallback(metric="dev.wer"))
    running.tell("on_start")
    running.tell("on_evaluation", "dev", {"wer": float("inf")})
    running.tell("on_end", "finished")
    assert running.run.report == [
        "CheckpointCallback saw no finite value of dev.wer, so no checkpoint was kept as the best."
    ]


def test_the_end_has_a_checkpoint_unless_told_otherwise(drive: Any) -> None:
    """The run is told whether to write one after its last update; one callback that wants it is enough."""
    for wishes, expected in [((True,), True), ((False,), False), ((True, False), True)]:
        running = drive(*(CheckpointCallback(at_end=wish) for wish in wishes))
        running.tell("on_start")
        assert running.run.checkpoint_at_end is expected


def test_a_run_without_a_folder_is_an_error(drive: Any) -> None:
    """Where nothing can be written, asking for checkpoints is an error at the start."""
    with pytest.raises(ParameterError, match="NeuralModuleFactory"):
        drive(CheckpointCallback(), work_dir=None).train(1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"every_steps": -1}, "every_steps"),
        ({"every_minutes": "5"}, "every_minutes"),
        ({"keep": 0}, "last is a number from 1"),
        ({"best": 2}, "give metric"),
        ({"metric": "dev.wer", "mode": "least"}, 'mode is "min"'),
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any], message: str) -> None:
    """Settings that make no sense are refused when the callback is made."""
    with pytest.raises(ParameterError, match=message):
        CheckpointCallback(**settings)


def test_keep_says_its_range_to_the_check_of_files() -> None:
    """A file that keeps no checkpoint is found before it is trained, as the constructor would refuse it."""
    hints = get_type_hints(CheckpointCallback.__init__, include_extras=True)
    assert hints["keep"] == PositiveInt
