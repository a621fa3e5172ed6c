"""Numbers out of their range, contradictions and misspelt settings are found by the check of a file, at their place."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

import pytest

from nm_core import NeuralModule
from nm_core.application import check_file
from nm_core.plugins import Collections
from nm_core.symbols.parameter_values import Range
from nm_core.symbols.parameters import constructor_hints, constructor_parameters

OFFICIAL = ("asr", "common", "nlp", "nm")
DATA = "type: asr.AudioToTextDataLayer, params: {manifest: x.jsonl, labels: ab"
ENCODER = "type: asr.JasperEncoder, params: {feat_in: 64"
COLLECTIONS = Collections.load()

CASES = [
    (f"{DATA}, batch_size: -3, workers: -1", ["batch_size is the number -3", "workers is the number -1"]),
    (f"{DATA}, batch_size: null", ["neither batch_size nor batch_seconds"]),
    (f"{DATA}, batch_size: null, batch_seconds: 3, drop_last: true", ["drop_last needs batch_size"]),
    (f"{DATA}, min_duration: 3, max_duration: 1", ["max_duration is 1 s and min_duration 3 s"]),
    (f"{DATA}a", ["'a' (U+0061) more than once"]),
    (
        f"{DATA}, augmentation: [{{type: sped}}, {{type: noise, lo: 3, high: -.5}}, {{type: gain, low: 3, high: 1}}]",
        ['Did you mean "speed"?', 'noise has no setting "lo". Did you mean "low"?', "expected low <= high"],
    ),
    (f"{DATA}, front_end: {{window: 3, f_min: -2}}", ['Did you mean "window_size"?', "f_min is -2"]),
    (f"{DATA}, front_end: {{f_min: 9000}}", ["from 9000 to 8000 Hz"]),
    (f"{DATA}a, augmentation: [{{type: sped}}], batch_size: null", ["more than once", '"speed"', "needs a limit"]),
    ("type: asr.AudioToTextDataLayer, params: {manifest: 3.0, labels: 5", ["manifest is", "labels is the number 5"]),
    (f"{ENCODER}, blocks: [{{kernel: 3, filters: 8}}, 7]", ["blocks[1] is the number 7"]),
    (f"{ENCODER}, blocks: [{{kernal: 3, filters: 8}}]", ['Did you mean "kernel"?']),
    (
        f"{ENCODER}, activation: rleu, blocks: [{{kernal: 3, filters: 0}}, {{kernel: 4, filters: 1}}]",
        ['Did you mean "relu"?', 'Did you mean "kernel"?', "filters is 0", "kernel is 4"],
    ),
    (f"{ENCODER}, blocks: 5", ["blocks is the number 5"]),
    ("type: asr.AudioToMelSpectrogramPreprocessor, params: {f_min: 4000, f_max: 3000", ["from 4000 to 3000 Hz"]),
    ("type: asr.SpectrogramAugmentation, params: {freq_width: -1", ["freq_width is the number -1"]),
    ("type: common.ConvSubsampling, params: {input_size: 3, output_size: 3, kernel_size: 2", ["kernel_size must be"]),
    ("type: common.DecoderRNN, params: {num_labels: 3, encoder_size: 5, heads: 3", ["hidden_size must be a multiple"]),
    ("type: common.Activation, params: {function: rleu", ['Did you mean "relu"?']),
    ("type: nlp.TransformerEncoderNM, params: {vocabulary_size: 5, hidden_size: 10, num_heads: 3", ["num_heads"]),
    ("type: nlp.TransformerEncoderNM, params: {vocabulary_size: 5, positions: learned", ["learned positions need"]),
    ("type: nlp.TransformerDecoderNM, params: {vocabulary_size: 5, dropout: 1.0", ["dropout is the number 1.0"]),
]


@pytest.mark.parametrize(("module", "expected"), CASES, ids=[case[0] for case in CASES])
def test_each_problem_of_a_module_stands_at_its_value(tmp_path: Path, module: str, expected: list[str]) -> None:
    """All of a module come at once, in the line that they are in and not at its beginning."""
    path = tmp_path / "app.yaml"
    path.write_text(f"nm: app/1\nmodules:\n  it: {{{module}}}}}\n")

    problems = check_file(path, collections=COLLECTIONS).problems

    messages = [problem.message for problem in problems]
    assert len(messages) == len(expected), messages
    for text in expected:
        assert any(text in message for message in messages), (text, messages)
    assert all(problem.line == 3 and problem.column > 10 for problem in problems)


@pytest.mark.parametrize(
    ("callback", "expected"),
    [
        (
            "checkpoint, params: {keep: -2, every_steps: -1, every_minutes: -0.5}",
            ["keep", "every_steps", "every_minutes"],
        ),
        ("early_stopping, params: {metric: a.b, patience: 0, min_delta: -1}", ["patience", "min_delta", "a.b"]),
        (
            "evaluation, params: {every_steps: -1, every_epochs: -1}, metrics: eval",
            ["every_steps", "every_epochs", "eval"],
        ),
        ("progress, params: {every_seconds: -1}", ["every_seconds"]),
    ],
)
def test_the_numbers_of_callbacks_have_ranges(tmp_path: Path, callback: str, expected: list[str]) -> None:
    """They are no modules, and are checked by the same function."""
    path = tmp_path / "app.yaml"
    path.write_text(
        "nm: app/1\nmodules: {a: {type: common.LogSoftmax}}\ngraphs:\n"
        "  g: {inputs: {x: 'B Class:3'}, calls: [{call: a, inputs: {x: x}}], outputs: {y: a.log_probs}}\n"
        f"train:\n  optimize: []\n  max_steps: 3\n  callbacks: [{{type: {callback}}}]\n"
    )

    report = check_file(path, collections=COLLECTIONS)

    messages = [problem.message.partition(".\n")[0] for problem in report if problem.line == 8]
    assert len(messages) == len(expected), messages
    assert all(any(name in message for message in messages) for name in expected), messages


def numbers(annotation: Any) -> Iterator[Any]:
    """Yield each annotation of a number inside of one, with its range where it has one."""
    if get_origin(annotation) is Annotated or annotation in (int, float):
        yield annotation
    else:
        for part in get_args(annotation):
            yield from numbers(part)


UNLIMITED = {"dim", "weights"}
"""Axes may count from the end, and losses be subtracted."""


@pytest.mark.parametrize("id", [id for id in sorted(COLLECTIONS.modules) if id.partition(".")[0] in OFFICIAL])
def test_every_number_of_an_official_module_has_a_range(id: str) -> None:
    """A parameter that is added later is not forgotten."""
    cls = COLLECTIONS.resolve(id, "torch")
    assert issubclass(cls, NeuralModule)
    annotations = constructor_hints(cls)

    for name in constructor_parameters(cls):
        assert name in annotations, f"{id}.{name} has no annotation that can be read"
        for annotation in numbers(annotations[name]):
            has_range = any(isinstance(extra, Range) for extra in getattr(annotation, "__metadata__", ()))
            assert has_range or name in UNLIMITED, f"{id}.{name}: {annotation}"


@pytest.mark.parametrize("name", sorted(COLLECTIONS.names("callbacks")))
def test_every_number_of_an_official_callback_has_a_range(name: str) -> None:
    """Those that are read from files: the clock of tests is none."""
    cls = COLLECTIONS.lookup("callbacks", name)
    annotations = constructor_hints(cls)

    for parameter in inspect.signature(cls).parameters:
        if parameter != "clock":
            for annotation in numbers(annotations.get(parameter)):
                assert any(isinstance(extra, Range) for extra in getattr(annotation, "__metadata__", ())), parameter
