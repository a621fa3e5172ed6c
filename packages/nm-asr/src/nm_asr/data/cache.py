"""A cache of arrays in memory, up to a limit."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


class BoundedCache:
    """A cache of the first arrays that fit; later ones are read each time.

    Nothing is evicted: an epoch visits every sample once, so that no policy of eviction has more hits.

    Args:
        megabytes: the most that the arrays may take together, in units of 2**20 bytes; 0 keeps none.

    Example:
        >>> cache = BoundedCache(1.0)
        >>> cache.get(3, lambda index: np.zeros(index, np.float32))
        array([0., 0., 0.], dtype=float32)
        >>> cache.summary(10)
        '1 of 10 samples in memory, 0 of 1 MiB'
    """

    def __init__(self, megabytes: float) -> None:
        self.limit = int(megabytes * 2**20)
        self.bytes = 0
        self._arrays: dict[int, Array] = {}

    def __len__(self) -> int:
        return len(self._arrays)

    def get(self, index: int, read: Callable[[int], Array]) -> Array:
        """Return the array of a sample from memory, or read it; it must not be written to."""
        cached = self._arrays.get(index)
        if cached is not None:
            return cached
        array = read(index)
        if self.bytes + array.nbytes <= self.limit:
            array = np.ascontiguousarray(array)
            array.flags.writeable = False  # an augmentation in place would change every later epoch
            self._arrays[index] = array
            self.bytes += array.nbytes
        return array

    def summary(self, count: int) -> str:
        """Describe how much is in memory, in one line."""
        used, limit = self.bytes / 2**20, self.limit / 2**20
        return f"{len(self)} of {count} samples in memory, {used:.0f} of {limit:.0f} MiB"
