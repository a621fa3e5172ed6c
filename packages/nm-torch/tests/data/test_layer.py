"""Data layers read reproducibly, count what they cannot read, and survive bad workers with a clear error."""

import multiprocessing
import os
import pickle
import time
from collections.abc import Sequence
from typing import Any

import numpy
import pytest
import torch

from nm_core.symbols.ports import ports
from nm_torch.data import Batching, BatchingError, DataLayer, SampleError, UnreadableDataError, WorkerError, loading


class Numbers(DataLayer):
    """Sample i is the vector (i, a random number); some numbers are unreadable, deadly or slow."""

    output_ports = ports(x="B Channel:2", numbers="B ; Index")

    def __init__(
        self,
        *,
        count: int = 10,
        batch_size: int = 3,
        workers: int = 0,
        unreadable: tuple[int, ...] = (),
        deadly: int = -1,
        slow: int = -1,
        max_unreadable: int = 20,
    ) -> None:
        super().__init__(
            batching=Batching(batch_size=batch_size, shuffle=True),
            workers=workers,
            worker_timeout=1.0,
            max_unreadable=max_unreadable,
        )
        self.count, self.bad, self.deadly, self.slow = count, unreadable, deadly, slow

    def __len__(self) -> int:
        return self.count

    def sample(self, index: int, random: numpy.random.Generator) -> tuple[int, float]:
        if index in self.bad:
            raise SampleError(f"number {index} is blurred")
        if index == self.deadly:
            os._exit(3)
        if index == self.slow:
            time.sleep(30)
        return index, float(random.random())

    def collate(self, samples: Sequence[tuple[int, float]]) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.tensor(samples, dtype=torch.float64), torch.tensor([index for index, _ in samples])


@pytest.mark.parametrize("workers", [0, 2])
def test_values_depend_on_seed_epoch_and_index_only(workers: int) -> None:
    """Any number of workers and any size of batch give a sample the same value."""
    one_by_one = {int(b.numbers[0]): b.x[0] for b in Numbers(batch_size=1).epoch(seed=4, epoch=2)}

    for batch in Numbers(workers=workers).epoch(seed=4, epoch=2):
        for number, row in zip(batch.numbers.tolist(), batch.x, strict=True):
            assert torch.equal(row, one_by_one[number])


def test_a_batch_is_loaded_by_its_numbers() -> None:
    """load gives a named tuple in port order with exactly the samples asked for."""
    batch = Numbers().load((7, 1), seed=0, epoch=0)

    assert batch._fields == ("x", "numbers")
    assert batch.numbers.tolist() == [7, 1]


def test_iterating_leaves_the_callers_generator_alone() -> None:
    """Worker processes are seeded without a draw from torch's global generator."""
    before = torch.get_rng_state()
    list(Numbers(workers=1))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("workers", [0, 1])
def test_unreadable_samples_are_left_out_counted_and_listed(workers: int) -> None:
    """A sample that cannot be read is left out of its batch and listed with the reason, once."""
    layer = Numbers(unreadable=(2, 5), workers=workers)

    for _ in range(2):
        numbers = [n for batch in layer for n in batch.numbers.tolist()]
        assert sorted(numbers) == [0, 1, 3, 4, 6, 7, 8, 9]

    assert layer.unreadable == {2: "number 2 is blurred", 5: "number 5 is blurred"}


def test_too_many_unreadable_samples_end_the_run() -> None:
    """Past the limit the error lists samples and says how to go on."""
    with pytest.raises(UnreadableDataError, match=r"3 of 10 samples(.|\n)*is blurred(.|\n)*max_unreadable"):
        list(Numbers(unreadable=(1, 2, 3, 4), max_unreadable=2))


def test_nothing_readable_is_an_error_whatever_the_limit() -> None:
    """A data layer none of whose samples can be read never passes for an empty epoch."""
    with pytest.raises(UnreadableDataError, match="2 of 2 samples"):
        list(Numbers(count=2, unreadable=(0, 1)))


def test_a_dead_worker_is_a_clear_error() -> None:
    """A worker that exits gives an error that says so and what to try."""
    with pytest.raises(WorkerError, match=r"worker process died(.|\n)*workers=0"):
        list(Numbers(deadly=4, workers=1))


def test_a_hung_worker_is_a_clear_error() -> None:
    """A worker that gives nothing within the limit gives an error that names the limit."""
    with pytest.raises(WorkerError, match=r"within 1 seconds(.|\n)*worker_timeout"):
        list(Numbers(slow=4, workers=1))


def test_an_empty_data_layer_is_an_error() -> None:
    """A data layer without samples says so when an epoch is planned."""
    with pytest.raises(BatchingError, match="numbers has no samples"):
        Numbers(count=0).plan_epoch(0, 0)


def test_a_data_layer_can_be_sent_to_other_processes() -> None:
    """Where workers are not forked, the layer travels to them whole."""
    layer = Numbers(count=4)
    copied = pickle.loads(pickle.dumps(layer))
    assert torch.equal(copied.load((1, 2)).x, layer.load((1, 2)).x)


def test_a_batch_of_unreadable_samples_alone_is_left_out() -> None:
    """An epoch goes on past a micro-batch none of whose samples can be read."""
    layer = Numbers(count=6, batch_size=1, unreadable=(2,))
    assert len(list(layer)) == 5
    assert layer.load((2,)) is None


def test_an_interrupt_while_workers_start_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers do not listen to Ctrl-C; one that nobody ends would be waited for at the end of the interpreter."""
    iterators = []

    class Interrupted(loading.DataLoader[loading.Loaded]):
        def __iter__(self) -> Any:
            iterators.append(super().__iter__())  # kept, as a traceback does
            raise KeyboardInterrupt

    monkeypatch.setattr(loading, "DataLoader", Interrupted)
    before = set(multiprocessing.active_children())

    with pytest.raises(KeyboardInterrupt):
        next(iter(Numbers(workers=2)))

    assert set(multiprocessing.active_children()) <= before
    assert iterators
