"""`BufferBackup`: the buffers of a module as they were before a step, so that an update left out leaves no trace."""

import torch
from torch import Tensor, nn


class BufferBackup:
    """Copies of the buffers that a forward pass may write: running statistics, codebooks, counters, queues.

    The copies stay on the device of the buffers, are refreshed by one operator for each type, and read nothing to the
    host. Buffers that are not saved with the weights are tables most of the time: these are copied again only when
    they were written to.

    Args:
        module: the module whose buffers are kept.

    Example:
        >>> norm = nn.BatchNorm1d(2)
        >>> backup = BufferBackup(norm)
        >>> backup.save()
        >>> _ = norm(torch.full((4, 2), torch.nan))
        >>> backup.restore()
        >>> norm.running_mean, norm.num_batches_tracked
        (tensor([0., 0.]), tensor(0))
    """

    def __init__(self, module: nn.Module) -> None:
        self.places: list[tuple[dict[str, Tensor | None], str, bool]] = [
            (part._buffers, name, name not in part._non_persistent_buffers_set)
            for part in module.modules()
            for name in part._buffers
        ]
        self.buffers: list[Tensor | None] = []
        self.copies: list[Tensor | None] = []
        self.versions: list[int] = []
        # pairs of a copy and its buffer that are refreshed at every step
        self._targets: list[Tensor] = []
        self._sources: list[Tensor] = []

    @torch.no_grad()
    def save(self) -> None:
        """Copy the buffers as they are now."""
        buffers = [owner[name] for owner, name, _ in self.places]
        if len(buffers) != len(self.buffers) or self._is_replaced(buffers):
            self._begin(buffers)
            return
        for number, (buffer, (_, _, persistent)) in enumerate(zip(buffers, self.places, strict=True)):
            if not persistent and buffer is not None and buffer._version != self.versions[number]:
                self.copies[number] = buffer.clone()
                self.versions[number] = buffer._version
        # Not by versions where a buffer is saved: writing through `.data`, as codebooks do, leaves them as they were.
        if self._targets:
            torch._foreach_copy_(self._targets, self._sources)

    @torch.no_grad()
    def restore(self) -> None:
        """Give the buffers their saved values, also where another tensor took the place of one."""
        for number, (owner, name, _) in enumerate(self.places):
            buffer, copy = self.buffers[number], self.copies[number]
            if buffer is not None and copy is not None:
                if buffer.shape != copy.shape:
                    buffer.resize_(copy.shape)
                buffer.copy_(copy)
                self.versions[number] = buffer._version
            owner[name] = buffer

    def _is_replaced(self, buffers: list[Tensor | None]) -> bool:
        """Tell whether another tensor took the place of a buffer, or one changed its shape."""
        return any(
            buffer is not before or (buffer is not None and copy is not None and buffer.shape != copy.shape)
            for buffer, before, copy in zip(buffers, self.buffers, self.copies, strict=True)
        )

    def _begin(self, buffers: list[Tensor | None]) -> None:
        self.buffers = buffers
        self.copies = [None if buffer is None else buffer.detach().clone() for buffer in buffers]
        self.versions = [0 if buffer is None else buffer._version for buffer in buffers]
        self._targets, self._sources = [], []
        for buffer, copy, (_, _, persistent) in zip(buffers, self.copies, self.places, strict=True):
            if persistent and buffer is not None and copy is not None:
                self._targets.append(copy)
                self._sources.append(buffer)
