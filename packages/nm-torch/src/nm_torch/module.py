"""`TorchModule`: a neural module that is an ordinary `torch.nn.Module`."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn

from nm_core import NeuralModule
from nm_core.modules.module import OutputsT
from nm_core.symbols.component import Segment
from nm_types import NmError
from nm_types.frames import hide


class TorchModule(NeuralModule[OutputsT], nn.Module):
    """A neural module written in PyTorch.

    Called with real tensors it computes at once, like any `nn.Module`; called with symbolic tensors it records a call.

    Example:
        >>> from typing import Unpack
        >>> import torch
        >>> from nm_core import ModuleOptions, inputs
        >>> from nm_torch import TorchModule, ports
        >>> class Project(TorchModule):
        ...     input_ports = ports(x="B Channel:{size}")
        ...     output_ports = ports(y="B Encoded:{size}")
        ...
        ...     def __init__(self, *, size: int, **options: Unpack[ModuleOptions]) -> None:
        ...         super().__init__(**options)
        ...         self.linear = nn.Linear(size, size)
        ...
        ...     def forward(self, x):
        ...         return self.linear(x)
        >>> project = Project(size=4, name="project")
        >>> project(x=torch.zeros(2, 4)).shape
        torch.Size([2, 4])
        >>> project(x=inputs(x="B Channel:4"))
        <symbolic project.y: Batch Encoded:4>
    """

    segment: ClassVar[Segment] = "framework"

    compute = nn.Module.__call__
    """Compute at once, hooks included, without looking for symbolic tensors; lowered code calls this."""

    def has_weights(self) -> bool:
        """Tell whether the module has parameters or buffers that are saved."""
        return bool(self.state_dict())

    def __call__(self, *args: Any, **kwargs: Any) -> OutputsT:
        """Record a call on symbolic tensors, or compute at once on real ones through `nn.Module.__call__`."""
        if self._is_symbolic_call(args, kwargs):
            try:
                return self._record(args, kwargs)
            except NmError as error:
                hide(error)
                raise
        return self._wrap_result(nn.Module.__call__(self, *args, **kwargs))
