"""Run a target on many random cases in pieces that go on where the last one ended, and write down every fault.

The state of a campaign is one JSON file: for each target the next seed, the seconds it has run, how its cases ended,
and the faults with their seeds, so that `python tests/fuzzing --seed 17 manifests` repeats one.
"""

import json
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Protocol

from nm_core import NmError

SECONDS_PER_CASE = 60
"""A case that takes longer is a fault; generous, since other work may share the processor."""

MOST_FAULTS = 200
"""Faults kept per target: more would hide each other."""


class Fault(Exception):
    """A case ended in a way that is not allowed."""


class Target(Protocol):
    """Something that reads what comes from outside."""

    def __init__(self, folder: Path) -> None:
        """Prepare what all cases share in a folder of the target's own."""

    def run(self, random: Random, folder: Path) -> str:
        """Run one case in an empty folder; return how it ended.

        Raises:
            NmError: the input is refused, which is an answer.
            Exception: anything else is a fault.
        """


@dataclass
class Progress:
    """How far a target has come."""

    next_seed: int = 0
    seconds: float = 0.0
    ends: dict[str, int] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)


def run_case(target: Target, seed: int, folder: Path) -> tuple[str, str | None]:
    """Run the case of a seed; return how it ended, and the traceback where that is a fault."""
    case = folder / "case"
    case.mkdir()
    previous = Path.cwd()
    os.chdir(case)
    try:
        with _time_limit(SECONDS_PER_CASE):
            return target.run(Random(seed), case), None
    except NmError as error:
        return ("refused", None) if str(error).strip() else ("fault", f"{type(error).__name__} without a message")
    except Exception:  # noqa: BLE001 - a fault of any class is what is looked for
        return "fault", traceback.format_exc(limit=-12)
    finally:
        os.chdir(previous)
        shutil.rmtree(case, onerror=_make_removable)


def run_campaign(
    make: Callable[[Path], Target], progress: Progress, *, seconds: float, cases: int, running: Path | None = None
) -> None:
    """Run cases of a target until the time is over or so many have run.

    Args:
        make: makes the target.
        progress: where it begins, and what is added to.
        seconds: seconds after which no further case begins.
        cases: how many cases to run at most.
        running: a file that holds the seed of the case that runs, so that a case that kills the process is found.
    """
    with tempfile.TemporaryDirectory() as temporary:
        shared = Path(temporary) / "shared"
        shared.mkdir()
        target = make(shared)
        start = time.monotonic()
        spent = progress.seconds
        for seed in range(progress.next_seed, progress.next_seed + cases):
            if progress.seconds - spent > seconds:
                break
            if running is not None:
                running.write_text(str(seed), encoding="utf-8")
            end, fault = run_case(target, seed, Path(temporary))
            progress.ends[end] = progress.ends.get(end, 0) + 1
            if fault is not None and len(progress.faults) < MOST_FAULTS:
                progress.faults[str(seed)] = fault
            progress.next_seed = seed + 1
            progress.seconds = spent + time.monotonic() - start
    if running is not None:
        running.unlink(missing_ok=True)


def note_killed(progress: Progress, running: Path) -> None:
    """Count the case during which the former process ended or was killed as a fault, and go on after it."""
    if running.is_file():
        seed = int(running.read_text(encoding="utf-8"))
        progress.faults[str(seed)] = "the process crashed, hung or was stopped during this case"
        progress.next_seed = seed + 1
        running.unlink()


def read_state(path: Path) -> dict[str, Progress]:
    """Read the state of a campaign; none if there is no file yet."""
    if not path.is_file():
        return {}
    return {name: Progress(**entry) for name, entry in json.loads(path.read_text(encoding="utf-8")).items()}


def write_state(path: Path, state: dict[str, Progress]) -> None:
    """Write the state of a campaign in place of the former, whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(json.dumps({name: vars(entry) for name, entry in state.items()}, indent=1), encoding="utf-8")
    partial.replace(path)


@contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    def expire(number: int, frame: FrameType | None) -> None:
        raise Fault(f"no end after {seconds} seconds")

    previous = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, previous)


def _make_removable(function: Callable[..., Any], path: str, info: Any) -> None:
    os.chmod(path, 0o700)
    function(path)
