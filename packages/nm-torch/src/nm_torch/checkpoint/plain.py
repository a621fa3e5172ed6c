"""Plain data as JSON and back: strings, whole numbers, floats, booleans, none, lists and mappings with string keys.

Floats keep every bit, and the three that JSON lacks are written as ``{"$float": "nan"}``. Tuples come back as lists.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from nm_torch.checkpoint.errors import CheckpointStateError

__all__ = ["decode", "encode"]


def encode(value: Any, where: str = "state") -> bytes:
    """Return ``value`` as JSON with sorted keys, the same bytes for the same data.

    Raises:
        CheckpointStateError: something in it is not plain data; the message says where.
    """
    text = json.dumps(_to_json(value, where), ensure_ascii=False, allow_nan=False, sort_keys=True, indent=1)
    return text.encode() + b"\n"


def decode(data: bytes) -> Any:
    """Read the data that ``encode`` wrote.

    Raises:
        ValueError: this is not JSON, or not JSON that ``encode`` writes.
    """
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return _from_json(value)


def _to_json(value: Any, where: str) -> Any:
    # A subclass of these (an IntEnum, a numpy string) is written as its base and comes back as that.
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": repr(value)}
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or key == "$float":
                raise CheckpointStateError(f"{where}: a key of saved data is a string, got {key!r}.")
        return {key: _to_json(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item, f"{where}[{number}]") for number, item in enumerate(value)]
    raise CheckpointStateError(
        f"{where}: saved data is plain (numbers, strings, lists, mappings), got {type(value).__qualname__}. "
        "Turn it into plain data in state(), and back in load_state()."
    )


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, dict):
        if value.keys() == {"$float"}:
            return float(value["$float"])
        return {key: _from_json(item) for key, item in value.items()}
    return value
