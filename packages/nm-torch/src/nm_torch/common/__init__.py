"""Modules that every domain needs: recurrent coders, Transformer blocks, losses, shapes; and searches."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nm_torch.common.decoder_rnn import DecoderRNN
    from nm_torch.common.linear import ArgMax, Dropout, Linear, LogSoftmax
    from nm_torch.common.losses import CrossEntropyLoss, LossAggregator, MSELoss, SequenceLoss
    from nm_torch.common.rnn import EncoderRNN
    from nm_torch.common.shapes import Add, Concat, Transpose

_PLACES = {
    "Add": "shapes",
    "ArgMax": "linear",
    "Concat": "shapes",
    "CrossEntropyLoss": "losses",
    "DecoderRNN": "decoder_rnn",
    "Dropout": "linear",
    "EncoderRNN": "rnn",
    "Linear": "linear",
    "LogSoftmax": "linear",
    "LossAggregator": "losses",
    "MSELoss": "losses",
    "SequenceLoss": "losses",
    "Transpose": "shapes",
}

__all__ = [
    "Add",
    "ArgMax",
    "Concat",
    "CrossEntropyLoss",
    "DecoderRNN",
    "Dropout",
    "EncoderRNN",
    "Linear",
    "LogSoftmax",
    "LossAggregator",
    "MSELoss",
    "SequenceLoss",
    "Transpose",
]


def __getattr__(name: str) -> Any:
    """Import a module of the collection when it is first asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
