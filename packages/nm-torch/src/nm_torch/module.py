"""`TorchModule`: a neural module that is an ordinary `torch.nn.Module`."""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn

from nm_core import NeuralModule
from nm_core.modules.module import OutputsT, Segment
from nm_types import NmError
from nm_types.frames import hide


class TorchModule(NeuralModule[OutputsT], nn.Module):
    """A neural module written in PyTorch.

    Called with real tensors it computes at once, like any `nn.Module`; called with symbolic tensors it records a call.
    """

    segment: ClassVar[Segment] = "framework"

    compute = nn.Module.__call__
    """Compute at once, hooks included, without asking whether the values are symbolic: what lowered code calls."""

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
        return self._structured(nn.Module.__call__(self, *args, **kwargs))
