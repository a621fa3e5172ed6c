"""A cache of keys and values for sequences that are generated one position at a time.

Legend: N rows that are decoded in parallel, H heads, T positions so far, E size of a head.
"""

from torch import Tensor


class KeyValueCache:
    """Keys and values [N, H, T, E] of one attention layer, in storage that doubles when it is full.

    Args:
        capacity: positions to reserve at first.
    """

    def __init__(self, capacity: int = 32) -> None:
        self.length = 0
        self._capacity = capacity
        self._keys: Tensor | None = None
        self._values: Tensor | None = None

    def append(self, key_NHE: Tensor, value_NHE: Tensor) -> tuple[Tensor, Tensor]:
        """Add one position and return views of all keys and values so far."""
        self._keys = self._ensure_room(self._keys, key_NHE)
        self._values = self._ensure_room(self._values, value_NHE)
        self._keys[:, :, self.length] = key_NHE
        self._values[:, :, self.length] = value_NHE
        self.length += 1
        return self._keys[:, :, : self.length], self._values[:, :, : self.length]

    def select(self, rows: Tensor) -> None:
        """Reorder the rows; a row may be named several times, and those that are not named are dropped."""
        if self._keys is not None and self._values is not None:
            self._keys = self._select_rows(self._keys, rows)
            self._values = self._select_rows(self._values, rows)

    def _select_rows(self, storage: Tensor, rows: Tensor) -> Tensor:
        selected = storage.new_empty(len(rows), *storage.shape[1:])
        # positions beyond the length are never read, so they are not copied
        selected[:, :, : self.length] = storage[:, :, : self.length].index_select(0, rows)
        return selected

    def _ensure_room(self, storage: Tensor | None, like_NHE: Tensor) -> Tensor:
        rows, heads, size = like_NHE.shape
        if storage is None:
            return like_NHE.new_empty(rows, heads, self._capacity, size)
        if self.length < storage.shape[2]:
            return storage
        # doubling makes the copies of a whole sequence linear in its length
        grown = storage.new_empty(rows, heads, 2 * storage.shape[2], size)
        grown[:, :, : self.length] = storage
        return grown
