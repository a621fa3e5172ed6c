"""Whatever a collection's code raises is turned into text; a real Ctrl-C is not."""

import contextlib
import os
import signal
import threading
import weakref

import pytest

from nm_core.plugins.guard import run_guarded


def raising(error: BaseException) -> None:
    """Raise what was given."""
    raise error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("no good"), "ValueError: no good"),
        (SystemExit(3), "it called sys.exit(3)"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (ModuleNotFoundError("No module named 'kaldi'", name="kaldi"), "ModuleNotFoundError: No module named 'kaldi'"),
    ],
)
def test_anything_raised_becomes_one_line(error: BaseException, text: str) -> None:
    """The class and the message are kept, and how long it took."""
    outcome = run_guarded(lambda: raising(error))

    assert outcome.error == text
    assert outcome.seconds >= 0


def test_a_message_that_cannot_be_printed_is_no_problem() -> None:
    """An exception whose ``__str__`` raises is reported all the same."""

    class Rude(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert "cannot be printed" in (run_guarded(lambda: raising(Rude())).error or "")


def test_the_trace_shows_the_collection_and_not_the_guard() -> None:
    """An author sees frames of their own code."""
    trace = run_guarded(lambda: raising(ValueError("here"))).trace or ""

    assert "raise error" in trace
    assert "/guard.py" not in trace


def test_the_trace_shows_where_it_began() -> None:
    """Our own error about a module that fails has the frames of that module."""

    def step() -> None:
        try:
            raising(ValueError("first"))
        except ValueError as error:
            raise LookupError("then") from error

    outcome = run_guarded(step)

    assert outcome.error == "LookupError: then"
    assert "ValueError: first" in (outcome.trace or "")


def test_nothing_of_a_failed_step_stays_alive() -> None:
    """What a failing import had made is freed at once, since only text is kept."""

    class Big:
        pass

    def step() -> None:
        big = Big()
        seen.append(weakref.ref(big))
        raise ValueError

    seen: list[weakref.ref[Big]] = []
    outcome = run_guarded(step)

    assert outcome.error == "ValueError"
    assert seen[0]() is None


def test_a_real_interrupt_goes_through() -> None:
    """Ctrl-C during a collection's import stops the program, even if the collection swallows it."""
    before = signal.getsignal(signal.SIGINT)

    def swallow() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)

    for step in (lambda: os.kill(os.getpid(), signal.SIGINT), swallow):
        with pytest.raises(KeyboardInterrupt):
            run_guarded(step)
    assert signal.getsignal(signal.SIGINT) is before


def test_works_outside_the_main_thread() -> None:
    """Signals cannot be watched in other threads, and nothing else changes there."""
    errors = []
    thread = threading.Thread(target=lambda: errors.append(run_guarded(lambda: raising(SystemExit(1))).error))
    thread.start()
    thread.join()

    assert errors == ["it called sys.exit(1)"]
