"""Progress finds its place: lines in files and pipes without rich, a bar on terminals, an output in notebooks."""

import io
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from nm_core.callbacks import ProgressCallback
from nm_core.callbacks.displays import LastingDisplay, LineDisplay, NotebookDisplay, TerminalDisplay, open_display

LINES = """
import sys
from nm_core import Run
from nm_core.callbacks import ProgressCallback
progress, run = ProgressCallback(), Run("train", step=10, max_steps=20)
progress.on_start(run)
progress.on_log(run, {"loss": 0.5})
progress.on_end(run, "finished")
assert not [name for name in sys.modules if name.partition(".")[0] in ("rich", "IPython")]
"""


class Cell:
    """The outputs of a cell of a notebook."""

    def __init__(self) -> None:
        self.outputs: list[dict[str, str]] = []

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool = False) -> Any:
        """Add an output, and return what replaces it."""
        assert raw
        self.outputs.append(content)
        number = len(self.outputs) - 1
        return SimpleNamespace(update=lambda content, raw: self.outputs.__setitem__(number, content))


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    """Let this process be the kernel of a notebook."""
    cell = Cell()
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()), display=cell)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return cell


def test_a_file_gets_lines_and_costs_no_import() -> None:
    """Neither rich nor IPython is imported where nothing moves."""
    done = subprocess.run([sys.executable, "-c", LINES], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert done.stderr.splitlines()[0] == "epoch 1  update 10/20  loss 0.5  lr 0"
    assert done.stderr.splitlines()[1].startswith("finished: update 10/20")


def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where standard error is a terminal; an interactive shell of IPython there is none of a notebook."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    assert isinstance(open_display().display, LineDisplay)
    monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: SimpleNamespace()))
    assert isinstance(open_display().display, TerminalDisplay)


def test_without_a_standard_error_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program without a console has none."""
    monkeypatch.setattr(sys, "stderr", None)
    open_display().line("a")


@pytest.mark.parametrize("error", [BrokenPipeError(), OSError(5, "EIO"), ValueError("closed"), SystemExit(1)])
@pytest.mark.parametrize("call", ["line", "move", "close"])
def test_a_display_that_is_gone_ends_no_run(error: BaseException, call: str) -> None:
    """A pipe that nobody reads, a terminal that was closed: nothing is shown any more, and nothing is raised."""

    def fail(*values: Any) -> None:
        raise error

    gone: Any = SimpleNamespace(has_bar=True, line=fail, move=fail, close=fail)
    display = LastingDisplay(gone)
    assert display.has_bar
    {"line": lambda: display.line("a"), "move": lambda: display.move("a", 1, 2, ""), "close": display.close}[call]()
    assert not display.has_bar
    display.line("b")
    display.move("b", 1, 2, "")
    display.close()


def test_a_notebook_gets_one_output_that_moves(drive: Any, clock: Any, cell: Cell) -> None:
    """The bar is one output however often it moves; lines have outputs of their own."""
    assert isinstance(open_display().display, NotebookDisplay)
    running = drive(ProgressCallback(clock=clock), max_epochs=3)
    running.train(20, loss=[0.5, 0.25])
    running.run.evaluate([], name="dev")
    running.run.report.append("2 recordings could not be read: <a>.wav")
    running.tell("on_end", "finished")
    bar, *texts = cell.outputs
    assert bar["text/html"].startswith('<progress value="20" max="30"></progress> <code>epoch 2/3  20/30  loss 0.25')
    assert bar["text/plain"].startswith("epoch 2/3  20/30  loss 0.25")
    assert [text["text/plain"] for text in texts] == [
        "update 20  dev: wer 0.04762",
        "finished: update 20/30  80 samples  loss 0.25  in 20 s",
        "note: 2 recordings could not be read: <a>.wav",
    ]


def test_a_bar_moves_ten_times_a_second_at_most(drive: Any, clock: Any, cell: Cell) -> None:
    """Log points may come much faster."""
    progress = ProgressCallback(clock=clock)
    running = drive(progress)
    running.tell("on_start")
    moves = 0

    def count(*values: Any) -> None:
        nonlocal moves
        moves += 1

    progress._display.move = count
    for _ in range(1000):
        clock.seconds += 0.001
        running.tell("on_log", {"loss": 1.0})
    assert moves in (9, 10)


def test_facts_alone(drive: Any, clock: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Where progress is switched off, what the run reports is shown still, and nothing else."""
    progress = ProgressCallback(clock=clock, every_seconds=0)
    progress.facts_only = True
    running = drive(progress)
    running.train(20)
    running.run.report.append("the disk is full")
    running.tell("on_end", "finished")
    assert capsys.readouterr() == ("", "note: the disk is full\n")
