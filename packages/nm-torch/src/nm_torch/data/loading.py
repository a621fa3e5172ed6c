"""Loading of micro-batches, in this process or in workers, in the order of their requests."""

import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset

from nm_torch.data.errors import WorkerError
from nm_torch.errors import OutOfMemoryError


class Request(NamedTuple):
    """A micro-batch to be read: its samples, and the seed and epoch of their random streams.

    Example:
        >>> Request(seed=0, epoch=2, indices=(4, 7)).indices
        (4, 7)
    """

    seed: int
    epoch: int
    indices: tuple[int, ...]


class Loaded(NamedTuple):
    """A micro-batch that was read.

    Example:
        >>> Loaded(values=(torch.zeros(2, 8),), indices=(4, 7), unreadable=((5, "empty file"),)).indices
        (4, 7)

    Attributes:
        values: one value per output port, or None where no sample of the micro-batch could be read.
        indices: the samples in it, in order.
        unreadable: samples left out, each with the reason.
    """

    values: tuple[Any, ...] | None
    indices: tuple[int, ...]
    unreadable: tuple[tuple[int, str], ...]


Reader = Callable[[Request], Loaded]


def read(
    reader: Reader,
    requests: Iterable[Request],
    *,
    workers: int,
    timeout: float,
    pin: bool = False,
    limits: str = "",
) -> Iterator[Loaded]:
    """Yield the micro-batch of each request, in their order.

    Args:
        reader: reads one micro-batch; with workers it is copied into each of them.
        workers: processes that read ahead; 0 reads in this process, one request at a time.
        timeout: seconds after which a worker that gives nothing is taken for hung.
        pin: put tensors into page-locked memory, from which copies to a GPU do not block.
        limits: of a micro-batch, for messages: `batch_size=32`.

    Raises:
        WorkerError: a worker died or gave nothing in time.
    """
    if workers == 0:
        return (pin_values(reader(request)) for request in requests) if pin else map(reader, requests)
    return _read_ahead(reader, requests, workers, timeout, pin, limits)


def pin_values(loaded: Loaded) -> Loaded:
    """Put the tensors of a micro-batch into page-locked memory, as torch's loader does with those of workers."""
    if loaded.values is None:
        return loaded
    return loaded._replace(values=tuple(_pin(value) for value in loaded.values))


def _pin(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.pin_memory()
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return type(value)(_pin(item) for item in value)
    return value


def worker_error(
    error: BaseException, workers: int, timeout: float, limits: str = "", *, killed: bool = False
) -> WorkerError | None:
    """Translate torch's error of a dead or hung worker; None for any other error.

    Torch also raises the first kind from a signal handler, wherever the main process happens to be.

    Args:
        limits: of a micro-batch.
        killed: whether a worker ended by SIGKILL, which torch does not always say.
    """
    text = str(error)
    if not isinstance(error, RuntimeError) or isinstance(error, WorkerError):
        return None
    if text.startswith("DataLoader timed out"):
        return WorkerError(
            f"no micro-batch arrived from {workers} data workers within {timeout:g} seconds.\n"
            "  Raise worker_timeout if reading is that slow.\n"
            "  workers=0 reads in this process, where a hang can be seen in a debugger."
        )
    if not text.startswith("DataLoader worker"):
        return None
    return _death_error(text, workers, limits, killed=killed or "Killed" in text)


def _death_error(text: str, workers: int, limits: str, *, killed: bool) -> WorkerError:
    # Nobody else ends a process so: the system does, when memory is short.
    reason = "it was killed, most likely by the system because memory ran out: " if killed else ""
    spawned = not killed and multiprocessing.get_start_method(allow_none=True) not in (None, "fork")
    guard = '  Processes are spawned here and import the program anew: begin it under `if __name__ == "__main__":`.\n'
    guard = guard if spawned else ""
    return WorkerError(
        f"a data worker process died: {reason}{text}\n"
        f"  If it was killed for memory, lower workers={workers} or the batch{f' ({limits})' if limits else ''}.\n"
        f"{guard}"
        "  workers=0 reads in this process and shows the fault itself."
    )


class _Requests(Dataset[Loaded]):
    """The reader as a torch dataset whose index is a request."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    def __getitem__(self, request: Request) -> Loaded:
        return self.reader(request)


def _read_ahead(
    reader: Reader, requests: Iterable[Request], workers: int, timeout: float, pin: bool, limits: str
) -> Generator[Loaded, None, None]:
    loader = DataLoader(
        _Requests(reader),
        batch_size=None,  # the sampler yields whole micro-batches already
        sampler=requests,
        num_workers=workers,
        collate_fn=_identity,
        timeout=timeout,
        pin_memory=pin,
        worker_init_fn=_prepare_worker,
        generator=torch.Generator(),  # torch draws a seed for its workers: not from the caller's generator
    )
    # Torch does not publish its workers: they are the children that its iterator starts.
    others = set(multiprocessing.active_children())
    try:
        batches = iter(loader)
        started = set(multiprocessing.active_children()) - others
    except BaseException:
        # an interrupt while they start: they do not listen to it, and the interpreter would wait for them at its end
        _kill(set(multiprocessing.active_children()) - others)
        raise
    failed = True
    try:
        yield from batches
        failed = False
    except GeneratorExit:
        failed = False
        raise
    except RuntimeError as error:
        translated = worker_error(error, workers, timeout, limits, killed=_is_killed(started))
        if translated is None:
            raise
        raise translated from error
    except OutOfMemoryError as error:
        # torch puts the traceback of the worker in front of the message
        raise OutOfMemoryError(str(error).rpartition(f"{OutOfMemoryError.__name__}: ")[2].strip()) from None
    except (OSError, EOFError) as error:
        if "DataLoader worker process" in str(error):  # the author's own error, brought here from a worker
            raise
        lost = f"its last micro-batch was lost on the way ({error!r})."
        raise _death_error(lost, workers, limits, killed=_is_killed(started)) from error
    finally:
        with _block_sigchld():
            if failed:
                _kill(started)
            del batches  # torch tells its workers that they are done, and waits for them
            _kill(started)


@contextmanager
def _block_sigchld() -> Iterator[None]:
    """Hold back the signal of a dead child: torch turns it into an error of whatever runs just then."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _is_killed(processes: Iterable[BaseProcess]) -> bool:
    return any(process.exitcode == -signal.SIGKILL for process in processes)


def _kill(processes: Iterable[BaseProcess]) -> None:
    """End workers that hang: they do not listen to SIGTERM."""
    for process in processes:
        if process.is_alive():
            process.kill()
        process.join()


def _identity(loaded: Any) -> Any:
    return loaded


def _prepare_worker(worker: int) -> None:
    """Leave SIGINT, SIGTERM and SIGHUP to the main process, which needs its data until it ends at a step boundary."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
