"""Values that never change."""

from __future__ import annotations

from typing import NoReturn

from nm_types.errors import FrozenError


class Frozen:
    """A base for immutable values with slots; `fill` sets a slot while the value is made."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenError(f"{self} is immutable: make a new {type(self).__name__} instead of setting {name}.")

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenError(f"{self} is immutable: {name} cannot be deleted.")


# bypasses __setattr__ above; only constructors call it
fill = object.__setattr__
