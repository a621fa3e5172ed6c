"""Start one process per rank: replace this process by torchrun with the same arguments."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from nm_core.errors import BackendError
from nm_core.plugins.known import pip_line

_LAUNCHER = "nm_torch.launch"


def launch(processes: int, arguments: Sequence[str]) -> None:
    """Run `nmod` with the same arguments in several processes on this machine; does not return.

    Each process gets its share of the cores, unless OMP_NUM_THREADS says otherwise.

    Raises:
        BackendError: nm-torch is not installed.
    """
    if find_spec("nm_torch") is None:
        raise BackendError(f"--nproc needs torchrun, which comes with nm-torch.\n  Install it: {pip_line('nm-torch')}")
    environment = dict(os.environ)
    environment.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    command = [sys.executable, "-m", _LAUNCHER, "--standalone", f"--nproc-per-node={processes}"]
    os.execve(sys.executable, [*command, "-m", "nm_core.cli", *arguments], environment)  # noqa: S606 - no shell is wanted


def without_nproc(arguments: Sequence[str]) -> list[str]:
    """Return arguments without `--nproc N`, which the processes that are launched must not see."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if not skip and argument != "--nproc" and not argument.startswith("--nproc="):
            kept.append(argument)
        skip = argument == "--nproc" and not skip
    return kept


def nproc_again() -> list[str]:
    """Return the `--nproc` with which this process was launched, if it was."""
    processes = os.environ.get("LOCAL_WORLD_SIZE", "1")
    return [] if processes == "1" else ["--nproc", processes]


def rank() -> int:
    """Return the number of this process among those of a run, 0 where it is alone."""
    return int(os.environ.get("RANK", "0"))
