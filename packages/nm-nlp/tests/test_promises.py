"""Every module of the collection `nlp` does what its ports promise, as far as values show it."""

from importlib import import_module
from typing import Any

import pytest
from nm_nlp_samples import Corpus

from nm_nlp._collection import nm_collection
from nm_torch import check_module

MODULES = {spec.name: spec for spec in nm_collection().modules}
SMALL: dict[str, Any] = {"vocabulary_size": 11, "hidden_size": 16, "num_layers": 1, "num_heads": 2, "inner_size": 24}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("TranslationDataLayer", {"batch_size": 7, "shuffle": False}),
    ("TranslationDataLayer", {"batch_tokens": 40, "source_vocabulary": 10, "target_vocabulary": 10}),
    ("TransformerEncoderNM", SMALL),
    ("TransformerEncoderNM", {**SMALL, "norm": "post", "positions": "learned", "max_sequence_length": 9}),
    ("TransformerDecoderNM", SMALL),
    ("TransformerDecoderNM", {**SMALL, "encoder_size": 9, "positions": "learned", "max_sequence_length": 9}),
    ("TransformerLogSoftmaxNM", {"hidden_size": 16, "vocabulary_size": 11, "bias": True}),
    ("PaddedSmoothedCrossEntropyLossNM", {"label_smoothing": 0.1}),
    ("LinesOfText", {}),
]
"""Modules and parameters that change what their ports say; files are those of the small corpus."""


def files_of(name: str, corpus: Corpus) -> dict[str, Any]:
    """Return the parameters of a module that are files."""
    if name == "TranslationDataLayer":
        return {key: str(path) for key, path in corpus._asdict().items()}
    return {"path": str(corpus.target)} if name == "LinesOfText" else {}


@pytest.mark.parametrize(("name", "params"), CASES, ids=[f"{name}({params})" for name, params in CASES])
def test_modules_keep_their_promises(name: str, params: dict[str, Any], corpus: Corpus) -> None:
    """In every way to use their ports; lengths reach the end of their axis where they did before."""
    path, _, attribute = next(iter(MODULES[name].targets.values())).partition(":")

    report = check_module(getattr(import_module(path), attribute)(**params, **files_of(name, corpus)))

    assert report.runs
    assert not [line for line in report.unseen if "fills its axis" in line or "small sizes" in line]


def test_no_module_is_forgotten() -> None:
    """Whoever adds a module to the collection adds it here."""
    assert {name for name, _ in CASES} == set(MODULES)
