"""Rules for a graph of a file as a whole are those of live graphs, and hold through nested graphs."""

from typing import Any

HEAD = """\
nm: app/1
modules:
  encoder: {type: speech.Encoder}
  speller: {type: speech.Speller, params: {vocabulary: words.txt}}
  add: {type: speech.Add, params: {width: 2}}
  loss: {type: speech.Loss}
"""
NESTED = f"{HEAD}  spell: {{graph: spell}}\n"


def test_python_inside_a_nested_graph_cannot_feed_the_framework(write: Any, check: Any) -> None:
    """The plan of the whole graph is looked at, with the calls of nested graphs in it."""
    report = check(
        write(
            NESTED
            + """\
graphs:
  spell:
    inputs: {scores: "B T Class ; LogProbs"}
    calls: [{call: speller, inputs: {log_probs: scores}}]
    outputs: {text: speller.text}
  g:
    inputs: {log_probs: "B T Class ; LogProbs", labels: "B Token ; Labels"}
    calls:
      - {call: spell, inputs: {scores: log_probs}}
      - {call: loss, inputs: {log_probs: log_probs, labels: labels, scale: spell.text}}
    outputs: {loss: loss.loss}
"""
        )
    )

    messages = [problem.message.partition("\n")[0] for problem in report]
    assert "speller runs in Python, and its output text feeds loss, which runs in the framework." in messages
    assert {problem.line for problem in report} == {17}


def test_calls_are_named_by_their_labels(write: Any, check: Any) -> None:
    """Two calls of one module are told apart in messages, and in the sizes that they make."""
    report = check(
        write(
            HEAD
            + """\
graphs:
  g:
    inputs: {one: "B Encoded:2 T:t", other: "B Encoded:3 T:t"}
    calls:
      - {call: add, inputs: {values: [one, one]}}
      - {call: add, as: again, inputs: {values: [add.total, other]}}
    outputs: {total: again.total}
"""
        )
    )

    (problem,) = report
    assert (problem.code, problem.line) == ("NM105", 12)
    assert "again expects" in problem.message
    assert "other -> again.values[1]" in problem.message


def test_a_failed_call_silences_what_follows_and_nothing_else(write: Any, check: Any) -> None:
    """One mistake is one problem, however many calls use it; an independent one is found in the same pass."""
    report = check(
        write(
            HEAD
            + """\
graphs:
  g:
    inputs: {spec: "B T:t Spectrogram:2", other: "B Encoded:2 T:t"}
    calls:
      - {call: encoder, inputs: {signal: spec}}
      - {call: add, inputs: {values: [encoder.encoded, encoder.encoded]}}
      - {call: add, as: more, inputs: {values: [add.total, encoder.encoded]}}
      - {call: add, as: wrong, inputs: {value: other}}
    outputs: {total: more.total, wrong: wrong.total}
"""
        )
    )

    assert [(problem.line, problem.code) for problem in report] == [(11, "NM104"), (14, "")]
