"""Windows of a long recording, in memory that does not grow with its length."""

from collections.abc import Iterable, Iterator

import numpy as np

from nm_asr.data.audio import Samples


def cut_windows(blocks: Iterable[Samples], window: int, step: int) -> Iterator[tuple[int, Samples]]:
    """Yield windows of a recording, each with the number of its first sample.

    All windows have the same length, so that each has as much context as another: the last begins earlier than a step
    after the one before, if need be. A shorter recording is one window.

    Args:
        blocks: the samples of the recording.
        window: samples of a window.
        step: samples between the beginnings of two windows; at most ``window``.
    """
    held = np.zeros(0, np.float32)
    parts: list[Samples] = []
    start, end, first = 0, 0, True  # where `held` begins, how far samples are read, whether nothing was yielded
    for block in blocks:
        parts.append(block)
        end += len(block)
        while end - start >= window + (0 if first else step):
            held, parts = np.concatenate([held, *parts]), []
            if not first:
                held, start = held[step:], start + step
            yield start, held[:window]
            first = False
    held = np.concatenate([held, *parts])
    if first:
        yield 0, held
    elif end - start > window:
        yield end - window, held[-window:]
