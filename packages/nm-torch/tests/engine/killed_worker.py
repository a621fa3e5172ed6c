"""A training that kills itself in an update, without warning; for test_resuming.py.

Run as: python killed_worker.py FOLDER UPDATE
"""

import os
import signal
import sys
from pathlib import Path

import torch

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]

from nm_torch_samples import Keep  # noqa: E402
from test_resuming import train  # noqa: E402

from nm_core import Run  # noqa: E402
from nm_core.callbacks import CheckpointCallback  # noqa: E402


class Kill(Keep):
    """Ends the process, as the kernel does when memory is short."""

    def on_step(self, run: Run) -> None:
        """Kill at the update asked for."""
        if run.step == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    torch.set_num_threads(1)
    train(Path(sys.argv[1]), 14, callbacks=[CheckpointCallback(every_steps=2), Kill()])
