"""Free inputs of a graph: typed values that whoever runs the graph gives."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from nm_core.modules.module import NeuralModule
from nm_core.modules.signature import Signature
from nm_core.symbols import recording
from nm_core.symbols.component import Segment
from nm_core.symbols.ports import PortSpec, ports
from nm_core.symbols.tensor import Call, NmTensor
from nm_types.frames import boundary

OWNER = "inputs"
"""The name under which messages and drawings show free inputs."""


class FreeInputs(NeuralModule):
    """The open ends of a graph, as the outputs of a call without inputs."""

    segment: ClassVar[Segment] = "source"


@boundary
def inputs(*, tags: Iterable[type] = (), kinds: Iterable[type] = (), **types: Any) -> Any:
    """Make a graph's free inputs from types: `inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")`.

    Args:
        tags, kinds: those of a collection that the strings may name.
        types: a type for each input; a size name stands for one size in all of them.

    Returns:
        symbolic tensors, one bare, several as a named tuple.
    """
    declared = ports(tags=tags, kinds=kinds, **types)
    return recording.structured("Inputs", tuple(declared), free_inputs(declared))


def free_inputs(declared: PortSpec, *, location: str | None = None) -> tuple[NmTensor, ...]:
    """Return the free inputs of a graph as symbolic tensors, in the order of their declaration."""
    return call_free_inputs(declared, location=location).tensors()


def call_free_inputs(declared: PortSpec, *, location: str | None = None) -> Call:
    """Record the one call that all free inputs of a graph come from."""
    module = FreeInputs(name=OWNER)
    module._nm.signature = Signature(PortSpec(), declared)
    return recording.record(module, (), {}, location=location)
