"""Arguments of calls that are no symbolic tensor: containers that hold some, and real values."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any, Final

from nm_core.symbols.ports import Port
from nm_core.symbols.tensor import NmTensor
from nm_types import connect

CONTAINERS: Final = (tuple, list, dict, set, frozenset)
"""Types of values that may hold symbolic tensors: the outputs of a call, a list of them."""


def holds_symbolic(container: Any) -> bool:
    """Tell whether a container holds a symbolic tensor, itself or in its first item."""
    items = container.values() if isinstance(container, dict) else container
    for index, item in enumerate(items):
        if type(item) is NmTensor:
            return True
        # as in [out], where out is all outputs of a call; a list of a million numbers is not searched twice
        if not index and issubclass(type(item), CONTAINERS) and holds_symbolic(item):
            return True
    return False


def explain_argument(owner: str, port: Port, value: object, location: str = "") -> str:
    """Say why a value cannot be an argument of a symbolic call, and what to give instead."""
    if isinstance(value, list | tuple) and value and all(isinstance(v, Real | str) for v in value):
        return (
            f'{owner} was given a list of constants for "{port.name}"; a graph holds single numbers and texts.\n'
            "  Make the list a parameter of a module, or an input of the graph that is given with each batch."
        )
    if not isinstance(value, CONTAINERS) or not holds_symbolic(value):
        return (
            f'{owner} was given a real {type(value).__name__} for "{port.name}" beside symbolic tensors'
            f" ({location or 'here'}).\n"
            "  A call is either symbolic in all its tensors or computes at once on real ones.\n"
            f"  Give {port.name} from a module's output, or call with real values only."
        )
    outputs = outputs_of_call(value)
    if outputs:
        fits = [tensor.port for tensor in outputs if connect(tensor.type, port.type).accepted]
        give = f'Give "{port.name}" one of them: {", ".join(tensor.port for tensor in outputs)}.'
        if len(fits) == 1:
            give = f"Take the one that fits: {owner}({port.name}=outputs.{fits[0]})."
        return f'{owner} was given all outputs of {outputs[0].call.name} for "{port.name}".\n  {give}'
    if not port.variadic:
        what = f"a {type(value).__name__} of {len(value)}"
        return (
            f'{owner} was given {what} for "{port.name}", which takes one value.\n'
            "  Give it one output of a module; common.Add and common.Concat make one value of several."
        )
    if not isinstance(value, list | tuple):
        return f"{owner}.{port.name} takes a list, and was given a {type(value).__name__}: give the values in order."
    index, item = next((index, item) for index, item in enumerate(value) if not isinstance(item, NmTensor))
    if isinstance(item, Real | str):
        return f"{owner}.{port.name}: one value of this list is a constant; lists hold outputs of calls."
    return explain_item(f"{owner}.{port.name}[{index}]", item)


def explain_item(place: str, item: object) -> str:
    """Say why a value in the place of a symbolic tensor is none, and what to give instead."""
    outputs = outputs_of_call(item)
    if outputs:
        ports = ", ".join(tensor.port for tensor in outputs)
        return f"{place} is all outputs of {outputs[0].call.name}.\n  Take one of them: {ports}."
    return f"{place} is a {type(item).__name__}, not a symbolic tensor."


def outputs_of_call(value: object) -> tuple[NmTensor, ...]:
    """Return the outputs of one call, where a value is several of them as the call returned them; else none."""
    if not isinstance(value, tuple) or not value:
        return ()
    tensors = tuple(item for item in value if isinstance(item, NmTensor))
    is_of_one_call = len(tensors) == len(value) and all(tensor.call is tensors[0].call for tensor in tensors)
    return tensors if is_of_one_call and _ports(tensors) == tuple(tensors[0].call.types) else ()


def _ports(tensors: Iterable[NmTensor]) -> tuple[str, ...]:
    return tuple(tensor.port for tensor in tensors)
