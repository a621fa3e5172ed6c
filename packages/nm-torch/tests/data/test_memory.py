"""Memory that runs out is told with the batch, wherever it does: in reading, workers, and all actions."""

import errno
import os
import signal
from typing import Any

import numpy
import pytest
import torch
from nm_torch_samples import Map, Ragged, SampleLoss, Upper
from torch import Tensor

from nm_core import Metric, NeuralModuleFactory, inputs
from nm_torch.data import DataLayer, Request, WorkerError
from nm_torch.data.loading import Loaded, pin_values
from nm_torch.data.memory import explain_memory, is_out_of_memory
from nm_torch.errors import OutOfMemoryError

CPU = "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."
HUGE = 10**15


class Sized(Ragged):
    """Ragged sequences that know their lengths, with names, one of which takes more memory than there is."""

    huge = -1

    def size_of(self, index: int) -> float:
        """Return the number of positions."""
        return float(index % 7)

    def sample_name(self, index: int) -> str:
        """Return a path."""
        return f"{index}.wav"

    def sample(self, index: int, random: numpy.random.Generator) -> Any:
        """Read a sample, or too much."""
        if index == self.huge:
            torch.zeros(HUGE)
        return super().sample(index, random)


class Greedy(Map):
    """A network that needs more memory than there is for long inputs."""

    def forward(self, x: Tensor) -> Any:
        """Allocate."""
        if x.shape[1] >= 6:
            torch.zeros(HUGE)
        return super().forward(x)


def build(layer: DataLayer, net: Map | None = None) -> tuple[Any, Any]:
    """Return a loss and a value of a metric."""
    x, _, _, valid, _ = layer()
    z = (net or Map())(x=x)[1]
    return SampleLoss()(z=z, valid=valid), z


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (RuntimeError(CPU), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"), True),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ..."), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOENT, "No such file"), False),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_it_is_recognised(error: Exception, expected: bool) -> None:
    """Errors of Python, numpy, torch on both devices and the system, and no others."""
    assert is_out_of_memory(error) is expected


def test_the_reason_is_one_sentence() -> None:
    """Of CUDA's paragraph the first sentence stays, and what to do comes after it."""
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of")
    lines = str(explain_memory(error, "The micro-batch has 3 samples.")).splitlines()
    assert lines[:2] == ["out of memory: CUDA out of memory", "  The micro-batch has 3 samples."]
    assert "Lower the size of a batch" in lines[2]
    enforced = CPU.replace("] ", "] err == 0. ")
    for message in (CPU, enforced):
        line = str(explain_memory(RuntimeError(message), "")).splitlines()[0]
        assert line.startswith("out of memory: DefaultCPUAllocator: can't allocate memory: you tried to")


@pytest.mark.parametrize("batches", [1, 3])
def test_training_names_the_batch(batches: int) -> None:
    """The number of samples, the longest by name and size, and the shapes."""
    loss, _ = build(Sized(), Greedy())
    with pytest.raises(
        OutOfMemoryError, match=r"has 2 samples of sized; the longest is 6\.wav, 6; .* 2 x 6 x 3"
    ) as error:
        NeuralModuleFactory().train(loss, max_epochs=1, batches_per_step=batches)
    assert isinstance(error.value, MemoryError)


def test_evaluation_and_inference_name_the_batch() -> None:
    """The other actions do as training does, also with values of the caller's own."""
    _, z = build(Sized(), Greedy())
    nf = NeuralModuleFactory()
    words = Upper()(y=z)
    with pytest.raises(OutOfMemoryError, match=r"has 2 samples of sized; the longest is 6\.wav"):
        nf.infer(words).collect()
    with pytest.raises(OutOfMemoryError, match=r"has 2 samples of sized; the longest is 6\.wav"):
        nf.eval(Words(word=words))


class Words(Metric):
    """Counts words."""

    input_ports = {"word": "list[object Text]"}
    count = 0

    def update(self, word: list[str]) -> None:
        """Count."""
        self.count += len(word)

    def merge(self, other: "Words") -> None:
        """Add."""
        self.count += other.count

    def compute(self) -> dict[str, float]:
        """Return the count."""
        return {"words": float(self.count)}

    def state(self) -> dict[str, int]:
        """Return the count."""
        return {"count": self.count}

    def load_state(self, state: Any) -> None:
        """Take it back."""
        self.count = state["count"]

    def reset(self) -> None:
        """Forget."""
        self.count = 0


def test_a_batch_without_sizes_is_described_by_its_samples() -> None:
    """Where the layer gives no sizes the first samples are named, and values of the caller's own by their shapes."""
    error = Ragged().explain_error(MemoryError("no room"), (3, 4), (torch.zeros(2, 5),))
    assert "2 samples of ragged (sample 3, sample 4); its values have the shapes 2 x 5." in str(error)
    z = Greedy()(x=inputs(x="B T:t Channel:3"))[1]
    with pytest.raises(OutOfMemoryError, match="The values have the shapes 4 x 9 x 3"):
        NeuralModuleFactory().infer(z, inputs={"x": torch.zeros(4, 9, 3)}).collect()


@pytest.mark.parametrize("workers", [0, 2])
def test_reading_names_the_sample(workers: int) -> None:
    """A sample that does not fit is named, from a worker without the worker's traceback."""
    layer = Sized(workers=workers)
    layer.huge = 5
    loss, _ = build(layer)
    expected = r"^out of memory: .*\n  The micro-batch has 1 sample of sized; the longest is 5\.wav"
    with pytest.raises(OutOfMemoryError, match=expected):
        NeuralModuleFactory().train(loss, max_epochs=1)


def test_a_worker_killed_by_the_system_is_told() -> None:
    """SIGKILL of a worker, as the system sends it when memory is short, is an error that says so."""

    class Killed(Sized):
        """Is killed while it reads."""

        def sample(self, index: int, random: numpy.random.Generator) -> Any:
            """Die."""
            os.kill(os.getpid(), signal.SIGKILL)

    loss, z = build(Killed(workers=1))
    nf = NeuralModuleFactory()
    expected = (
        r"(?s)killed, most likely by the system because memory ran out.*lower workers=1 or the batch .batch_size=2."
    )
    with pytest.raises(WorkerError, match=expected):
        nf.train(loss, max_epochs=1)
    with pytest.raises(WorkerError, match=expected):
        nf.infer(z).collect()


def test_values_are_pinned_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tensor of a micro-batch is put into page-locked memory, those in lists too, and nothing else is touched."""
    pinned: list[Tensor] = []

    def pin_memory(tensor: Tensor) -> Tensor:
        pinned.append(tensor)
        return tensor + 100

    monkeypatch.setattr(Tensor, "pin_memory", pin_memory)
    first, second = torch.zeros(2), torch.ones(2)

    loaded = pin_values(Loaded((first, [second, "text"], 3), (0, 1), ()))

    assert [tensor.tolist() for tensor in pinned] == [[0, 0], [1, 1]]
    assert loaded.values is not None
    assert loaded.values[0].tolist() == [100, 100]
    assert loaded.values[1][1:] == ["text"]
    assert loaded.values[2] == 3
    assert pin_values(Loaded(None, (), ((0, "empty"),))).values is None
    (streamed,) = Ragged(count=2).stream([Request(0, 0, (0, 1))], pin=True)
    assert streamed.values is not None
    assert streamed.values[4].tolist() == [100, 101]
    (streamed,) = Ragged(count=2).stream([Request(0, 0, (0, 1))])
    assert streamed.values is not None
    assert streamed.values[4].tolist() == [0, 1]
