"""`from_torch`: any `nn.Module` becomes a neural module by adding ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar, Unpack, overload

from torch import nn

from nm_core import ModuleOptions, Signature
from nm_core.symbols.ports import PortSpec, as_ports
from nm_torch.errors import WrapError
from nm_torch.module import TorchModule

M = TypeVar("M", bound=nn.Module)
Ports = PortSpec | Mapping[str, Any]


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


@overload
def from_torch(module: nn.Module, *, inputs: Ports, outputs: Ports, name: str | None = None) -> WrappedModule: ...


@overload
def from_torch(*, inputs: Ports, outputs: Ports) -> Callable[[type[M]], type[M]]: ...


def from_torch(
    module: nn.Module | None = None, *, inputs: Ports, outputs: Ports, name: str | None = None
) -> WrappedModule | Callable[[type[M]], type[M]]:
    """Add ports to a PyTorch module, or as a decorator to a class of them.

    Values reach a module by position, in the order of `inputs`; those of a class go to the parameters of its `forward`
    of the same names, and ports may mention parameters of its constructor in braces.

    Args:
        module: any module, which is used as it is and shares its weights; without it a decorator is returned.
        inputs: the input ports.
        outputs: the output ports, one for each value that the module returns.
        name: the module's name in graphs and checkpoints; the class's in lower case when not given.

    Raises:
        WrapError: what is given is no module.

    Example:
        >>> import torch
        >>> from nm_core import inputs
        >>> linear = from_torch(nn.Linear(64, 10), inputs={"x": "B C:64"}, outputs={"y": "B Class:10 ; Logits"})
        >>> linear(inputs(x="B C:64"))
        <symbolic linear.y: Batch Class:10 ; Logits>
        >>> @from_torch(inputs={"x": "B Channel:{size}"}, outputs={"y": "B Channel:{size}"})
        ... class Scale(nn.Module):
        ...     def __init__(self, size: int) -> None:
        ...         super().__init__()
        ...         self.factors = nn.Parameter(torch.ones(size))
        ...
        ...     def forward(self, x):
        ...         return self.factors * x
        >>> Scale(64)(inputs(x="B Channel:64"))
        <symbolic scale.y: Batch Channel:64>
    """
    if module is None:
        return partial(_add_ports, inputs=as_ports(inputs, "inputs"), outputs=as_ports(outputs, "outputs"))
    if not isinstance(module, nn.Module):
        given = f"the class {module.__name__}" if isinstance(module, type) else f"a {type(module).__name__}"
        raise WrapError(
            f"from_torch takes a torch.nn.Module, and {given} was given.\n  "
            + (
                f"Make one: from_torch({module.__name__}(...), inputs=..., outputs=...)."
                if isinstance(module, type)
                else "Put a function into forward of a class derived from torch.nn.Module."
            )
        )
    wrapped = WrappedModule(module=module, inputs=inputs, outputs=outputs, name=name or type(module).__name__.lower())
    wrapped._nm.signature = Signature(as_ports(inputs, "inputs"), as_ports(outputs, "outputs"))
    return wrapped


def _add_ports(cls: type[M], *, inputs: PortSpec, outputs: PortSpec) -> type[M]:
    """Make a class of neural modules with a class's constructor, `forward` and name."""
    namespace = {name: getattr(cls, name) for name in ("__module__", "__qualname__", "__doc__")}
    # TorchModule first, since the call of nn.Module knows no symbolic tensors; no annotation can name a class of both
    make_class: Any = type(TorchModule)
    ported: type[M] = make_class(
        cls.__name__, (TorchModule, cls), namespace | {"input_ports": inputs, "output_ports": outputs}
    )
    return ported
