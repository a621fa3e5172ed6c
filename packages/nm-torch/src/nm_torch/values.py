"""Values from outside as tensors, and what a check looks at: shape, family of numbers, extremes."""

from typing import Any

import torch
from torch import Tensor, nn

from nm_core.graphs.run_time_check import Observed

FEW = 64
"""Numbers of a tensor that are read one by one, which costs less than an operator that looks for extremes."""


def convert_value(value: Any, family: str | None) -> Tensor:
    """Return an array, a tensor or nested lists of numbers as a tensor.

    A tensor stays as it is, arrays keep their type and share their memory where they can. Lists of whole numbers become
    floats where the family is "float", and zeros and ones become booleans where it is "bool", as masks are often kept.

    Raises:
        TypeError, ValueError: it is no array of numbers, as a ragged list.
    """
    tensor = _convert(value, family)
    if family is not None and tensor.is_complex():
        raise TypeError("it holds complex numbers")
    if family == "bool" and family_of(tensor.dtype) == "int" and tensor.numel():
        low, high = extremes(tensor)
        return tensor.bool() if low >= 0 and high <= 1 else tensor
    return tensor


def _convert(value: Any, family: str | None) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, list | tuple) and any(hasattr(item, "shape") and len(item.shape) for item in value):
        try:
            return torch.stack([convert_value(item, family) for item in value])
        except RuntimeError as error:  # of different shapes
            raise ValueError(error) from None
    try:
        tensor = torch.as_tensor(_writeable(value))
    except (RuntimeError, OverflowError) as error:
        raise ValueError(error) from None
    is_list = isinstance(value, list | tuple | int)
    return (
        tensor.to(torch.get_default_dtype())
        if is_list and family == "float" and family_of(tensor.dtype) == "int"
        else tensor
    )


def _writeable(value: Any) -> Any:
    """Return an array that torch can share: one of its own where it is read-only, reversed or of another byte order."""
    flags, dtype = getattr(value, "flags", None), getattr(value, "dtype", None)
    if flags is None or dtype is None or not hasattr(dtype, "isnative"):
        return value
    if not dtype.isnative:
        return value.astype(dtype.newbyteorder("="))
    return value if flags.writeable and all(stride >= 0 for stride in value.strides) else value.copy()


def observe(value: Any) -> Observed | None:
    """Return the shape of a tensor and the family of its numbers; None for any other value."""
    return Observed(tuple(value.shape), family_of(value.dtype)) if isinstance(value, Tensor) else None


def family_of(dtype: torch.dtype) -> str | None:
    """Return the family of numbers that a type of the framework belongs to, as nm-types calls it."""
    if dtype is torch.bool:
        return "bool"
    if dtype.is_complex:
        return None
    return "float" if dtype.is_floating_point else "int"


def extremes(value: Tensor) -> tuple[float, float]:
    """Return the smallest and the largest number of a tensor that has some; nan where a number is none."""
    if value.numel() <= FEW and not value.dtype.is_floating_point:
        numbers = value.flatten().tolist()
        return min(numbers), max(numbers)
    low, high = value.aminmax()  # nan goes through it, as Python's min and max would not let it
    return low.item(), high.item()


def float_weight(module: nn.Module) -> Tensor | None:
    """Return a weight or buffer of floats, whose type is that of a module's numbers; None where it has none."""
    tensors = (*module.parameters(), *module.buffers())
    return next((tensor for tensor in tensors if tensor.is_floating_point()), None)


def to_float(value: Any, dtype: torch.dtype | None) -> Any:
    """Return a tensor of floats in a type, if one is given; anything else as it is."""
    if dtype is not None and isinstance(value, Tensor) and value.dtype is not dtype and value.is_floating_point():
        return value.to(dtype)
    return value
