"""Data parallelism: every process holds the whole model and computes its share of each update."""

import atexit
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from nm_torch.errors import StrategyError
from nm_torch.lowering import Lowered
from nm_torch.strategies.base import Strategy

TIMEOUT = timedelta(minutes=10)
"""How long a process waits for another before the run ends with an error."""


class DistributedStrategy(Strategy):
    """`DistributedDataParallel` over the lowered module: NCCL between GPUs, gloo between CPUs and for numbers."""

    name: ClassVar[str] = "ddp"

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        join_process_group(device)
        self.rank = distributed.get_rank()
        self.world_size = distributed.get_world_size()
        self.divides = float(self.world_size)
        # Numbers of the host go through gloo where it is joined: a detour over the GPU would wait for its kernels.
        backends = distributed.get_backend_config()
        self._host = torch.device("cpu") if "cpu" in str(backends) or backends == "gloo" else device

    def wrap(self, module: Lowered, *, may_be_unused: bool) -> nn.Module:
        """Return the module under `DistributedDataParallel`, which first gives every process the weights of rank 0."""
        on_gpu = self.device.type == "cuda"
        return DistributedDataParallel(
            module,
            device_ids=[self.device.index] if on_gpu else None,
            # Known from the graph: looking for unused weights costs a walk over the autograd graph at each step.
            find_unused_parameters=may_be_unused,
        )

    def accumulating(self, module: nn.Module) -> AbstractContextManager[Any]:
        """Return the context in which gradients are not exchanged."""
        assert isinstance(module, DistributedDataParallel)
        return module.no_sync()

    def sum(self, values: Sequence[float]) -> list[float]:
        """Return the sums over all processes, in one collective."""
        summed = torch.tensor(values, dtype=torch.float64, device=self._host)
        distributed.all_reduce(summed)
        return list(summed.tolist())

    def gather(self, data: Any) -> list[Any]:
        """Return the plain data of each process, sent as JSON."""
        # JSON and not all_gather_object, which would unpickle the data of other processes.
        text = torch.frombuffer(bytearray(json.dumps(data).encode()), dtype=torch.uint8).to(self._host)
        lengths = [torch.zeros(1, dtype=torch.int64, device=self._host) for _ in range(self.world_size)]
        distributed.all_gather(lengths, torch.tensor([len(text)], device=self._host))
        longest = max(int(length) for length in lengths)
        padded = nn.functional.pad(text, (0, longest - len(text)))
        texts = [torch.empty_like(padded) for _ in range(self.world_size)]
        distributed.all_gather(texts, padded)
        return [json.loads(bytes(text[: int(length)].tolist())) for text, length in zip(texts, lengths, strict=True)]

    def barrier(self) -> None:
        """Wait until every process is here."""
        self.sum([0.0])


def join_process_group(device: torch.device) -> None:
    """Join the processes that torchrun started, unless the program did so itself.

    Raises:
        StrategyError: this process was not started as one of several.
    """
    if not distributed.is_available():
        raise StrategyError('strategy "ddp" needs a build of torch with torch.distributed.\n  Use strategy="single".')
    if distributed.is_initialized():
        return
    missing = [name for name in ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise StrategyError(
            f'strategy "ddp" needs processes started by torchrun; {", ".join(missing)} is not in the environment.\n'
            '  Start with: torchrun --nproc-per-node 2 train.py, or use strategy="auto".'
        )
    if device.type == "cuda":
        torch.cuda.set_device(device)
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    with _redirect_standard_output():
        distributed.init_process_group(backend, timeout=TIMEOUT)
    atexit.register(_leave)
    _share_cores()


@contextmanager
def _redirect_standard_output() -> Iterator[None]:
    """Send what compiled code writes to standard output to standard error instead."""
    # gloo announces its connections there in torch 2.8, and `nmod train --json` has its report there
    try:
        output = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # closed by whoever started the process
        yield
        return
    try:
        yield
    finally:
        os.dup2(output, 1)
        os.close(output)


def _leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _share_cores() -> None:
    """Give each process its share of the cores: torchrun, not told otherwise, leaves each with one thread."""
    local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    if "TORCHELASTIC_RUN_ID" in os.environ and os.environ.get("OMP_NUM_THREADS") == "1":
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // local))
