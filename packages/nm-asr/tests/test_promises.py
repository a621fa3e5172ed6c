"""Every module of the collection `asr` does what its ports promise, as far as values show it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from nm_asr_samples import BLOCKS, LABELS, RATE

from nm_asr._collection import nm_collection
from nm_torch import check_module

MODULES = {spec.name: spec for spec in nm_collection().modules}
CORPUS = {"labels": LABELS, "sample_rate": RATE, "n_mels": 7, "batch_size": 3}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("AudioToTextDataLayer", CORPUS),
    ("AudioToTextDataLayer", {**CORPUS, "features": "audio"}),
    ("AudioToMelSpectrogramPreprocessor", {"sample_rate": RATE, "n_mels": 7}),
    ("AudioToMelSpectrogramPreprocessor", {"n_mels": 40, "normalize": None, "preemphasis": 0.0, "n_fft": 1024}),
    ("SpectrogramAugmentation", {}),
    ("SpectrogramAugmentation", {"cutout_masks": 3, "cutout_freq": 4, "cutout_time": 5}),
    ("JasperEncoder", {"feat_in": 7, "blocks": BLOCKS}),
    ("JasperEncoder", {"feat_in": 7, "blocks": [{"filters": 9, "kernel": 3, "stride": 3}], "mask_statistics": True}),
    ("JasperEncoder", {"feat_in": 7}),
    ("JasperDecoderForCTC", {"feat_in": 5, "num_classes": 11}),
    ("JasperRNNConnector", {"in_channels": 5}),
    ("JasperRNNConnector", {"in_channels": 5, "out_channels": 13}),
    ("CTCLossNM", {}),
    ("GreedyCTCDecoder", {"labels": LABELS}),
    ("GreedyCTCDecoder", {"labels": LABELS, "frame_seconds": 0.02}),
]
"""Modules and parameters that change what their ports say; data layers read recordings that are made here."""


@pytest.mark.parametrize(("name", "params"), CASES, ids=[f"{name}({params})" for name, params in CASES])
def test_modules_keep_their_promises(name: str, params: dict[str, Any], corpus: Callable[..., Path]) -> None:
    """In every way to use their ports; lengths reach the end of their axis where they did before."""
    path, _, attribute = MODULES[name].targets["torch"].partition(":")
    data = {"manifest": str(corpus(["a", "ab cab", "bca"]))} if name == "AudioToTextDataLayer" else {}

    report = check_module(getattr(import_module(path), attribute)(**params, **data))

    assert report.runs
    assert not [line for line in report.unseen if "fills its axis" in line or "small sizes" in line]


def test_no_module_is_forgotten() -> None:
    """Whoever adds a module to the collection adds it here."""
    assert {name for name, _ in CASES} == set(MODULES)
