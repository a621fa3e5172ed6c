"""The memory of a data layer stays within its limit."""

import numpy as np

from nm_asr.data.cache import BoundedCache


def test_the_limit_holds() -> None:
    """Arrays are kept while they fit; the rest is read each time, and nothing is thrown out."""
    cache = BoundedCache(1.0)
    reads: list[int] = []

    def read(index: int) -> np.ndarray:
        reads.append(index)
        return np.full(100_000, index, np.float32)

    for _ in range(2):
        for index in range(5):
            assert cache.get(index, read)[0] == index

    assert reads == [0, 1, 2, 3, 4, 2, 3, 4]
    assert cache.bytes <= 2**20
    assert cache.summary(5) == "2 of 5 samples in memory, 1 of 1 MiB"


def test_what_is_kept_cannot_be_changed() -> None:
    """An array from memory is read-only, so that no augmentation can spoil it."""
    cache = BoundedCache(1.0)
    cache.get(0, lambda index: np.zeros(3, np.float32))

    assert not cache.get(0, lambda index: np.ones(3, np.float32)).flags.writeable
