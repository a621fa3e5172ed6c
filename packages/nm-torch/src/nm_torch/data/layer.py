"""The data layer: samples by number, cut into micro-batches, read reproducibly by any number of workers."""

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Unpack

import numpy

from nm_core import ModuleOptions, NonNegativeFloat, NonNegativeInt
from nm_core.errors import ModuleDeclarationError
from nm_core.modules.module import NeuralModule, OutputsT
from nm_core.symbols.component import Segment
from nm_torch.data.batching import Batching, Sizes
from nm_torch.data.errors import (
    BatchingError,
    CollateError,
    OversizedSampleError,
    SampleError,
    UnreadableDataError,
    UnreadableSamplesWarning,
    WorkerError,
)
from nm_torch.data.loading import Loaded, Request, read, worker_error
from nm_torch.data.memory import describe_values, explain_memory, is_out_of_memory
from nm_torch.data.order import sample_generator
from nm_torch.data.plan import EpochPlan
from nm_torch.data.shared_array import SharedArray
from nm_torch.errors import OutOfMemoryError


class DataLayer(NeuralModule[OutputsT]):
    """A source of micro-batches over numbered samples.

    A data layer declares `output_ports`, calls this constructor and implements `__len__`, `sample` and `collate`, and
    `size_of` where samples are batched by length. What a sample is in an epoch depends on (seed, epoch, index) alone.

    Args:
        batching: how samples become micro-batches.
        workers: processes that read ahead; 0 reads in the process of the action.
        worker_timeout: seconds without a micro-batch after which workers are taken for hung.
        max_unreadable: how many different samples may raise `SampleError` before the run stops.

    Example:
        >>> class Squares(DataLayer):
        ...     output_ports = {"x": "B ; Index", "y": "B ; Index"}
        ...     def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        ...         super().__init__(batching=Batching(batch_size=2), **options)
        ...     def __len__(self):
        ...         return 5
        ...     def sample(self, index, random):
        ...         return index, index**2
        ...     def collate(self, samples):
        ...         return tuple(numpy.array(column) for column in zip(*samples))
        >>> [batch.y.tolist() for batch in Squares()]
        [[0, 1], [4, 9], [16]]

    Attributes:
        unreadable: samples that could not be read so far, each with the reason.
    """

    segment: ClassVar[Segment] = "source"
    size_limit: ClassVar[str] = "batch_tokens"
    """The name of the parameter that limits the size of a padded batch."""

    def __init__(
        self,
        *,
        batching: Batching,
        workers: NonNegativeInt = 0,
        worker_timeout: NonNegativeFloat = 120.0,
        max_unreadable: NonNegativeInt = 20,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        self.batching = batching
        self.workers = workers
        self.worker_timeout = worker_timeout
        self.max_unreadable = max_unreadable
        self.unreadable: dict[int, str] = {}
        self._sizes: SharedArray | None = None

    def __len__(self) -> int:
        """Return the number of samples."""
        raise self._lacks("__len__()")

    def sample(self, index: int, random: numpy.random.Generator) -> Any:
        """Read one sample, drawing whatever is random about it from `random`.

        Raises:
            SampleError: the sample cannot be read; it is counted and left out.
        """
        raise self._lacks("sample(index, random)")

    def collate(self, samples: Sequence[Any]) -> tuple[Any, ...]:
        """Put samples together into one value per output port, in port order."""
        raise self._lacks("collate(samples)")

    def size_of(self, index: int) -> float:
        """Return the size of a sample (tokens, frames, seconds), known without reading it."""
        raise BatchingError(
            f"{self.name}: bucketing and batch_tokens need sizes of samples, and {type(self).__name__} gives none.\n"
            "  Implement size_of(index), or batch by batch_size without bucketing."
        )

    def sample_name(self, index: int) -> str:
        """Return what messages call a sample; a layer that reads files gives the path."""
        return f"sample {index}"

    def sample_sizes(self) -> Sizes:
        """Return the size of every sample; a layer that has them in an array overrides this."""
        if self._sizes is None:
            sizes = (self.size_of(index) for index in range(len(self)))
            self._sizes = SharedArray(numpy.fromiter(sizes, numpy.float64, count=len(self)))
        return self._sizes.values

    def plan_epoch(self, seed: int, epoch: int) -> EpochPlan:
        """Return the micro-batches of an epoch, tuples of sample numbers; the same in every process."""
        return self._plan(self.batching, seed, epoch)

    def plan_once(self, *, in_order: bool) -> EpochPlan:
        """Return micro-batches that hold every sample once, unshuffled: in the order of their numbers, or by size."""
        # By size the padding is least; records of an inference must come in the order of the data all the same.
        bucketing = self.batching.bucketing and not in_order
        return self._plan(replace(self.batching, shuffle=False, drop_last=False, bucketing=bucketing), 0, 0)

    def _plan(self, batching: Batching, seed: int, epoch: int) -> EpochPlan:
        if len(self) == 0:
            raise BatchingError(f"{self.name} has no samples.\n  Check what it was given: {dict(self.params)!r}")
        try:
            batches = batching.plan(len(self), seed, epoch, self.sample_sizes() if batching.needs_sizes else None)
        except OversizedSampleError as error:
            name, limit = self.sample_name(error.index), f"{self.size_limit}={error.limit:g}"
            raise BatchingError(
                f"{self.name}: {name} has size {error.size:g}, more than {limit} of a whole batch.\n"
                f"  Raise {self.size_limit} to {error.size:g} at least, or leave samples of that size out."
            ) from error
        if not batches:
            raise BatchingError(
                f"{self.name} gives no micro-batch: it has {len(self)} samples, fewer than"
                f" batch_size={batching.batch_size}, and drop_last leaves out what does not fill one.\n"
                f"  Lower batch_size to {len(self)} or less, or leave drop_last out."
            )
        return batches

    def read(self, request: Request) -> Loaded:
        """Read the samples of a request and put those that could be read together."""
        seed, epoch, indices = request
        samples, readable, unreadable = [], [], []
        for index in indices:
            try:
                # A generator of its own: neither a lost neighbour nor another split into batches changes a sample.
                samples.append(self.sample(index, sample_generator(seed, epoch, index)))
                readable.append(index)
            except SampleError as error:
                unreadable.append((index, str(error)))
            except Exception as error:
                translated = self.explain_error(error, (index,))
                if translated is not None:
                    raise translated from error
                error.add_note(f"{self.name} was reading {self.sample_name(index)}. A SampleError would leave it out.")
                raise
        try:
            values = self._collated(samples) if samples else None
        except (MemoryError, RuntimeError) as error:
            raise (self.explain_error(error, readable) or error) from error
        return Loaded(values, tuple(readable), tuple(unreadable))

    def _collated(self, samples: Sequence[Any]) -> tuple[Any, ...]:
        """Put samples together, and see that there is a value for each output port.

        Raises:
            CollateError: there is not.
        """
        values = self.collate(samples)
        names = tuple(self.outputs)
        if not isinstance(values, tuple | list) or len(values) != len(names):
            what = f"{len(values)} values" if isinstance(values, tuple | list) else f"a {type(values).__name__}"
            raise CollateError(
                f"{self.name}: collate gave {'None' if values is None else what}; expected one value for each output"
                f" port, in order: {', '.join(names)}.\n"
                f"  Let collate of {type(self).__name__} return a tuple of {len(names)}."
            )
        return tuple(values)

    def explain_error(
        self, error: BaseException, indices: Sequence[int] = (), values: Sequence[Any] = ()
    ) -> WorkerError | OutOfMemoryError | None:
        """Return an error of ours for a worker that died and for memory that ran out; None for any other error.

        Args:
            indices: the samples of the micro-batch at work.
            values: its values.
        """
        if isinstance(error, OutOfMemoryError):
            return None
        if is_out_of_memory(error):
            return explain_memory(error, self._describe_batch(indices, values))
        return worker_error(error, self.workers, self.worker_timeout, self.batching.limits)

    def _describe_batch(self, indices: Sequence[int], values: Sequence[Any]) -> str:
        """Return the number of samples of a micro-batch, its longest, and the shapes of its values, as text."""
        if not indices:
            return ""
        count = f"The micro-batch has {len(indices)} sample{'' if len(indices) == 1 else 's'}"
        shapes = describe_values(values)
        ending = f"; its values have the shapes {shapes}." if shapes else "."
        try:
            sizes = [self.size_of(index) for index in indices]
        except BatchingError:  # no sizes are known, and the shapes say how long the longest is
            names = ", ".join(self.sample_name(index) for index in indices[:4])
            return f"{count} of {self.name} ({names}{', ...' if len(indices) > 4 else ''}){ending}"
        longest = max(range(len(sizes)), key=sizes.__getitem__)
        return (
            f"{count} of {self.name}; the longest is {self.sample_name(indices[longest])}, {sizes[longest]:g}{ending}"
        )

    def load(self, indices: Sequence[int], seed: int = 0, epoch: int = 0) -> OutputsT | None:
        """Return the values of these samples as a named tuple in port order, and nothing if none could be read."""
        loaded = self.read(Request(seed, epoch, tuple(indices)))
        self.note(loaded)
        return None if loaded.values is None else self.named(loaded.values)

    def stream(self, requests: Iterable[Request], *, pin: bool = False) -> Iterator[Loaded]:
        """Yield micro-batches in the order of the requests, read ahead by the workers; unreadable samples are noted."""
        for loaded in read(
            self.read,
            requests,
            workers=self.workers,
            timeout=self.worker_timeout,
            pin=pin,
            limits=self.batching.limits,
        ):
            self.note(loaded)
            yield loaded

    def epoch(self, seed: int = 0, epoch: int = 0) -> Iterator[OutputsT]:
        """Yield the values of one epoch, a named tuple per micro-batch."""
        requests = (Request(seed, epoch, indices) for indices in self.plan_epoch(seed, epoch))
        for loaded in self.stream(requests):
            if loaded.values is not None:
                yield self.named(loaded.values)

    def __iter__(self) -> Iterator[OutputsT]:
        return self.epoch()

    def named(self, values: tuple[Any, ...]) -> OutputsT:
        """Return values in port order as the module's outputs: a named tuple, or one value bare."""
        return self._name_outputs(values)

    def _lacks(self, method: str) -> ModuleDeclarationError:
        return ModuleDeclarationError(f"{type(self).__qualname__} is a data layer and does not implement {method}.")

    def note(self, loaded: Loaded) -> None:
        """Count and list the samples that could not be read.

        Raises:
            UnreadableDataError: there are more of them than `max_unreadable`, or nothing else.
        """
        if not loaded.unreadable:
            return
        self.unreadable.update(loaded.unreadable)
        if len(self.unreadable) > self.max_unreadable or len(self.unreadable) == len(self):
            raise UnreadableDataError(
                f"{self.name}: {len(self.unreadable)} of {len(self)} samples cannot be read,"
                f" and max_unreadable={self.max_unreadable}.\n{self.report()}\n"
                "  Repair or leave out these samples, or raise max_unreadable."
            )

    def warn_of_unreadable(self) -> None:
        """Warn of samples that could not be read, where no result has room to say so."""
        if self.unreadable:
            warnings.warn(
                f"{self.name}: {len(self.unreadable)} of {len(self)} samples could not be read and were left out.\n"
                f"{self.report()}",
                UnreadableSamplesWarning,
                stacklevel=2,
            )

    def report(self, most: int = 5) -> str:
        """Return the unreadable samples as lines of text, at most `most` of them."""
        lines = [f"  sample {index}: {reason}" for index, reason in list(self.unreadable.items())[:most]]
        more = len(self.unreadable) - len(lines)
        return "\n".join([*lines, f"  ... and {more} more."] if more else lines)
