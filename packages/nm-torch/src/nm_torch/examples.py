"""Parameters with which each module of the collection can be made, for the conformance suite and for readers."""

from collections.abc import Mapping, Sequence
from typing import Any

Examples = Sequence[Mapping[str, Any]]

DECODER_RNN: Examples = [
    {"num_labels": 11, "hidden_size": 16},
    {"num_labels": 11, "encoder_size": 9, "hidden_size": 16, "heads": 2, "cell": "gru", "num_layers": 2},
    {"num_labels": 11, "hidden_size": 16, "encoder_axis": "Token", "tie_embedding": True},
]
ENCODER_RNN: Examples = [
    {"input_size": 8, "hidden_size": 6, "num_layers": 2},
    {"input_size": 8, "hidden_size": 6, "cell": "gru", "bidirectional": False, "axis": "Token"},
]
SEQUENCE_LOSS: Examples = [{"label_smoothing": 0.1}]
MSE_LOSS: Examples = [{}, {"kind": "Probs"}]
LINEAR: Examples = [
    {"input_size": 8, "output_size": 6},
    {"input_size": 8, "output_size": 6, "tag": "Class", "kind": "Logits", "axis": "Token"},
]
ARG_MAX: Examples = [{}, {"kind": "TokenIds"}]
ACTIVATION: Examples = [{"function": "silu"}]
LAYER_NORM: Examples = [{"size": 8}]
DROPOUT: Examples = [{"probability": 0.5}, {"probability": 0.5, "kind": "Logits"}]
CONV_SUBSAMPLING: Examples = [
    {"input_size": 8, "output_size": 6},
    {"input_size": 8, "output_size": 6, "strides": [3, 1, 2], "kernel_size": 5},
]
FRAME_STACKING: Examples = [{"factor": 3}, {"factor": 8}]
CONCAT: Examples = [{}, {"axis": "Time", "dim": 1, "kind": "LogProbs"}, {"dim": -2}]
ADD: Examples = [{}, {"kind": "Logits"}]
STACK: Examples = [{}, {"axis": "Class", "dim": 1}]
POOLING: Examples = [{}, {"axis": "Token", "function": "max"}, {"dim": 1, "kind": "Logits"}]
ERROR_RATE: Examples = [{"labels": " abc"}]
