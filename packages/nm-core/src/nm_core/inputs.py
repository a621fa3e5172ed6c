"""Free inputs of a graph: typed values that whoever runs the graph gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Literal

from nm_core import wiring
from nm_core.module import NeuralModule, Signature
from nm_core.ports import PortSpec, ports


class FreeInputs(NeuralModule):
    """The open ends of a graph, as the outputs of a call without inputs."""

    segment: ClassVar[Literal["host", "framework", "source"]] = "source"


def inputs(*, tags: Iterable[type] = (), kinds: Iterable[type] = (), **types: Any) -> Any:
    """Make a graph's free inputs from types: `inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")`.

    Args:
        tags, kinds: those of a collection that the strings may name.
        types: a type for each input; a size name stands for one size in all of them.

    Returns:
        symbolic tensors, one bare, several as a named tuple.
    """
    declared = ports(tags=tags, kinds=kinds, **types)
    make: Any = FreeInputs  # the metaclass takes the name
    module: FreeInputs = make(name="inputs")
    module._nm.signature = Signature(PortSpec(), declared)
    call = wiring.record(module, (), {})
    return wiring.structured("Inputs", tuple(declared), call.tensors())
