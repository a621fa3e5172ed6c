"""Counter-based randomness of data: an order and a stream are functions of (seed, epoch, index), never of a history.

All of it rests on the raw words of Philox 4x64-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"),
whose output numpy guarantees for all versions and platforms. Nothing here keeps a state, so resuming is a seek.
"""

from enum import IntEnum

import numpy
from numpy.typing import NDArray

_WORD = 0xFFFF_FFFF_FFFF_FFFF


class Stream(IntEnum):
    """Purposes of random streams; streams of one seed never overlap."""

    ORDER = 1
    JITTER = 2
    BATCHES = 3
    SAMPLE = 4


def philox(seed: int, stream: Stream, epoch: int, index: int = 0) -> numpy.random.Philox:
    """Return the bit generator of one stream: keyed by the seed and the purpose, placed by the epoch and the index.

    The lowest of the four counter words counts the draws, so that streams of different epochs or indices are disjoint.
    """
    counter = numpy.array([0, index & _WORD, epoch & _WORD, 0], dtype=numpy.uint64)
    key = numpy.array([seed & _WORD, int(stream)], dtype=numpy.uint64)
    return numpy.random.Philox(counter=counter, key=key)


def permutation(count: int, seed: int, epoch: int, stream: Stream = Stream.ORDER) -> NDArray[numpy.int64]:
    """Return the order of ``count`` things in an epoch, a uniform permutation that depends on nothing else.

    Sorting independent random keys gives every permutation with equal probability (ties have probability below
    count**2 / 2**65 and fall back to the index).
    """
    keys = philox(seed, stream, epoch).random_raw(count)
    return numpy.argsort(keys, kind="stable").astype(numpy.int64)


def uniform(count: int, seed: int, epoch: int, stream: Stream) -> NDArray[numpy.float64]:
    """Return ``count`` numbers in [0, 1), number i a function of (seed, epoch, i)."""
    words = philox(seed, stream, epoch).random_raw(count)
    return (words >> numpy.uint64(11)).astype(numpy.float64) * 2.0**-53


def sample_generator(seed: int, epoch: int, index: int) -> numpy.random.Generator:
    """Return the generator of one sample in one epoch, the same whatever worker, rank or batch reads it."""
    return numpy.random.Generator(philox(seed, Stream.SAMPLE, epoch, index))
