"""Every module of the collection `common` does what its ports promise, as far as values show it."""

from importlib import import_module
from typing import Any

import pytest

from nm_torch import check_module
from nm_torch._collection import nm_collection

MODULES = {spec.name: spec for spec in nm_collection().modules}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("DecoderRNN", {"num_labels": 11, "hidden_size": 16}),
    (
        "DecoderRNN",
        {"num_labels": 11, "encoder_size": 9, "hidden_size": 16, "heads": 2, "cell": "gru", "num_layers": 2},
    ),
    ("DecoderRNN", {"num_labels": 11, "hidden_size": 16, "encoder_axis": "Token", "tie_embedding": True}),
    ("EncoderRNN", {"input_size": 8, "hidden_size": 6, "num_layers": 2}),
    ("EncoderRNN", {"input_size": 8, "hidden_size": 6, "cell": "gru", "bidirectional": False, "axis": "Token"}),
    ("SequenceLoss", {"label_smoothing": 0.1}),
    ("CrossEntropyLoss", {}),
    ("MSELoss", {}),
    ("MSELoss", {"kind": "Probs"}),
    ("LossAggregator", {}),
    ("Linear", {"input_size": 8, "output_size": 6}),
    ("Linear", {"input_size": 8, "output_size": 6, "tag": "Class", "kind": "Logits", "axis": "Token"}),
    ("LogSoftmax", {}),
    ("ArgMax", {}),
    ("ArgMax", {"kind": "TokenIds"}),
    ("Activation", {"function": "silu"}),
    ("LayerNorm", {"size": 8}),
    ("Dropout", {"probability": 0.5}),
    ("Dropout", {"probability": 0.5, "kind": "Logits"}),
    ("ConvSubsampling", {"input_size": 8, "output_size": 6}),
    ("ConvSubsampling", {"input_size": 8, "output_size": 6, "strides": [3, 1, 2], "kernel_size": 5}),
    ("FrameStacking", {"factor": 3}),
    ("FrameStacking", {"factor": 8}),
    ("Concat", {}),
    ("Concat", {"axis": "Time", "dim": 1, "kind": "LogProbs"}),
    ("Concat", {"dim": -2}),
    ("Add", {}),
    ("Add", {"kind": "Logits"}),
]
"""Modules and parameters that change what their ports say."""


def made(name: str, params: dict[str, Any]) -> Any:
    """Return a module of the collection."""
    path, _, attribute = MODULES[name].targets["torch"].partition(":")
    return getattr(import_module(path), attribute)(**params)


@pytest.mark.parametrize(("name", "params"), CASES, ids=[f"{name}({params})" for name, params in CASES])
def test_modules_keep_their_promises(name: str, params: dict[str, Any]) -> None:
    """In every way to use their ports; lengths reach the end of their axis where they did before."""
    report = check_module(made(name, params))

    assert len(report.runs) >= 2
    assert not [line for line in report.unseen if "fills its axis" in line or "small sizes" in line]


def test_no_module_is_forgotten() -> None:
    """Whoever adds a module to the collection adds it here."""
    assert {name for name, _ in CASES} == set(MODULES)
