"""Where a derived size comes from: the first call on its way that gave it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from nm_core.symbols.tensor import NmTensor
from nm_types import Fix, NeuralType, NeuralTypeError, Size


class Made(NamedTuple):
    """Who made a size.

    Attributes:
        name: the output that had it first, such as `encoder.encoded`.
        location: where the call is written.
        beside: the other outputs of that call that have it: lengths beside their frames, frames beside their lengths.
    """

    name: str
    location: str
    beside: tuple[str, ...]


def with_makers(error: NeuralTypeError, maker: Callable[[str], Made | None]) -> NeuralTypeError:
    """Return the error of a call with a note for each derived size in it: which module made it, and where.

    Args:
        maker: tells who made a size, given as text.
    """
    problems = []
    for problem in error.problems:
        made = {text: one for text in problem.derived if (one := maker(text)) is not None}
        notes = (f"{text} is made by {one.name}{_at(one.location)}." for text, one in made.items())
        pairs = [(one.name, one.beside[0], text) for text, one in made.items() if one.beside]
        if problem.code == "NM108" and pairs:
            fix = "connect {} and {} together: both speak of {}.".format(*pairs[0])
            problem = replace(problem, fixes=(Fix(fix),))
        problems.append(replace(problem, notes=(*problem.notes, *notes)) if made else problem)
    return NeuralTypeError(problems)


def maker_among(text: str, tensors: Iterable[NmTensor]) -> Made | None:
    """Return who made a size that some tensors may have: it is followed up from those that have it now."""
    found: NmTensor | None = None
    here = _having(text, tensors)
    while here is not None:
        found, here = here, _having(text, here.call.sources_of_inputs())
    if found is None:
        return None
    beside = tuple(one.name for one in found.call.tensors() if one != found and speaks_of(one.type, text))
    return Made(found.name, found.call.location, beside)


def speaks_of(type: NeuralType, text: str) -> bool:
    """Whether an axis or the values of a type have a size, given as text."""
    kind = () if type.kind is None else type.kind.sizes
    sizes = (*(getattr(one, "size", None) for one in type.axes), *kind)
    return any(isinstance(size, Size) and str(size) == text for size in sizes)


def _having(text: str, tensors: Iterable[NmTensor]) -> NmTensor | None:
    return next((tensor for tensor in tensors if speaks_of(tensor.type, text)), None)


def _at(location: str) -> str:
    return f" ({location})" if location else ""
