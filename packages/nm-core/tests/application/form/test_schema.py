"""The shape of an application file: unknown keys, wrong values and references, each one problem at its place."""

from pathlib import Path

import pytest

from nm_core.application.form.entries import CallEntry, ModuleEntry, Reference, Value
from nm_core.application.saved.document import Document, parse_document

HEAD = "nm: app/1\n"


def read(text: str) -> Document:
    """Read an application from text."""
    return parse_document(HEAD + text, Path("app.yaml"))


def problems(text: str) -> list[str]:
    """Read an application and give the messages of its problems, without the lines of the file."""
    return [problem.message for problem in read(text).problems.report()]


def test_everything_is_read() -> None:
    """A whole application becomes plain values."""
    entry = read(
        """
params: {width: 5, money: $$5}
modules:
  encoder: {type: asr.JasperEncoder@2, params: {feat_in: $width, note: $$x, inner: [{deep: $width}], money: $money}}
  both: {graph: infer}
graphs:
  infer:
    inputs: {spec: "B T:t"}
    casts: transpose
    calls:
      - {call: encoder, as: first, inputs: {a: spec, b: encoder.x, c: [spec, a.b.c], d: 3, e: {value: text}, f: true}}
    outputs: {out: first.encoded}
train: {optimize: train.loss, optimizer: sgd, policy: cosine, max_steps: 3}
"""
    ).entry

    assert entry is not None
    params = {"feat_in": 5, "note": "$x", "inner": [{"deep": 5}], "money": "$5"}
    assert entry.modules["encoder"] == ModuleEntry("asr.JasperEncoder", 2, params)
    assert entry.modules["both"] == ModuleEntry(graph="infer")
    assert entry.graphs["infer"].calls[0] == CallEntry(
        "encoder",
        "first",
        {
            "a": Reference(None, "spec"),
            "b": Reference("encoder", "x"),
            "c": (Reference(None, "spec"), Reference("a.b", "c")),
            "d": Value(3),
            "e": Value("text"),
            "f": Value(True),
        },
    )
    assert entry.train is not None
    assert entry.train.optimize == (Reference("train", "loss"),)
    assert entry.train.optimizer == {"name": "sgd"}
    assert entry.train.policy == {"name": "cosine"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("modles: {}", 'An application has no key "modles". Did you mean "modules"?'),
        ("modules: {a: {typ: asr.X}}", 'A module has no key "typ". Did you mean "type"?'),
        ("modules: {a: {}}", "A module has either a type or a graph."),
        ("modules: {a: {type: asr.X, graph: g}}", "A module has either a type or a graph."),
        ("modules: {a: {graph: g, params: {b: 1}}}", "A module made from a graph has no params."),
        ("modules: {a-b: {type: asr.X}}", '"a-b" is not a name of letters, digits and underscores'),
        ("modules: {a: {type: nm_asr:X}}", 'type is the text "nm_asr:X".'),
        ("modules: [a]", "modules is a list."),
        ("graphs: {g: {calls: [], outputs: {a: b.c}}}", "calls is a list."),
        ("graphs: {g: {calls: [{call: a}]}}", "A graph needs the key outputs."),
        ("graphs: {g: {calls: [{cal: a}], outputs: {a: b.c}}}", 'A call has no key "cal". Did you mean "call"?'),
        ("graphs: {g: {calls: [{call: a, inputs: {x: null}}], outputs: {a: b.c}}}", "x is nothing."),
        ("graphs: {g: {calls: [{call: a}], outputs: {a: loss}}}", 'a is the text "loss".'),
        ("graphs: {g: {calls: [{call: a}], outputs: {a: b.c}, casts: transpos}}", 'casts is the text "transpos".'),
        ("train: {optimize: [a], max_steps: 1}", 'This is the text "a".'),
        ("train: {optimize: [a.b], max_steps: 0}", "max_steps is a whole number from 1, and 0 was given."),
        ("train: {optimize: [a.b], max_steps: true}", "max_steps is a whole number from 1, and True was given."),
        ("train: {optimize: [a.b], max_steps: 1, precision: fp8}", 'precision is the text "fp8".'),
        ("train: {optimize: [a.b], max_steps: 1, optimizer: {lr: 1}}", "The name is missing."),
        (
            "train: {optimize: [a.b], max_steps: 1, gradient_clip_norm: 0}",
            "gradient_clip_norm is a number above 0, and 0 was given.",
        ),
        ("train: {optimize: [a.b], max_steps: 1, callbacks: [{type: x, metrics: all}]}", 'metrics is the text "all".'),
        ("eval: {metrics: []}", "metrics is a list."),
        ("eval: {metrics: [{type: asr.W, inputs: {a: text}}]}", 'a is the text "text".'),
        ("tie: [[a.weight]]", "This is a list."),
        ("seed: -1", "seed is a whole number from 0, and -1 was given."),
        ("params: {a: $b}\nmodules: {m: {type: a.B, params: {c: $a}}}", '"$b" stands under params'),
        ("modules: {m: {type: a.B, params: {c: $x}}}", 'params has no "x".'),
        (
            "params: {width: 1}\nmodules: {m: {type: a.B, params: {c: $widht}}}",
            'params has no "widht". Did you mean "width"?',
        ),
        ("modules: {m: {type: a.B, params: {c: $}}}", '"$" begins with a dollar'),
        ("modules: {m: {type: a.B, params: {c: $a b}}}", '"$a b" begins with a dollar'),
    ],
)
def test_one_slip_is_one_problem(text: str, message: str) -> None:
    """Each says what is wrong; none causes a second one."""
    found = problems(text)

    assert len(found) == 1, found
    assert found[0].startswith(message)


def test_all_problems_are_found_at_once() -> None:
    """Wrong parts of a file do not hide each other, and what can be read is read."""
    document = read("modules: {a: {typ: b}, c: {type: a.B}}\ntrain: {optimize: 3}\nseed: x\n")

    assert len(document.problems.report().problems) == 3
    assert document.entry is not None
    assert list(document.entry.modules) == ["a", "c"]


BAD = """
params: {width: 3}
modules:
  a: {type: x.A, prams: {width: $widht}}
  b: {type: x.B, params: [3]}
graphs:
  train: {call: [{call: a, inptus: {x: b.y, z: 3.5, w: {valu: 3}}}, {call: b, casts: 3}], casts: transpos}
train: {optimise: [train.los], max_stepz: 3, callbacks: [{type: a, parms: {k: $nothing}}, {typ: 3}]}
eval: {metric: [{type: x.M, input: {a: train.b}}], more: 3}
"""


def test_a_wrong_key_hides_nothing_beside_it() -> None:
    """Misspelt keys are read as what was meant, and every other problem of the file comes in the same report."""
    document = read(BAD)
    messages = [problem.message.partition("\n")[0] for problem in document.problems.report()]

    assert messages == [
        'A module has no key "prams". Did you mean "params"?',
        'params has no "widht". Did you mean "width"?',
        "params is a list.",
        "A graph needs the key outputs.",
        'A graph has no key "call". Did you mean "calls"?',
        'A call has no key "inptus". Did you mean "inputs"?',
        'A constant has no key "valu". Did you mean "value"?',
        "casts is the number 3.",
        'casts is the text "transpos".',
        'The train section has no key "optimise". Did you mean "optimize"?',
        'The train section has no key "max_stepz". Did you mean "max_steps"?',
        'A callback has no key "parms". Did you mean "params"?',
        'params has no "nothing".',
        'A callback has no key "typ". Did you mean "type"?',
        "type is the number 3.",
        'The eval section has no key "metric". Did you mean "metrics"?',
        'A metric has no key "input". Did you mean "inputs"?',
        'The eval section has no key "more".',
    ]
    assert document.entry is not None
    assert document.entry.train is not None
    assert document.entry.train.max_steps == 3
    assert document.entry.eval is not None
    assert document.entry.eval.metrics[0].inputs == {"a": Reference("train", "b")}
    assert document.entry.graphs["train"].calls[0].inputs["z"] == Value(3.5)


def test_a_reference_that_names_nothing_makes_its_value_unknown() -> None:
    """One problem at each use and nothing of the value; the value that was meant is not called unused."""
    document = read(
        "params: {rate: 0.1, bad: $x}\nmodules: {a: {type: x.A, params: {b: $rte, c: [1, $rte], d: $bad, e: 2}}}\n"
    )
    report = document.problems.report()

    assert [problem.message.partition(".")[0] for problem in report] == [
        '"$x" stands under params, where references are not replaced',
        'params has no "rte"',
        'params has no "rte"',
    ]
    assert document.entry is not None
    assert document.entry.modules["a"].params == {"e": 2}
    assert report.notes == ()


def test_the_version_comes_first() -> None:
    """A file of another format, or none, says which one this version reads."""
    other = parse_document("nm: app/2\n", Path("a.yaml")).problems.report()
    none = parse_document("modules: {}\n", Path("a.yaml")).problems.report()
    text = parse_document("hello\n", Path("a.yaml")).problems.report()

    assert "reads app/1" in str(other)
    assert "needs the key nm" in str(none)
    assert "Expected an application" in str(text)


def test_a_reference_keeps_its_own_place() -> None:
    """A problem with a value that came through `$name` points to where it is used."""
    report = read("params: {steps: many}\ntrain: {optimize: [a.b], max_steps: $steps}\n").problems.report()

    assert report.problems[0].position == "app.yaml:3:37"
    assert "max_steps is a whole number from 1, and 'many' was given." in report.problems[0].message


def test_references_cannot_multiply_without_bound() -> None:
    """A long list that is referred to very often is refused before it fills the memory."""
    uses = ", ".join(f"p{i}: $long" for i in range(2000))
    report = read(
        f"params: {{long: [{'1, ' * 1000}1]}}\nmodules: {{m: {{type: a.B, params: {{{uses}}}}}}}\n"
    ).problems.report()

    assert "too many values" in report.problems[0].message
