"""Operators that compute in float32 under an autocast on the CPU, as torch's own lists have it on the GPU.

On the GPU autocast widens softmax, losses and normalisations by itself. On the CPU it leaves them in the half type, and
recurrent layers have no float16 kernels at all.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from nm_torch.placement import widen

_WIDENED = (
    *("softmax", "log_softmax", "softmin", "logsumexp", "cumsum", "cumprod", "prod", "norm", "exp", "log", "pow"),
    *("layer_norm", "group_norm", "batch_norm", "instance_norm", "rms_norm"),
    *("cross_entropy", "nll_loss", "ctc_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div"),
    *("binary_cross_entropy", "binary_cross_entropy_with_logits", "cosine_embedding_loss", "poisson_nll_loss"),
    *("cosine_similarity", "gaussian_nll_loss", "hinge_embedding_loss", "margin_ranking_loss", "triplet_margin_loss"),
)

_RECURRENT = ("lstm", "gru", "rnn_tanh", "rnn_relu", "lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")


def _functions(names: Iterable[str]) -> frozenset[Callable[..., Any]]:
    # One operator is several functions: torch.softmax, functional.softmax, Tensor.softmax and the builtin below them.
    owners = (torch, functional, Tensor, torch.linalg, torch._C._VariableFunctions)
    functions = (getattr(owner, name, None) for owner in owners for name in names)
    return frozenset(function for function in functions if callable(function))


class Float32Operators(TorchFunctionMode):
    """Inside, softmax, losses and normalisations take their inputs in float32; in float16 recurrent layers do too."""

    def __init__(self, *, recurrent: bool) -> None:
        super().__init__()
        self.widened = _functions(_WIDENED + (_RECURRENT if recurrent else ()))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call one function, on widened inputs and outside autocast where it is one of ours."""
        if func not in self.widened:
            return func(*args, **(kwargs or {}))
        with torch.autocast("cpu", enabled=False):
            return func(*_widen_all(args), **{name: _widen_all(value) for name, value in (kwargs or {}).items()})


def _widen_all(value: Any) -> Any:
    if type(value) in (list, tuple):  # exactly these: a named tuple takes its items one by one
        return type(value)(_widen_all(item) for item in value)
    return widen(value)
