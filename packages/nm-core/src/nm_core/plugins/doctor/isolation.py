"""Examine a collection in a process of its own, with a time limit: a crash or a hang there is one line here."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

from nm_core.plugins.doctor.findings import Examination
from nm_core.plugins.doctor.heavy import import_seconds, without_times
from nm_core.plugins.guard import NOT_THEIRS
from nm_core.plugins.messages import way_out
from nm_core.plugins.records import Candidate, State, Step

REQUEST, STEPS, RESULT = "request.json", "steps.jsonl", "result.json"
_ERRORS = "errors.txt"
_TRACE_LINES = 20
_GRACE = 2.0
"""Seconds in which a process that is stopped may say where it hangs."""


def examine_in_process(candidate: Candidate, *, deep: bool, timeout: float) -> Examination:
    """Examine a collection in another process; a crash or a hang of it is in the record.

    Args:
        candidate: the collection.
        deep: whether everything that it declares is imported.
        timeout: seconds after which the process is stopped.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="nmod-doctor-") as temporary:
        folder = Path(temporary)
        request = {"candidate": asdict(candidate), "deep": deep}
        (folder / REQUEST).write_text(json.dumps(request), encoding="utf-8")
        code = _run(folder, timeout)
        log = (folder / _ERRORS).read_text(encoding="utf-8", errors="replace")
        # without a result, a process that ended well was ended by the collection, with os._exit(0)
        if code == 0 and (folder / RESULT).exists():
            examination = Examination.from_dict(json.loads((folder / RESULT).read_text(encoding="utf-8")))
            return replace(examination, heavy=import_seconds(examination.heavy, log))
        step, doing = _last_step(folder / STEPS)
    error = f"{_describe_end(code, timeout)} while {doing}.\n  {way_out(candidate.collection, candidate.distribution)}"
    record = candidate.record(State.FAILED, step, error)
    return Examination(replace(record, seconds=time.perf_counter() - began, trace=_trim_trace(log)))


def _run(folder: Path, timeout: float) -> int | None:
    """Run the probe with the search path of this process; return its exit code, or ``None`` after the limit."""
    # what is imported by name here is imported from the same place there, wherever it is started
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path)}
    # -P: the folder in which the process starts is not searched for modules
    command = [sys.executable, "-P", "-X", "importtime", "-X", "faulthandler", "-m", "nm_core.plugins.doctor.worker"]
    with (folder / _ERRORS).open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - no shell, and nothing but our own module
            [*command, str(folder)],
            # a collection that asks a question gets an EOFError, and does not hang
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=folder,
            env=environment,
            # children share the session, and end with it
            start_new_session=True,
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            if os.name == "posix":
                process.send_signal(signal.SIGABRT)  # upon which faulthandler writes where it hangs
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE)
            return None
        finally:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Stop the process and its children, which share its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    # takes note of its end: no zombie stays behind
    process.wait()


def _last_step(path: Path) -> tuple[Step, str]:
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    if not lines:
        return Step.IMPORT, "the interpreter starts"
    step, doing = json.loads(lines[-1])
    return Step(step), doing


def _describe_end(code: int | None, timeout: float) -> str:
    if code is None:
        return f"it did not end within {timeout:g} s,"
    if code < 0:
        return f"it crashed the interpreter ({signal.Signals(-code).name})"
    return f"it ended the interpreter (exit code {code})"


def _trim_trace(log: str) -> str | None:
    """Return the end of what the process wrote, without the frames of this package and of the import system."""
    ours = (*NOT_THEIRS, "<frozen ")
    lines = [line for line in without_times(log) if line.strip() and not any(folder in line for folder in ours)]
    return "\n".join(lines[-_TRACE_LINES:]) or None
