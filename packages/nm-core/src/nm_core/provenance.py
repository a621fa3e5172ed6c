"""Where a derived size comes from: the first call on its way that gave it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from nm_core.tensor import NmTensor
from nm_types import Fix, NeuralType, NeuralTypeError, Size


def with_makers(error: NeuralTypeError, given: Iterable[NmTensor]) -> NeuralTypeError:
    """Return the error of a call with a note for each derived size in it: which module made it, and where.

    Args:
        given: what the call was given.
    """
    tensors = tuple(given)
    problems = []
    for problem in error.problems:
        made = {text: tensor for text in problem.derived if (tensor := _maker(text, tensors)) is not None}
        notes = (f"{text} is made by {one.name}{_at(one.call.location)}." for text, one in made.items())
        pairs = [(one, other, text) for text, one in made.items() for other in _beside(text, one)]
        if problem.code == "NM108" and pairs:
            one, other, text = pairs[0]
            fix = f"connect {one.name} and {other.name} together: both speak of {text}."
            problem = replace(problem, fixes=(Fix(fix),))
        problems.append(replace(problem, notes=(*problem.notes, *notes)) if made else problem)
    return NeuralTypeError(problems)


def _maker(text: str, tensors: Iterable[NmTensor]) -> NmTensor | None:
    """Return the first tensor that had a size, found by following it up from those that have it now."""
    found: NmTensor | None = None
    here = _having(text, tensors)
    while here is not None:
        found, here = here, _having(text, here.call.sources_of_inputs())
    return found


def _beside(text: str, tensor: NmTensor) -> Iterator[NmTensor]:
    """The other outputs of a module that speak of a size: lengths beside their frames, frames beside their lengths."""
    return (one for one in tensor.call.tensors() if one != tensor and _having(text, [one]) is not None)


def _having(text: str, tensors: Iterable[NmTensor]) -> NmTensor | None:
    return next((tensor for tensor in tensors if any(str(size) == text for size in _sizes(tensor.type))), None)


def _sizes(type: NeuralType) -> Iterator[Size]:
    kind = () if type.kind is None else type.kind.sizes
    for size in (*(getattr(one, "size", None) for one in type.axes), *kind):
        if isinstance(size, Size):
            yield size


def _at(location: str) -> str:
    return f" ({location})" if location else ""
