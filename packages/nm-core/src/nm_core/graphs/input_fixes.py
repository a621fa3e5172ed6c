"""What whoever gave a value can do where it does not fit: text that can be pasted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import permutations
from typing import Any

from nm_types import AudioSignal, Fix, Kind

Shape = tuple[int, ...]
MOST_AXES = 5
"""Values with more axes get no advice on their order, as the orders are too many to be tried."""
TENSOR_CASTS = {"float": "{}.float()", "int": "{}.long()", "bool": "{}.bool()"}
ARRAY_CASTS = {"float": "{}.astype('float32')", "int": "{}.astype('int64')", "bool": "{}.astype(bool)"}
HINT = "that is what the numbers mean"


def shape_fixes(name: str, value: Any, shape: Shape, fits: Callable[[Shape], bool]) -> Iterator[Fix]:
    """Yield the ways to give a value the shape that is expected: other order, one axis more or less.

    Args:
        name: of the input.
        value: as it was given, whose methods the text uses.
        shape: of the value.
        fits: tells whether a shape fits beside the other values.
    """
    same = tuple(range(len(shape)))
    for order in permutations(same) if len(shape) <= MOST_AXES else ():
        if order != same and fits(tuple(shape[axis] for axis in order)):
            yield Fix(f"the axes are swapped: pass {_reorder(name, value, order)}.")
            return
    if fits((1, *shape)):
        one = f"[{name}]" if isinstance(value, list | tuple) else f"{name}[None]"
        yield Fix(f"a batch has one sample here: pass {one}.")
        return
    for axis, length in enumerate(shape):
        if length == 1 and fits(shape[:axis] + shape[axis + 1 :]):
            less = f"numpy.squeeze({name}, {axis})" if isinstance(value, list | tuple) else f"{name}.squeeze({axis})"
            yield Fix(f"an axis of one entry is too many: pass {less}.")
            return


def family_fixes(name: str, value: Any, kind: Kind | None, family: str | None) -> Iterator[Fix]:
    """Yield the way to give the numbers of a value the family that its kind means."""
    if isinstance(kind, AudioSignal) and family == "int":
        scaled = f"{name}.float() / 32768" if _is_tensor(value) else f"numpy.float32({name}) / 32768"
        yield Fix(f"samples lie between -1 and 1: pass {scaled} where they have 16 bits.")
    elif kind is not None and kind.dtype in ARRAY_CASTS:
        array = f"numpy.array({name})" if isinstance(value, list | tuple) else name
        yield Fix(f"pass {(TENSOR_CASTS if _is_tensor(value) else ARRAY_CASTS)[kind.dtype].format(array)}.", when=HINT)


def _reorder(name: str, value: Any, order: Sequence[int]) -> str:
    axes = ", ".join(map(str, order))
    if isinstance(value, list | tuple):
        return f"numpy.transpose({name}, ({axes}))"
    if tuple(order) == (1, 0):
        return f"{name}.T"
    return f"{name}.{'permute' if _is_tensor(value) else 'transpose'}({axes})"


def _is_tensor(value: Any) -> bool:
    """Whether a value has the methods of a tensor of a framework, rather than those of an array."""
    return hasattr(value, "permute")
