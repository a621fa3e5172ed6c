"""`Precision`: a name resolved once against the device into autocast, TF32 and loss scaling.

Weights and optimizer state stay in float32; losses, softmax and statistics of normalisations are computed in float32
(`LossModule.summed`, and torch's autocast lists for the others).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch

from nm_core.errors import did_you_mean
from nm_torch.errors import PrecisionError
from nm_torch.precision.float32_operators import Float32Operators
from nm_torch.precision.tf32 import tf32

NAMES = ("fp32", "tf32", "bf16", "fp16")

_LEVELS = {"O0": "fp32", "O1": "fp16", "O2": "fp16"}
"""Optimisation levels of the mixed-precision libraries of 2018. O2 kept float32 master weights beside half-precision
ones; autocast keeps float32 weights and casts them where they are used, which is the same arithmetic."""


@dataclass(frozen=True)
class Precision:
    """The number formats of a run.

    Example:
        >>> precision = resolve_precision("bf16", torch.device("cpu"))
        >>> precision.autocast, precision.scaled
        (torch.bfloat16, False)

    Attributes:
        name: "fp32", "tf32", "bf16" or "fp16".
        device: what it was resolved against.
        autocast: the type of matrix products and convolutions, where it is not that of the weights.
        scaled: whether losses are scaled so that small gradients survive in fp16.
        notes: for the report of a run, on this precision on this device.
    """

    name: str
    device: torch.device
    autocast: torch.dtype | None = None
    scaled: bool = False
    notes: tuple[str, ...] = ()

    def context(self) -> AbstractContextManager[Any] | None:
        """Return the autocast context of forward passes, entered once per micro-batch; None in full precision."""
        if self.autocast is None:
            return None
        autocast = torch.autocast(self.device.type, dtype=self.autocast)
        if self.device.type != "cpu":
            return autocast
        return _Nested(autocast, Float32Operators(recurrent=self.autocast is torch.float16))

    @contextmanager
    def numerics(self, *, deterministic: bool = False) -> Iterator[None]:
        """Set the process-wide switches of torch that this precision needs, and restore them."""
        previous = (
            torch.backends.cudnn.benchmark,
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        )
        try:
            if deterministic:
                # Its trial runs may choose another kernel, with another order of sums, in each process.
                torch.backends.cudnn.benchmark = False
                torch.use_deterministic_algorithms(True)
            with tf32(self.name == "tf32") if self.device.type == "cuda" else nullcontext():
                yield
        finally:
            if deterministic:
                torch.backends.cudnn.benchmark = previous[0]
                torch.use_deterministic_algorithms(previous[1], warn_only=previous[2])


class _Nested(AbstractContextManager[None]):
    """Two contexts entered and left together, any number of times; an ExitStack serves once."""

    def __init__(self, outer: AbstractContextManager[Any], inner: AbstractContextManager[Any]) -> None:
        self.outer, self.inner = outer, inner

    def __enter__(self) -> None:
        self.outer.__enter__()
        self.inner.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.inner.__exit__(*error)
        self.outer.__exit__(*error)


def resolve_precision(name: str, device: torch.device) -> Precision:
    """Resolve a precision against a device.

    Args:
        name: "fp32", "tf32", "bf16", "fp16", or a level of older mixed-precision libraries: "O0", "O1", "O2".
        device: where the run computes.

    Raises:
        PrecisionError: the name is unknown, or the device does not have it.
    """
    if name == "O3":
        raise PrecisionError(
            'precision "O3" (weights and optimizer in float16) is refused: small updates are lost in float16.\n'
            '  Use "fp16" (float32 weights, dynamic loss scaling), or "bf16" where the device has it.'
        )
    resolved = _LEVELS.get(name, name)
    if resolved not in NAMES:
        hint = did_you_mean(name, NAMES)
        raise PrecisionError(f"precision is one of {', '.join(NAMES)}, and {name!r} was given.{hint}")
    if resolved == "tf32":
        _need_tf32(device)
    if resolved == "bf16":
        return Precision("bf16", device, torch.bfloat16, notes=_bf16_notes(device))
    if resolved == "fp16":
        return Precision("fp16", device, torch.float16, scaled=True, notes=_fp16_notes(device))
    return Precision(resolved, device)


def _need_tf32(device: torch.device) -> None:
    if device.type != "cuda":
        raise PrecisionError(
            f'precision "tf32" is a mode of NVIDIA GPUs, and this run is on {device}.\n  Use precision="fp32".'
        )
    if torch.cuda.get_device_capability(device) < (8, 0):
        raise PrecisionError(
            f'precision "tf32" needs compute capability 8.0, and {torch.cuda.get_device_name(device)} is older.\n'
            '  Use precision="fp32" or "fp16".'
        )


def _bf16_notes(device: torch.device) -> tuple[str, ...]:
    if device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False):
        raise PrecisionError(
            f'precision "bf16" is not in {torch.cuda.get_device_name(device)}.\n  Use precision="fp16".'
        )
    if device.type == "cpu" and not torch.cpu._is_avx512_bf16_supported():  # the only way torch tells
        return ("bf16 on this processor is emulated: fp32 is probably faster.",)
    return ()


def _fp16_notes(device: torch.device) -> tuple[str, ...]:
    if device.type == "cpu":
        return ("fp16 on the CPU is for tests: recurrent layers compute in float32, and nothing is faster.",)
    return ()
