"""Arrays that worker processes share."""

from typing import Any

import numpy
import torch
from numpy.typing import NDArray


class SharedArray:
    """An array that every worker process reads in place, however processes are started.

    A forked worker sees the memory of its parent. A spawned one is sent its arguments: there torch sends a handle to
    shared memory, where numpy would send a copy. Copies and ordinary pickles hold the values.

    Args:
        values: the array, of one axis.

    Example:
        >>> starts = SharedArray(numpy.array([0, 7, 12]))
        >>> starts.values[1], len(starts)
        (np.int64(7), 3)
    """

    def __init__(self, values: NDArray[Any]) -> None:
        values = numpy.ascontiguousarray(values)
        self._dtype = values.dtype
        # as bytes: torch cannot pickle unsigned integers
        self._bytes = torch.from_numpy(values.view(numpy.uint8))

    def __len__(self) -> int:
        return len(self._bytes) // self._dtype.itemsize

    @property
    def values(self) -> NDArray[Any]:
        """The array, without a copy."""
        # of the tensor each time: sending it to a worker moves its values into shared memory
        return self._bytes.numpy().view(self._dtype)
