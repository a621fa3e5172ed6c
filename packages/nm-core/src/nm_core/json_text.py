"""JSON that leaves Neural Modules, for people and programs: strict, so numbers that are not finite are null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

__all__ = ["plain_data", "to_json"]


def to_json(data: Any, *, indent: int | None = None) -> str:
    """Return data as the text of JSON: on one line, or indented.

    What is no data of JSON is taken by its `to_dict` or `tolist`, else as its text.

    Example:
        >>> to_json({"wer": float("inf"), "words": ("a", "ü")})
        '{"wer": null, "words": ["a", "ü"]}'
    """
    try:
        return json.dumps(data, indent=indent, ensure_ascii=False, allow_nan=False, default=_convert)
    except ValueError:  # a number that JSON does not have; looked for only then, since arrays may be large
        return json.dumps(plain_data(data), indent=indent, ensure_ascii=False, allow_nan=False)


def plain_data(value: Any) -> Any:
    """Return a value as data of JSON: a number that is not finite becomes None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_data(item) for item in value]
    return plain_data(_convert(value))


def _convert(value: Any) -> Any:
    """Return arrays, results and the like as plain data."""
    if isinstance(value, Mapping):
        return dict(value)
    for method in ("to_dict", "tolist"):
        convert = getattr(value, method, None)
        if callable(convert):
            return convert()
    return str(value)
