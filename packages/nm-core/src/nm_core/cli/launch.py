"""Start one process per rank: replace this process by torchrun with the same arguments."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from nm_core.errors import BackendError
from nm_core.plugins.known import pip_line

if TYPE_CHECKING:
    from nm_core.application.saved.document import Document

_LAUNCHER = "nm_torch.launch"
LAUNCH_FILE = "NMOD_LAUNCH_FILE"
"""The environment variable that names the file with what was read for a launch; the launcher removes it."""


def launch(processes: int, arguments: Sequence[str], app: str, text: str) -> None:
    """Run `nmod` with the same arguments in several processes on this machine; does not return.

    Each process gets its share of the cores, unless OMP_NUM_THREADS says otherwise, and the text of the application as
    it was read here: all of them train the same, whatever becomes of its file in the meantime.

    Raises:
        BackendError: nm-torch is not installed.
    """
    if find_spec("nm_torch") is None:
        raise BackendError(f"--nproc needs torchrun, which comes with nm-torch.\n  Install it: {pip_line('nm-torch')}")
    # As for nmod itself: with `python -m` alone, a token.py in the working folder is imported in Python's own place.
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    # torchrun would set 1, which leaves cores idle; without a value each process takes all of them.
    environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    # A file and no argument: a text of megabytes is longer than a command line may be. Only its owner can read it.
    descriptor, environment[LAUNCH_FILE] = mkstemp(prefix="nmod-", suffix=".json")
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"application": os.path.abspath(app), "text": text}, file)
    command = [sys.executable, "-m", _LAUNCHER, "--standalone", f"--nproc-per-node={processes}"]
    os.execve(sys.executable, [*command, "-m", "nm_core.cli", *arguments], environment)  # noqa: S606 - no shell is wanted


def read_application(app: str, changes: Mapping[str, str]) -> Document:
    """Read an application, or take over what the process that launched this one has read of it."""
    from nm_core.application.saved.document import read_document

    text = None
    if LAUNCH_FILE in os.environ:
        launched = json.loads(Path(os.environ[LAUNCH_FILE]).read_text(encoding="utf-8"))
        if launched["application"] == os.path.abspath(app):  # what a training starts itself is of another one
            text = launched["text"]
    return read_document(app, changes, text=text)


def without_nproc(arguments: Sequence[str]) -> list[str]:
    """Return arguments without `--nproc N`, which the processes that are launched must not see."""
    rest: list[str] = []
    skip = False
    for argument in arguments:
        if not skip and argument != "--nproc" and not argument.startswith("--nproc="):
            rest.append(argument)
        skip = argument == "--nproc" and not skip
    return rest


def nproc_arguments() -> list[str]:
    """Return the `--nproc` with which this process was launched, if it was."""
    processes = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return [] if processes == "1" else ["--nproc", processes]


def rank() -> int:
    """Return the number of this process among those of a run, 0 where it is alone."""
    return int(os.environ.get("RANK", "0"))
