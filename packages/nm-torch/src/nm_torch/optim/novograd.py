"""NovoGrad: gradients normalised layer by layer, with momentum and decoupled weight decay.

Legend: ``N`` counts the parameter tensors (layers) of one group on one device.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.optim.optimizer import Optimizer, ParamsT

from nm_torch.optim import options
from nm_torch.optim.errors import OptimizerError
from nm_torch.optim.gradients import group_by_device_and_type
from nm_torch.optim.specs import OptimizerSpec

__all__ = ["Novograd", "NovogradOptimizer"]


class NovogradOptimizer(Optimizer):
    """NovoGrad (Ginsburg et al. 2019, arXiv 1905.11286, algorithm 1).

    For each parameter tensor (the paper's layer) with gradient ``g``, weights ``w`` and weight decay ``d``::

        v = |g|^2 at its first gradient, then beta2 * v + (1 - beta2) * |g|^2          one number per layer
        m = beta1 * m + g / (sqrt(v) + eps) + d * w                                    zero before the first update
        w = w - lr * m

    The state is in float32 (float64 for float64 weights), takes one number per layer beside the momentum, and a
    step reads nothing back to the host.

    Example:
        >>> layer = torch.nn.Linear(2, 3)
        >>> optimizer = NovogradOptimizer(layer.parameters(), lr=0.02)
        >>> layer(torch.ones(4, 2)).sum().backward()
        >>> optimizer.step()
        >>> optimizer.state[layer.weight]["squared_norm"].shape
        torch.Size([])

    Args:
        params: parameters, named parameters or groups of them, as every ``torch.optim`` optimizer takes.
        lr: the learning rate.
        betas: decay rates of the momentum and of the squared norm.
        eps: added to the norm.
        weight_decay: ``d`` above; it enters the momentum and is not normalised by the gradient.
        grad_averaging: weigh the second term of ``m`` by ``1 - beta1``, as in an average.

    Raises:
        OptimizerOptionError: an option is out of its range.
        OptimizerError: a gradient is sparse.
    """

    def __init__(
        self,
        params: ParamsT,
        *,
        lr: float = 0.01,
        betas: tuple[float, float] = (0.95, 0.98),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        grad_averaging: bool = False,
    ) -> None:
        defaults = {
            "lr": options.number("novograd", "lr", lr),
            "betas": options.betas("novograd", betas),
            "eps": options.number("novograd", "eps", eps),
            "weight_decay": options.number("novograd", "weight_decay", weight_decay),
            "grad_averaging": grad_averaging,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, and return what ``closure`` returned, if there is one."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            trained = [parameter for parameter in group["params"] if parameter.grad is not None]
            _check_dense(trained)
            for parameters in group_by_device_and_type(trained):
                self._update(parameters, group)
        return loss

    def _update(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        beta1, beta2 = group["betas"]
        dtype = torch.promote_types(parameters[0].dtype, torch.float32)
        gradients = [parameter.grad.to(dtype) for parameter in parameters if parameter.grad is not None]
        moments, seconds = self._moments(parameters, dtype)

        # The _foreach functions take one kernel for all layers, where a loop would launch several for each of them.
        squares_N = torch.stack(torch._foreach_norm(gradients, 2)).square_()
        previous_N = torch.stack(seconds)
        # Zero stands for "no gradient yet": asking a step counter instead would need one on the device per layer.
        seconds_N = torch.where(previous_N > 0, previous_N.lerp(squares_N, 1 - beta2), squares_N)
        torch._foreach_copy_(seconds, seconds_N.unbind())

        inverses_N = seconds_N.sqrt().add_(group["eps"]).reciprocal_()
        if group["eps"] == 0:  # a gradient of zero would be multiplied by infinity
            inverses_N = torch.where(seconds_N > 0, inverses_N, 0.0)
        updates = torch._foreach_mul(gradients, inverses_N.unbind())
        if group["weight_decay"]:
            torch._foreach_add_(updates, parameters, alpha=group["weight_decay"])
        torch._foreach_mul_(moments, beta1)
        torch._foreach_add_(moments, updates, alpha=1 - beta1 if group["grad_averaging"] else 1)
        torch._foreach_add_(parameters, moments, alpha=-group["lr"])

    def _moments(self, parameters: list[Tensor], dtype: torch.dtype) -> tuple[list[Tensor], list[Tensor]]:
        moments, seconds = [], []
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state["momentum"] = torch.zeros_like(parameter, dtype=dtype)
                state["squared_norm"] = torch.zeros((), dtype=dtype, device=parameter.device)
            moments.append(state["momentum"])
            seconds.append(state["squared_norm"])
        return moments, seconds


def _check_dense(parameters: Iterable[Tensor]) -> None:
    for parameter in parameters:
        if parameter.grad is not None and parameter.grad.is_sparse:
            raise OptimizerError(
                f"novograd needs dense gradients; a parameter of shape {tuple(parameter.shape)} has a sparse one. "
                "Make the embedding with sparse=False, or use the optimizer SparseAdam for it."
            )


@dataclass(frozen=True, kw_only=True)
class Novograd(OptimizerSpec):
    """NovoGrad (Ginsburg et al. 2019), see `NovogradOptimizer`.

    Example:
        >>> from nm_torch.optim import resolve_optimizer
        >>> resolve_optimizer({"name": "novograd", "lr": 0.02}) == Novograd(lr=0.02)
        True

    Args:
        betas: decay rates of the momentum and of the squared norm of a layer's gradient.
        eps: added to the norm.
        grad_averaging: weigh the new term of the momentum by ``1 - beta1``.
    """

    name: ClassVar[str] = "novograd"
    make: ClassVar[Callable[..., Optimizer]] = NovogradOptimizer

    lr: float = 0.01
    betas: tuple[float, float] = (0.95, 0.98)
    eps: float = 1e-8
    grad_averaging: bool = False
