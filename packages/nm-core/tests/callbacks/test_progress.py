"""What a person sees of a run, on a terminal and elsewhere."""

import io
from typing import Any

import pytest
from rich.console import Console

from nm_core import Callback, ParameterError
from nm_core.callbacks import ProgressCallback


class Counted(io.StringIO):
    """Text that counts how often it is written to."""

    writes = 0

    def write(self, text: str) -> int:
        """Count and write."""
        self.writes += 1
        return super().write(text)


def plain() -> Console:
    """Return a console that is no terminal."""
    return Console(file=Counted(), force_terminal=False, width=40)


def terminal() -> Console:
    """Return a console that is a terminal."""
    return Console(file=Counted(), force_terminal=True, width=160, color_system=None)


def test_without_a_terminal_there_is_a_line_now_and_then(drive: Any, clock: Any) -> None:
    """At a second per update and a log point every ten, every_seconds=25 gives a line at 10, 40 and 70."""
    console = plain()
    running = drive(ProgressCallback(console=console, clock=clock, every_seconds=25), max_steps=90)
    running.run.learning_rate = 0.02
    running.train(90, loss=[0.5] * 9)
    assert console.file.getvalue().splitlines() == [
        "epoch 1  update 10/90  loss 0.5  lr 0.02  4 samples/s  1:20 left",
        "epoch 4  update 40/90  loss 0.5  lr 0.02  4 samples/s  50 s left",
        "epoch 7  update 70/90  loss 0.5  lr 0.02  4 samples/s  20 s left",
    ]


def test_events_always_have_their_line(drive: Any, clock: Any) -> None:
    """Evaluations, checkpoints, the end and the report are shown however little time has passed."""
    console = plain()
    running = drive(ProgressCallback(console=console, clock=clock, every_seconds=1e9), max_epochs=2)
    reason = running.train(20, loss=[0.5, 0.25])
    running.run.evaluate([], name="dev")
    running.run.request_checkpoint()
    running.boundary()
    running.run.skipped = 3
    running.run.report.append("[2] samples could not be read: a[b].wav")
    running.tell("on_end", reason)
    assert console.file.getvalue().splitlines() == [
        "epoch 1/2  update 10/20  loss 0.5  lr 0  4 samples/s  10 s left",
        "update 20  dev: wer 0.04762",
        "update 20  checkpoint runs/x/checkpoints/000001-step-20",
        "finished: update 20/20  80 samples  loss 0.25  3 skipped  in 20 s",
        "note: [2] samples could not be read: a[b].wav",
    ]


def test_a_resumed_run_says_so(drive: Any, clock: Any, tmp_path: Any) -> None:
    """The first line tells from where a run goes on."""
    console = plain()
    running = drive(ProgressCallback(console=console, clock=clock), step=30, resumed_from="runs/x/000001-step-30")
    running.tell("on_start")
    assert console.file.getvalue() == "going on from runs/x/000001-step-30 at update 30\n"


@pytest.mark.parametrize("make", [plain, terminal])
def test_what_is_reported_is_shown_once_and_soon(drive: Any, clock: Any, make: Any) -> None:
    """A report of the start is shown at the start, a later one at the next log point, and none of them twice."""
    console = make()
    running = drive(ProgressCallback(console=console, clock=clock, every_seconds=1e9), max_steps=30)
    running.run.report.append("a damaged checkpoint was passed over")
    running.tell("on_start")
    assert "note: a damaged checkpoint was passed over" in console.file.getvalue()
    running.train(10, start=False)
    running.run.report.append("the disk is full")
    running.train(20, start=False)
    assert "note: the disk is full" in console.file.getvalue()
    running.tell("on_end", "finished")
    assert console.file.getvalue().count("note: ") == 2


def test_on_a_terminal_there_is_a_bar(drive: Any, clock: Any) -> None:
    """The bar shows epoch, updates, loss and the time left; lines of events stand above it; at the end it stays."""
    console = terminal()
    running = drive(ProgressCallback(console=console, clock=clock), max_epochs=3)
    running.train(20, loss=[0.5, 0.25])
    running.run.evaluate([], name="dev")
    running.tell("on_end", "stopped: enough")
    text = console.file.getvalue()
    for part in ("epoch 1/3", "10/30", "loss 0.5", "epoch 2/3", "20/30", "loss 0.25", "10 s left", "dev: wer 0.04762"):
        assert part in text
    assert text.rstrip().endswith("stopped: enough: update 20/30  80 samples  loss 0.25  in 20 s")
    assert "\x1b[?25h" in text  # the cursor is back


def test_an_unknown_end_is_no_hindrance(drive: Any, clock: Any) -> None:
    """Without any end a run still shows where it is."""
    console = terminal()
    running = drive(ProgressCallback(console=console, clock=clock))
    running.tell("on_start")
    running.run.step = 10
    running.tell("on_log", {"loss": 1.0})
    running.tell("on_end", "finished")
    assert "finished: update 10" in console.file.getvalue()


@pytest.mark.parametrize("make", [plain, terminal])
def test_between_log_points_nothing_is_written(drive: Any, clock: Any, make: Any) -> None:
    """However many updates there are, only log points and epochs write; there is no hook on updates."""
    console = make()
    progress = ProgressCallback(console=console, clock=clock, every_seconds=0)
    assert progress.step_interval == 0
    assert type(progress).on_step is Callback.on_step
    running = drive(progress, max_steps=10_000)
    running.train(10, log_every=1000, steps_per_epoch=1000)
    before = console.file.writes
    running.train(990, log_every=1000, steps_per_epoch=1000, start=False)
    assert console.file.writes == before
    running.train(1000, log_every=1000, steps_per_epoch=1000, start=False)
    assert console.file.writes > before
    running.tell("on_end", "finished")


def test_other_ranks_show_nothing(drive: Any, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Only rank 0 shows anything."""
    console = plain()
    running = drive(ProgressCallback(console=console, clock=clock, every_seconds=0), rank=1)
    running.tell("on_end", running.train(20))
    assert console.file.getvalue() == ""
    assert capsys.readouterr() == ("", "")


def test_it_goes_to_standard_error(drive: Any, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Standard output stays free for results."""
    running = drive(ProgressCallback(clock=clock))
    running.tell("on_end", running.train(10))
    out, err = capsys.readouterr()
    assert out == ""
    assert "finished" in err


def test_it_can_be_used_again(drive: Any, clock: Any) -> None:
    """A training in pieces starts and ends the same callback several times."""
    console = terminal()
    progress = ProgressCallback(console=console, clock=clock)
    for steps in (10, 20):
        running = drive(progress, step=steps - 10, max_steps=steps)
        running.tell("on_end", running.train(steps))
    assert console.file.getvalue().count("finished") == 2


def test_seconds_are_a_number() -> None:
    """A least time that is no number is refused."""
    with pytest.raises(ParameterError, match="every_seconds"):
        ProgressCallback(every_seconds=-1)
