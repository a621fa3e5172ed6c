"""Constants in files: held against the ports they are given to, at their line."""

from pathlib import Path

import pytest
from nm_core_random import COLLECTIONS

from nm_core.application import check_file

OUTPUTS = {"loss": "loss", "sum": "total", "fill": "row"}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("loss, inputs: {log_probs: x, labels: 1}", "The port expects 2 axes, the int 1 has none."),
        ("loss, inputs: {log_probs: x, labels: {value: hello}}", "The port takes a tensor, it is given the text"),
        ("sum, inputs: {values: 2}", "The port takes a list of values, it is given the int 2."),
        ("sum, inputs: {values: [x], scale: {value: much}}", "The port takes a tensor, it is given the text 'much'."),
        ("sum, inputs: {values: [x], mode: 3}", "The port takes a text, it is given the int 3."),
        ("sum, inputs: {values: [x], scale: true}", "The values are float numbers (Features), the bool True is none."),
        ("fill, inputs: {value: {value: much}}", "The port takes a tensor, it is given the text 'much'."),
        ("sum, inputs: {values: [x], scale: 2, mode: {value: fast}}", ""),
        ("fill, inputs: {value: 1.5}", ""),
    ],
)
def test_a_constant_is_held_against_its_port(tmp_path: Path, call: str, words: str) -> None:
    """The value is blamed, also where everything else of the call is right or nothing else is given."""
    path = tmp_path / "app.yaml"
    path.write_text(
        "nm: app/1\nmodules: {loss: {type: zoo.Loss}, sum: {type: zoo.Sum}, fill: {type: zoo.Fill}}\n"
        f'graphs: {{g: {{inputs: {{x: "B T Class ; LogProbs"}}, calls: [{{call: {call}}}],\n'
        f"  outputs: {{y: {call.partition(',')[0]}.{OUTPUTS[call.partition(',')[0]]}}}}}}}\n"
    )
    report = check_file(path, collections=COLLECTIONS, backend="python")
    text = " ".join(str(report).split())

    assert words in text
    assert ("app.yaml:3:" in text and "a constant ->" in text) is bool(words)
