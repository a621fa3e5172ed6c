"""Worker processes share arrays."""

import multiprocessing
from typing import Any

import numpy
import pytest

from nm_torch.data.shared_array import SharedArray


def read(array: SharedArray, results: Any) -> None:
    """Change the first value in place and send all of them back."""
    array.values[0] = 9
    results.put(array.values.tolist())


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_share_arrays(method: str) -> None:
    """A spawned worker gets the array in place; a forked one has the memory of its parent."""
    array = SharedArray(numpy.arange(3))
    context = multiprocessing.get_context(method)
    results = context.SimpleQueue()
    process = context.Process(target=read, args=(array, results))

    process.start()
    values = results.get()
    process.join()

    assert values == [9, 1, 2]
    assert array.values.tolist() == ([9, 1, 2] if method == "spawn" else [0, 1, 2])
