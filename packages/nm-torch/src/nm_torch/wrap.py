"""`from_torch`: any `nn.Module` becomes a neural module by adding ports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from torch import nn

from nm_core import ModuleOptions, Signature
from nm_core.symbols.ports import PortSpec, as_ports
from nm_torch.module import TorchModule


class WrappedModule(TorchModule):
    """A PyTorch module with ports; it holds a live object, so it trains and resumes, but no file can describe it."""

    def __init__(self, *, module: nn.Module, inputs: Any, outputs: Any, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the wrapped module; values go in by position, in the order of the input ports."""
        names = self.inputs.names
        values = dict(zip(names[: len(args)], args, strict=False)) | kwargs
        return self.module(*(values.get(name) for name in names))


def from_torch(
    module: nn.Module,
    *,
    inputs: PortSpec | Mapping[str, Any],
    outputs: PortSpec | Mapping[str, Any],
    name: str | None = None,
) -> WrappedModule:
    """Add ports to a PyTorch module; values reach it by position, in the order of `inputs`.

    Args:
        module: any module, which is used as it is and shares its weights.
        inputs: the input ports.
        outputs: the output ports, one for each value that the module returns.
        name: the module's name in graphs and checkpoints; the class's in lower case when not given.

    Example:
        >>> from nm_core import inputs
        >>> linear = from_torch(nn.Linear(64, 10), inputs={"x": "B C:64"}, outputs={"y": "B Class:10 ; Logits"})
        >>> linear(inputs(x="B C:64"))
        <symbolic linear.y: Batch Class:10 ; Logits>
    """
    wrapped = WrappedModule(module=module, inputs=inputs, outputs=outputs, name=name or type(module).__name__.lower())
    wrapped._nm.signature = Signature(as_ports(inputs, "inputs"), as_ports(outputs, "outputs"))
    return wrapped
