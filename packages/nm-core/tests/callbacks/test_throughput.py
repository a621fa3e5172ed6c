"""Speed and the time that is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_core import Run
from nm_core.callbacks.throughput import Pace, duration, last_step


@given(st.integers(1, 1000), st.integers(1, 64), st.floats(0.01, 100), st.integers(1, 20))
def test_an_even_pace_is_known_exactly(steps: int, samples: int, seconds: float, points: int) -> None:
    """At an even pace the speed is that pace and the time left is what remains of it, from the first point on."""
    run = Run("train", step=7, max_steps=7 + steps * (points + 1))
    pace = Pace(3.0, run)
    assert pace.remaining(run) is None
    for point in range(1, points + 1):
        run.step, run.samples = 7 + steps * point, samples * steps * point
        pace.update(3.0 + seconds * point, run)
        assert pace.steps_per_second == pytest.approx(steps / seconds, rel=1e-6)
        assert pace.samples_per_second == pytest.approx(samples * steps / seconds, rel=1e-6)
        left = pace.remaining(run)
        assert left == pytest.approx(seconds * (points + 1 - point), rel=1e-6)


def test_a_clock_that_stands_still_changes_nothing() -> None:
    """No time or no update passed is no speed, and not a division by zero."""
    run = Run("train", max_steps=10)
    pace = Pace(0.0, run)
    pace.update(0.0, run)
    run.step = 5
    pace.update(0.0, run)
    assert pace.steps_per_second == 0.0
    assert pace.remaining(run) is None


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"max_steps": 50}, 50),
        ({"max_epochs": 3}, None),
        ({"max_epochs": 3, "steps_per_epoch": 10}, 30),
        ({"max_epochs": 3, "steps_per_epoch": 10, "max_steps": 25}, 25),
        ({"max_epochs": 2, "steps_per_epoch": 10, "max_steps": 25}, 20),
    ],
)
def test_the_first_end_counts(settings: dict[str, int], expected: int | None) -> None:
    """The last update is the first of the ends that are known."""
    assert last_step(Run("train", **settings)) == expected


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (125, "2:05"), (3725, "1:02:05")]
)
def test_durations_read_well(seconds: float, text: str) -> None:
    """Seconds, minutes and hours are told apart."""
    assert duration(seconds) == text
