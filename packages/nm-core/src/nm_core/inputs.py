"""Free inputs of a graph: typed values that whoever runs the graph gives."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from nm_core import wiring
from nm_core.module import NeuralModule
from nm_core.ports import PortSpec, ports


class FreeInputs(NeuralModule):
    """The open ends of a graph, as the outputs of a call without inputs."""

    segment: ClassVar[Literal["host", "framework", "source"]] = "source"

    def __init__(self, *, types: Any) -> None:
        super().__init__()

    @staticmethod
    def ports_of(params: Any) -> tuple[PortSpec, PortSpec]:
        """Give one output port for each type; sizes with one name are one size."""
        return PortSpec(), ports(**params["types"])


def inputs(*, scope: tuple[type, ...] = (), **types: Any) -> Any:
    """Make the free inputs of a graph from type strings: `inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")`.

    Returns:
        symbolic tensors, one bare, several as a named tuple. A size name stands for one size in all of them.
    """
    declared = ports(tags=scope, kinds=scope, **types)
    module = FreeInputs(types={name: str(port.type) for name, port in declared.items()}, name="inputs")
    module._nm.signature = type(module._nm.signature)(PortSpec(), declared)
    call = wiring.record(module, (), {})
    return wiring.structured("Inputs", tuple(declared), call.tensors())
