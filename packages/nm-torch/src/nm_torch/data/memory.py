"""Memory that ran out: recognised whoever raises it, and told with the batch that was too large."""

import errno
import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from nm_torch.errors import OutOfMemoryError

_SIGNS = (
    "DefaultCPUAllocator",
    "CPUAllocator",
    "not enough memory",
    "can't allocate memory",
    "out of memory",
    "_STATUS_ALLOC_FAILED",
)
"""Parts of messages: torch raises a plain RuntimeError on the CPU, and from libraries of the GPU."""


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that memory ran out, on the host or on a device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def explain_memory(error: BaseException, batch: str) -> OutOfMemoryError:
    """Return an error of ours in place of one that says that memory ran out.

    Args:
        batch: the batch that was too large, a line of text, or nothing.
    """
    # CUDA's message has a paragraph after its first sentence, and that of the CPU begins with a line of C++.
    message = re.sub(r"^\[enforce fail at .*?\] (err == 0\. )?", "", str(error).strip()) or type(error).__name__
    reason = message.splitlines()[-1].partition(". ")[0][:300]
    return OutOfMemoryError(
        f"out of memory: {reason}\n"
        + (f"  {batch}\n" if batch else "")
        + "  Lower the size of a batch (half of it with batches_per_step=2 gives the same updates), leave out or cut\n"
        '  the longest samples, put like sizes together (bucketing), or use precision="bf16" or a larger device.'
    )


def describe_values(values: Sequence[Any]) -> str:
    """Return the shapes of the tensors among some values: `32 x 64 x 1700, 32`."""
    shapes = [" x ".join(map(str, value.shape)) for value in values if isinstance(value, Tensor) and value.dim()]
    return ", ".join(shapes)
