"""Start one process per rank through torchrun, and end as these processes end: `python -m nm_torch.launch ...`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core.cli.launch import LAUNCH_FILE

if TYPE_CHECKING:
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

_INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run torchrun with these arguments and return the exit code of the process that ended first in failure.

    The processes have said themselves what went wrong, so torchrun's own account, a traceback of its own frames, is
    left out; only a process that was killed is named. What `nmod train` left for them in a file is removed.
    """
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    for name in ["torch.distributed.elastic", *logging.root.manager.loggerDict]:
        if name.startswith("torch.distributed.elastic"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        torchrun(list(arguments))
    except ChildFailedError as error:
        return _code(error)
    except SignalException:
        return _INTERRUPTED
    finally:
        if LAUNCH_FILE in os.environ:
            Path(os.environ[LAUNCH_FILE]).unlink(missing_ok=True)
    return 0


def _code(error: ChildFailedError) -> int:
    rank, failure = error.get_first_failure()
    if failure.exitcode >= 0:
        return failure.exitcode
    name = signal.Signals(-failure.exitcode).name
    hint = "\n  The machine may have run out of memory." if name == "SIGKILL" else ""
    print(f"The process of rank {rank} was killed by {name}; the others were stopped.{hint}", file=sys.stderr)  # noqa: T201
    return 128 - failure.exitcode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
