"""Unscale, normalise and clip gradients in one pass, on the device.

Legend: ``N`` counts the parameter tensors.
"""

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

__all__ = ["clip_gradients", "global_norm", "group_by_device_and_type"]


def global_norm(tensors: Sequence[Tensor]) -> Tensor:
    """Return the Euclidean norm of all ``tensors`` together as one float32 (or float64) number on the first's device.

    It is not finite exactly when one of them is not (or their squares overflow), and nothing is read to the host.
    """
    # In float32 at least: the squares of float16 overflow beyond 256.
    norms: list[Tensor] = []
    for group in group_by_device_and_type(tensors):
        dtype = torch.promote_types(group[0].dtype, torch.float32)
        norms += torch._foreach_norm(group, 2, dtype=dtype)
    device = norms[0].device
    norm: Tensor = torch.linalg.vector_norm(torch.stack([norm.to(device) for norm in norms]))
    return norm


@torch.no_grad()
def clip_gradients(
    parameters: Iterable[Tensor],
    *,
    max_norm: float | None = None,
    scale: Tensor | float | None = None,
) -> Tensor | None:
    """Divide the gradients by ``scale`` and then shrink them together to ``max_norm``, in one pass over them.

    Args:
        parameters: those without a gradient are left out.
        max_norm: the largest norm left of all gradients together; ``None`` only divides.
        scale: the loss scale (fp16) or the weight of the update, a number or one on the device.

    Returns:
        the norm of the divided gradients before clipping, on the device, or ``None`` where there are no gradients;
        non-finite where a gradient is non-finite, and then the gradients are not worth applying.
    """
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if not gradients:
        return None
    norm = global_norm(gradients)
    factor = norm.new_ones(())
    if scale is not None:
        factor = factor / scale
        norm = norm * factor
    if max_norm is not None:
        # The clamp keeps a small norm as it is; the constant is that of torch.nn.utils.clip_grad_norm_.
        factor = factor * torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    elif scale is None:
        return norm
    # Multiplied also where the norm is small: a branch on it would read it to the host.
    for group in group_by_device_and_type(gradients):
        torch._foreach_mul_(group, factor.to(group[0].device))
    return norm


def group_by_device_and_type(tensors: Iterable[Tensor]) -> Iterable[list[Tensor]]:
    """Return lists of tensors that one ``torch._foreach`` function can take together."""
    groups: dict[tuple[torch.device, torch.dtype], list[Tensor]] = {}
    for tensor in tensors:
        groups.setdefault((tensor.device, tensor.dtype), []).append(tensor)
    return groups.values()
