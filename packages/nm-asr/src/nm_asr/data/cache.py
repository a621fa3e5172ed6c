"""Arrays kept in memory between epochs, up to a limit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class BoundedCache:
    """The first arrays that fit are kept; later ones are read each time.

    Nothing is thrown out again: an epoch visits every sample once, so the share that is kept is the share that is
    found.

    Args:
        megabytes: the most the arrays may take together, in units of 2**20 bytes; 0 keeps none.
    """

    def __init__(self, megabytes: float) -> None:
        self.limit = int(megabytes * 2**20)
        self.bytes = 0
        self._arrays: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, index: int, read: Callable[[int], Array]) -> Array:
        """Return the array of a sample, read now or earlier; it must not be written to."""
        kept = self._arrays.get(index)
        if kept is not None:
            return kept
        array = read(index)
        if self.bytes + array.nbytes <= self.limit:
            array = np.ascontiguousarray(array)
            array.flags.writeable = False
            self._arrays[index] = array
            self.bytes += array.nbytes
        return array

    def summary(self, count: int) -> str:
        """Return what is kept, in one line."""
        used, limit = self.bytes / 2**20, self.limit / 2**20
        return f"{len(self)} of {count} samples in memory, {used:.0f} of {limit:.0f} MiB"
