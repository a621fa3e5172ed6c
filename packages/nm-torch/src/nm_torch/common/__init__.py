"""Modules that every domain needs: recurrent coders, subsampling, Transformer blocks, losses, shapes; and searches."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nm_torch.common.decoder_rnn import DecoderRNN
    from nm_torch.common.linear import ArgMax, Linear, LogSoftmax
    from nm_torch.common.losses import CrossEntropyLoss, MSELoss, SequenceLoss
    from nm_torch.common.pointwise import Activation, Dropout, LayerNorm
    from nm_torch.common.rnn import EncoderRNN
    from nm_torch.common.shapes import Add, Concat
    from nm_torch.common.subsampling import ConvSubsampling, FrameStacking
    from nm_torch.loss_aggregator import LossAggregator

_PLACES = {
    "Activation": "nm_torch.common.pointwise",
    "Add": "nm_torch.common.shapes",
    "ArgMax": "nm_torch.common.linear",
    "Concat": "nm_torch.common.shapes",
    "ConvSubsampling": "nm_torch.common.subsampling",
    "CrossEntropyLoss": "nm_torch.common.losses",
    "DecoderRNN": "nm_torch.common.decoder_rnn",
    "Dropout": "nm_torch.common.pointwise",
    "EncoderRNN": "nm_torch.common.rnn",
    "FrameStacking": "nm_torch.common.subsampling",
    "LayerNorm": "nm_torch.common.pointwise",
    "Linear": "nm_torch.common.linear",
    "LogSoftmax": "nm_torch.common.linear",
    "LossAggregator": "nm_torch.loss_aggregator",
    "MSELoss": "nm_torch.common.losses",
    "SequenceLoss": "nm_torch.common.losses",
}

__all__ = [
    "Activation",
    "Add",
    "ArgMax",
    "Concat",
    "ConvSubsampling",
    "CrossEntropyLoss",
    "DecoderRNN",
    "Dropout",
    "EncoderRNN",
    "FrameStacking",
    "LayerNorm",
    "Linear",
    "LogSoftmax",
    "LossAggregator",
    "MSELoss",
    "SequenceLoss",
]


def __getattr__(name: str) -> Any:
    """Import a module of the collection when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
