"""A file is checked to its end from classes and parameters alone, and one mistake is one problem."""

from typing import Any

import pytest
from nm_core_app import APP

from nm_core.application import Report


def changed(*pairs: tuple[str, str]) -> str:
    """Return the sample application with pieces of its text replaced."""
    text = APP
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_good_file_has_no_problems(write: Any, check: Any) -> None:
    """Neither data nor weights have to exist for that."""
    report = check(write(APP))

    assert report.ok, report
    assert str(report).endswith("app.yaml: no problems.")


ELSEWHERE = 99
CASES = [
    # modules and parameters
    (("speech.Encoder@1", "speech.Encodr@1"), 'no module "speech.Encodr". Did you mean "speech.Encoder"?', 0),
    (("speech.Encoder@1", "speech.Encoder@7"), "speech.Encoder@7", 0),
    (("speech.Encoder@1", "speech.WordCount"), "is a metric and no part of a graph", 0),
    (("{width: $width}}\n  loss", "{widht: $width}}\n  loss"), 'no parameter "widht". Did you mean "width"?', 0),
    (("{vocabulary: words.txt}", "{}"), "Speller needs the parameter vocabulary", 0),
    (("width: $width}}\n  loss", 'width: "wide"}}\n  loss'), 'Decoder: width is the text "wide"', 0),
    # calls and ports
    (("{call: loss,", "{call: los,"), 'no module "los". Did you mean "loss"?', 0),
    (("labels: train_data.word", "label: train_data.word"), 'no input port "label". Did you mean "labels"?', 0),
    ((", labels: train_data.word", ""), 'loss needs its input "labels"', 0),
    (("labels: train_data.word", "labels: train_data.wrd"), 'no output port "wrd". Did you mean "word"?', 0),
    (("labels: train_data.word", "labels: train.word"), 'no call "train". Did you mean "train_data"?', 0),
    (("labels: train_data.word", "labels: train_data"), '"train_data" is a call', 0),
    (("labels: train_data.word", "labels: [train_data.word]"), "takes one value, not a list", 0),
    (("{signal: spec}", "{signal: spc}"), 'no input "spc". Did you mean "spec"?', 0),
    (("{text: speller.text, word", "{text: speller.txt, word"), 'no output port "txt"', 0),
    # types
    (('"B Spectrogram:2 T:t"', '"B T:t Spectrogram:2"'), "NM104", 2),
    (('"B Spectrogram:2 T:t"', '"B Spectrogram:3 T:t"'), "NM105", 2),
    (('"B Spectrogram:2 T:t"', '"B T:t"'), "NM102", 2),
    (('"B Spectrogram:2 T:t"', '"B Spectogram:2"'), 'no tag "Spectogram"', 0),
    (("length: train_data.length", "length: train_data.word"), "NM102", 0),
    (
        ("encoder: {type: speech.Encoder@1, params: {width: $width}}", "encoder: {type: speech.Encoder@1}"),
        "NM105",
        ELSEWHERE,
    ),
    # structure
    (("outputs: {loss: loss.loss}", "outputs: {loss: train_data.length}"), "leads to none of the outputs", ELSEWHERE),
    (('{spec: "B Spectrogram:2 T:t"}', '{spec: "B Spectrogram:2 T:t", more: "B"}'), '"more" leads to none', 0),
    (("      - call: dev_data\n", "      - call: dev_data\n      - {call: loss, as: dev_data}\n"), "Two calls", 0),
    # sections
    (("optimize: [train.loss]", "optimize: [train.los]"), 'no output "los". Did you mean "loss"?', 0),
    (("optimize: [train.loss]", "optimize: [trai.loss]"), 'no graph "trai". Did you mean "train"?', 0),
    (("optimize: [train.loss]", "optimize: [infer.text]"), "has free inputs and no data layer", 0),
    (("optimize: [train.loss]", "optimize: [eval.text]"), "no single number to optimize", 0),
    (("lr: 0.1", "lr: fast"), "lr is no number.", 0),
    (("{type: silent}", "{type: silnt}"), "silnt", 0),
    (("{type: silent}", "{type: silent, params: {evry: 1}}"), 'no parameter "evry". Did you mean "every"?', 0),
    (("{type: silent}", "{type: silent, params: {every: often}}"), 'every is the text "often"', 0),
    (("{type: silent}", "{type: silent, metrics: eval}"), "takes no metrics", 0),
    (("speech.WordCount", "speech.WordCont"), 'Did you mean "speech.WordCount"?', 0),
    (("speech.WordCount", "speech.Encoder"), "is no metric", 0),
    (("references: eval.word", "reference: eval.word"), 'no input port "reference"', 0),
    ((", references: eval.word", ""), "needs its inputs references", 0),
    (("hypotheses: eval.text", "hypotheses: eval.word"), "NM110", 0),
    (("hypotheses: eval.text", "hypotheses: eval.txt"), 'no output "txt"', 0),
    (("[encoder.**]", "[encodr.**]"), 'no module "encodr"', 0),
    (("[encoder.**]", "[encoder]"), "encoder is a module, not a weight", 0),
    (("encoder.weight, decoder.weight", "encoder.weight, decodr.weight"), 'no module "decodr"', 0),
    (("encoder.weight, decoder.weight", "encoder.weight, encoder.weight"), "encoder.weight is named twice", 0),
    (("{transcribe: infer}", "{transcrib: infer}"), 'no installed collection has the verb "transcrib"', 0),
    (("{transcribe: infer}", "{transcribe: infr}"), 'no graph "infr"', 0),
    (("seed: 3", "seed: 3\nrequires: {nm-none: '>=1'}"), "nm-none is not installed", 0),
    (("seed: 3", "seed: 3\nrequires: {pluggy: '>=99'}"), "pluggy >=99 is needed", 0),
    (("seed: 3", "seed: 3\nrequires: {pluggy: 'new'}"), "says no versions", 0),
    (("seed: 3", "seed: 3\ninit_from: {encoderr: runs}"), 'no module "encoderr"', 0),
]


@pytest.mark.parametrize(("change", "message", "offset"), CASES, ids=[case[1] for case in CASES])
def test_one_mistake_is_one_problem(write: Any, check: Any, change: tuple[str, str], message: str, offset: int) -> None:
    """Each names the thing and stands in its line; nothing that follows from it is blamed."""
    text = changed(change)
    line = 1 + next(
        i for i, (old, new) in enumerate(zip(APP.split("\n"), text.split("\n"), strict=False)) if old != new
    )

    report: Report = check(write(text))

    assert message.lower() in str(report).lower()
    if offset is not ELSEWHERE:
        assert len(report.problems) == 1, report
        assert report.problems[0].line == line + offset, report


def test_two_data_layers_of_a_training_and_of_a_metric_are_found_at_their_lines(write: Any, check: Any) -> None:
    """What `train` and `eval` would refuse when they run is refused by the check, each where it is written."""
    text = APP.replace("labels: train_data.word, scale", "labels: dev_data.word, scale")
    text = text.replace("      - call: train_data\n", "      - call: train_data\n      - call: dev_data\n")
    text = text.replace("outputs: {loss: loss.loss}", "outputs: {loss: loss.loss, word: train_data.word}")
    text = text.replace("references: eval.word", "references: train.word")
    lines = text.split("\n")

    report: Report = check(write(text))

    messages = {problem.line: problem.message for problem in report.problems}
    training = 1 + next(i for i, line in enumerate(lines) if "optimize:" in line)
    metric = 1 + next(i for i, line in enumerate(lines) if line.startswith("eval:"))
    assert "A training needs exactly one data layer" in messages[training]
    assert "it has train_data, dev_data" in messages[training]
    assert "WordCount needs exactly one data layer" in messages[metric]
    assert len(report.problems) == 2


def test_a_metric_of_free_inputs_has_no_data_layer(write: Any, check: Any) -> None:
    """Nothing would give it batches."""
    report: Report = check(write(APP.replace("hypotheses: eval.text, references: eval.word", "hypotheses: infer.text")))

    assert "it has none" in str(report)


def test_every_mistake_is_found_at_once(write: Any, check: Any) -> None:
    """Independent mistakes in modules, graphs and sections show in one report."""
    report = check(
        write(
            changed(
                ("speech.Decoder@1, params: {width: $width}", "speech.Decoder@1, params: {widht: 5}"),
                ("labels: train_data.word", "labels: train_data.wrd"),
                ('"B Spectrogram:2 T:t"', '"B T:t Spectrogram:2"'),
                ("max_steps: 4", "max_steps: 4\n  epochs: 3"),
                ("[encoder.**]", "[encodr.**]"),
            )
        )
    )

    assert [problem.line for problem in report] == [9, 18, 30, 35, 41]


def test_a_type_error_shows_both_types(write: Any, check: Any) -> None:
    """The two types stand aligned under the line of the file, with a fix that a file can hold."""
    report = check(write(changed(('"B Spectrogram:2 T:t"', '"B T:t Spectrogram:2"'))))
    text = str(report)

    assert "- {call: encoder, inputs: {signal: spec}}" in text
    assert "encoder expects   Batch    Spectrogram:2   Time:t" in text
    assert "spec gives        Batch    Time:inputs.t   Spectrogram:2" in text
    assert "casts: transpose" in text
    assert "encoder.signal is declared in nm_core_speech.Encoder" in text


def test_a_type_error_names_both_classes(write: Any, check: Any) -> None:
    """Where the port is declared, and where the output is."""
    text = str(check(write(changed(("length: train_data.length", "length: train_data.word")))))

    assert "encoder.length is declared in nm_core_speech.Encoder" in text
    assert "train_data.word is declared in nm_core_speech.Frames" in text


def test_a_visible_cast_is_allowed_where_the_graph_says_so(write: Any, check: Any) -> None:
    """`casts: transpose` turns the error into a note."""
    report = check(
        write(
            changed(
                (
                    'inputs: {spec: "B Spectrogram:2 T:t"}',
                    'casts: transpose\n    inputs: {spec: "B T:t Spectrogram:2"}',
                ),
            )
        )
    )

    assert report.ok
    assert any("encoder.signal: its axes are transposed" in note for note in report.notes)


def test_what_a_run_checks_and_what_nobody_checks_are_noted(write: Any, check: Any) -> None:
    """For each connection that is not decided: that it is looked at in use, or that it is not, and why."""
    open_inputs = 'inputs: {spec: "B Spectrogram T:t", other: "B ; Lengths(v)"}'
    report = check(
        write(
            changed(
                ('inputs: {spec: "B Spectrogram:2 T:t"}', open_inputs),
                ("inputs: {signal: spec}", "inputs: {signal: spec, length: other}"),
            )
        )
    )
    notes = [note.partition(": ")[2] for note in report.notes if "encoder." in note]

    assert report.ok
    assert notes == [
        "encoder.signal: checked in use, by the shape of what it is given.",
        "encoder.length: not checked: Lengths(t), since no axis that can be read has the size inputs.v.",
    ]


def test_calls_may_stand_in_any_order(write: Any, check: Any) -> None:
    """The order in the file is the writer's choice."""
    lines = APP.splitlines(keepends=True)
    first = lines.index("      - call: train_data\n")
    lines[first : first + 4] = reversed(lines[first : first + 4])
    text = "".join(lines)

    assert check(write(text)).ok


def test_circles_are_refused(write: Any, check: Any) -> None:
    """Calls that wait for each other are one problem that names them."""
    text = """\
nm: app/1
modules: {add: {type: speech.Add}}
graphs:
  g:
    calls:
      - {call: add, as: one, inputs: {values: [two.total]}}
      - {call: add, as: two, inputs: {values: [three.total, one.total]}}
      - {call: add, as: three, inputs: {values: [one.total]}}
    outputs: {total: two.total}
"""
    report = check(write(text))

    assert len(report.problems) == 1, report
    assert "wait for each other: one <- two <- " in report.problems[0].message


def test_python_before_the_framework_is_refused(write: Any, check: Any) -> None:
    """What runs in Python comes last."""
    text = """\
nm: app/1
modules: {speller: {type: speech.Speller, params: {vocabulary: words.txt}}, loss: {type: speech.Loss}}
graphs:
  g:
    inputs: {log_probs: "B T Class ; LogProbs", labels: "B Token ; Labels"}
    calls:
      - {call: speller, inputs: {log_probs: log_probs}}
      - {call: loss, inputs: {log_probs: log_probs, labels: labels, scale: speller.text}}
    outputs: {loss: loss.loss}
"""
    report = check(write(text))

    assert any(
        "speller runs in Python, and its output text feeds loss, which runs in the framework." in problem.message
        for problem in report
    )


def test_a_graph_has_one_kind_of_driver(write: Any, check: Any) -> None:
    """Free inputs and a data layer in one graph would drive each other out of step."""
    report = check(
        write(
            changed(
                ("{signal: dev_data.spec, length", "{signal: spec, length"),
                ("  eval:\n", '  eval:\n    inputs: {spec: "B Spectrogram:2 T"}\n'),
            )
        )
    )

    assert [problem.message.split("\n")[0] for problem in report] == [
        "dev_data is a data layer, and this graph has free inputs."
    ]


def test_sizes_of_free_inputs_may_be_parameters(write: Any, check: Any) -> None:
    """`{features}` in a type stands for a value under params."""
    good = changed(("params: {width: 5}", "params: {width: 5, size: 2}"), ("Spectrogram:2", "Spectrogram:{size}"))
    bad = good.replace("size: 2}", "size: 3}")

    assert check(write(good)).ok
    assert "NM105" in str(check(write(bad)))


def test_unused_modules_are_noted(write: Any, check: Any) -> None:
    """A module that no graph calls is allowed and seen."""
    report = check(write(changed(("  loss: {type", "  spare: {type: speech.Loss}\n  loss: {type"))))

    assert report.ok
    assert any("the module spare is called in no graph" in note for note in report.notes)


def test_unused_values_are_noted(write: Any, check: Any) -> None:
    """What nothing refers to changes nothing, which its author should know; types refer in braces."""
    values = "params: {width: 5, size: 2, widht: 6}"
    report = check(write(changed(("params: {width: 5}", values), ("Spectrogram:2", "Spectrogram:{size}"))))

    assert report.ok
    assert [note.partition(": ")[2] for note in report.notes] == [
        "the value widht under params is referred to nowhere."
    ]


NESTED = """\
nm: app/1
modules:
  data: {type: speech.Frames, params: {manifest: train.txt}}
  encoder: {type: speech.Encoder}
  decoder: {type: speech.Decoder}
  both: {graph: encode_decode}
  loss: {type: speech.Loss}
graphs:
  encode_decode:
    inputs: {signal: "B Spectrogram T:t"}
    calls:
      - {call: encoder, inputs: {signal: signal}}
      - {call: decoder, inputs: {encoded: encoder.encoded}}
    outputs: {log_probs: decoder.log_probs}
  train:
    calls:
      - call: data
      - {call: both, inputs: {signal: data.spec}}
      - {call: loss, inputs: {log_probs: both.log_probs, labels: data.word}}
    outputs: {loss: loss.loss}
"""


def test_graphs_are_modules(write: Any, check: Any) -> None:
    """A graph with free inputs is called in another; what it is really given is checked through it."""
    wrong_size = NESTED.replace("manifest: train.txt", "manifest: train.txt, size: 3")
    wrong_port = NESTED.replace("both.log_probs", "both.probs")

    assert check(write(NESTED)).ok
    assert "Inside the graph encode_decode, with what it is given here: NM105" in str(check(write(wrong_size)))
    assert 'both has no output port "probs"' in str(check(write(wrong_port)))


def test_graphs_do_not_contain_themselves(write: Any, check: Any) -> None:
    """Not directly, and not through others."""
    report = check(
        write(
            NESTED.replace(
                "{call: encoder, inputs: {signal: signal}}", "{call: both, as: encoder, inputs: {signal: signal}}"
            )
        )
    )

    assert "encode_decode -> encode_decode" in str(report)


def test_nested_graphs_cannot_multiply_without_bound(write: Any, check: Any) -> None:
    """A graph that calls one twice, which calls one twice, and so on, is refused in bounded time."""
    lines = ["nm: app/1", "modules:", "  g0: {type: speech.Add}"]
    lines += [f"  g{i}: {{graph: graph{i}}}" for i in range(1, 20)]
    lines += ["graphs:"]
    for i in range(1, 21):
        lines += [
            f"  graph{i}:",
            "    inputs: {x: 'B Encoded:3 T'}",
            "    calls:",
            f"      - {{call: g{i - 1}, as: one, inputs: {{{'values' if i == 1 else 'x'}: x}}}}",
            f"      - {{call: g{i - 1}, as: two, inputs: {{{'values' if i == 1 else 'x'}: one.total}}}}",
            "    outputs: {total: two.total}",
        ]
    report = check(write("\n".join(lines)))

    assert "too many calls" in str(report)
