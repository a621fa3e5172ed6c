"""Where a derived size comes from: the first call on its way that gave it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from nm_core.symbols.distinct_names import DistinctNames
from nm_core.symbols.tensor import NmTensor
from nm_types import Fix, NeuralType, NeuralTypeError, Size


class SizeOrigin(NamedTuple):
    """The call that made a size.

    Attributes:
        name: the output that had it first, such as `encoder.encoded`.
        location: where the call is written.
        beside: the other outputs of that call that have it: lengths beside their frames, frames beside their lengths.
    """

    name: str
    location: str
    beside: tuple[str, ...]


def note_size_origins(error: NeuralTypeError, find: Callable[[str], SizeOrigin | None]) -> NeuralTypeError:
    """Add a note to the error of a call for each derived size in it: which module made it, and where.

    Args:
        find: looks up the origin of a size, given as text.
    """
    problems = []
    for problem in error.problems:
        origins = {size: origin for size in problem.derived if (origin := find(size)) is not None}
        notes = (f"{size} is made by {origin.name}{_at(origin.location)}." for size, origin in origins.items())
        pairs = [(origin.name, origin.beside[0], size) for size, origin in origins.items() if origin.beside]
        if problem.code == "NM108" and pairs:
            fix = "connect {} and {} together: both speak of {}.".format(*pairs[0])
            problem = replace(problem, fixes=(Fix(fix),))
        problems.append(replace(problem, notes=(*problem.notes, *notes)) if origins else problem)
    return NeuralTypeError(problems)


def find_origin(size: str, tensors: Iterable[NmTensor], names: DistinctNames | None = None) -> SizeOrigin | None:
    """Follow a size up from the tensors that have it now to the call that made it.

    Args:
        names: how the message spells sizes and tensors; as they are when not given.
    """
    tensors = list(tensors)
    names = names or DistinctNames(tensors)

    origin: NmTensor | None = None
    # sizes are compared as text: the error that names one has been written already
    tensor = _first_with(size, tensors, names)
    while tensor is not None:
        origin, tensor = tensor, _first_with(size, tensor.call.sources_of_inputs(), names)
    if origin is None:
        return None
    outputs = [tensor for tensor in origin.call.tensors() if tensor != origin]
    beside = tuple(names.name(tensor) for tensor in outputs if _speaks_of(names.type(tensor), size))
    return SizeOrigin(names.name(origin), origin.call.location, beside)


def _speaks_of(type: NeuralType, size: str) -> bool:
    """Tell whether an axis or the values of a type have a size."""
    kind = () if type.kind is None else type.kind.sizes
    sizes = (*(getattr(axis, "size", None) for axis in type.axes), *kind)
    return any(isinstance(each, Size) and str(each) == size for each in sizes)


def _first_with(size: str, tensors: Iterable[NmTensor], names: DistinctNames) -> NmTensor | None:
    return next((tensor for tensor in tensors if _speaks_of(names.type(tensor), size)), None)


def _at(location: str) -> str:
    return f" ({location})" if location else ""
