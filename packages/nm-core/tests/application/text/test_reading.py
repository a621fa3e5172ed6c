"""Files become trees of plain data in which every value knows where it stands."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nm_core_data import DATA

from nm_core.application.text import Limits, TreeNode, decode_text, parse, read_bytes
from nm_core.application.text.problems import Problems, Report
from nm_core.application.text.spans import Source


def read(
    text: str, name: str = "app.yaml", *, fallback: bool = False, limits: Limits | None = None
) -> tuple[TreeNode | None, Report]:
    """Read a text; give its tree and what is wrong with it."""
    source = Source(name, text)
    problems = Problems(name, source)
    return parse(source, problems, limits or Limits(), fallback=fallback), problems.report()


@pytest.mark.parametrize("fallback", [False, True])
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("True", True),
        ("false", False),
        ("~", None),
        ("", None),
        ("2e-2", 0.02),
        ("1.", 1.0),
        ("-0x", "-0x"),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2024-01-01", "2024-01-01"),
        ("'1'", "1"),
        ('"null"', "null"),
        ("-7", -7),
        ("18446744073709551615", 2**64 - 1),
    ],
)
def test_scalars_are_those_of_yaml_1_2(written: str, value: object, fallback: bool) -> None:
    """`yes` is a word, `2e-2` a number, and what stands in quotes is text."""
    node, report = read(f"key: {written}\n", fallback=fallback)

    assert report.ok
    assert node is not None
    assert node.data() == {"key": value}
    assert type(node.data()["key"]) is type(value)  # type: ignore[index, call-overload]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", 'key "a" stands twice', 3, 1),
        ("a: {b: 1, b: 2}\n", 'key "b" stands twice', 1, 11),
        ("a: &x [1]\n", "&x is an anchor", 1, 4),
        ("a: *x\n", "*x is an alias", 1, 4),
        ("a: !!python/object/apply:os.system [x]\n", "tag", 1, 4),
        ("a: !!int 3\n", "tag", 1, 4),
        ("? [a]\n: 1\n", "key is a list", 1, 3),
        ("a: 007\n", "leading zeros", 1, 4),
        ("a: .inf\n", "not a finite number", 1, 4),
        ("a: 1e999\n", "larger than any finite number", 1, 4),
        (f"a: {'9' * 5000}\n", "64 bits", 1, 4),
        ("a: 1\n---\nb: 1\n", "second one begins", 2, 1),
        ("%YAML 1.1\n---\na: 1\n", "YAML 1.2", 1, 1),
        ("a:\n\t- b\n", "not YAML", 2, 1),
        ("", "empty", 1, 1),
    ],
)
def test_what_an_application_cannot_hold(text: str, message: str, line: int, column: int) -> None:
    """Each is one problem, at its place, and the parser in Python says the same."""
    for fallback in (False, True):
        node, report = read(text, fallback=fallback)

        assert node is None
        assert message in report.problems[0].message
        assert (report.problems[0].line, report.problems[0].column) == (line, column)


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ('{"a": 1,}', "key in double quotes", 9),
        ("[1 2]", "expected , or ]", 4),
        ('{"a" 1}', "expected : after the key", 6),
        ("[1]x", "should end here", 4),
        ("NaN", "no value", 1),
        ("01", "no value", 1),
        ('["\\ud800"]', "surrogate", 2),
        ('{"a": 1, "a": 2}', "stands twice", 10),
        ('"a\nb"', "control character", 3),
        ("", "the file ends", 1),
        ("[1e999]", "finite", 2),
    ],
)
def test_what_json_cannot_hold(text: str, message: str, column: int) -> None:
    """JSON is read as strictly as it is defined, and each problem has its place."""
    node, report = read(text, "app.json")

    assert node is None
    assert message in report.problems[0].message
    assert report.problems[0].column == column


@given(DATA)
def test_json_means_what_the_standard_library_reads(data: object) -> None:
    """Our reader of JSON and Python's agree, with and without spaces, with and without escapes."""
    for text in (json.dumps(data), json.dumps(data, ensure_ascii=False, indent=1)):
        node, report = read(text, "app.json")

        assert report.ok, report
        assert node is not None
        assert json.dumps(node.data()) == json.dumps(data)


@given(st.text(alphabet="{}[],:\"- \n\tab1&*!|>%#?'\\u0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but a report comes out of a text, whatever it is."""
    for name, fallback in (("a.yaml", False), ("a.yaml", True), ("a.json", False)):
        node, report = read(text, name, fallback=fallback)

        assert (node is None) != report.ok


@pytest.mark.parametrize(
    "text",
    ["[" * 10_000, "{a: " * 10_000, "- " * 10_000, "[1,[" * 10_000, "a: [" + "b, " * 500_000, "- a\n" * 500_000],
)
def test_depth_and_size_are_bounded(text: str) -> None:
    """A file that nests too deeply or holds too much is refused while it is read."""
    node, report = read(text, limits=Limits(values=2_000))

    assert node is None
    assert "more than" in report.problems[0].message


@pytest.mark.parametrize("text", ["[" * 10_000, '{"a":' * 10_000, "[" + "1," * 50_000])
def test_depth_and_size_of_json_are_bounded(text: str) -> None:
    """The same holds for JSON."""
    node, report = read(text, "a.json", limits=Limits(values=2_000))

    assert node is None
    assert "more than" in report.problems[0].message


def test_places_count_characters() -> None:
    """Columns count characters, not bytes, and the caret stands under the value."""
    _, report = read('a: ["é😀", 007]\n')

    assert str(report.problems[0]).splitlines()[1:3] == ['  1 | a: ["é😀", 007]', "    |           ^^^"]


def test_every_node_knows_its_place() -> None:
    """Values and keys carry the lines and columns at which they begin."""
    node, _ = read("a:\n  - {b: [1, c]}\n")

    assert node is not None
    inner = node.value["a"].value[0]  # type: ignore[index, union-attr, call-overload]
    assert (inner.span.line, inner.span.column) == (1, 4)
    assert inner.keys["b"].column == 5
    assert [(item.span.line, item.span.column) for item in inner.value["b"].value] == [(1, 9), (1, 12)]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A wrong ending, a missing, an overlong and a binary file, and a pipe, are problems with advice."""
    messages = []
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "a.yaml").write_bytes(b"a: \xff\xfe\n")
    for name, limits in (
        ("a.txt", Limits()),
        ("none.yaml", Limits()),
        ("a.yaml", Limits(bytes=2)),
        ("a.yaml", Limits()),
        ("pipe.yaml", Limits()),
    ):
        problems = Problems(name)
        content = read_bytes(tmp_path / name, problems, limits)
        if content is not None:
            decode_text(content, problems)
        messages.append(problems.report().problems[0].message)

    assert [message.split("\n")[0] for message in messages] == [
        'The name ends in ".txt".',
        "The file cannot be read: No such file or directory.",
        "The file is larger than 2 bytes.",
        "The file is not UTF-8: byte 3 is 0xff.",
        "The file is a pipe.",
    ]


def test_a_byte_order_mark_is_no_content() -> None:
    """UTF-8 with a mark at its beginning, as some editors write, reads as without."""
    assert decode_text(b"\xef\xbb\xbfa: 1", Problems("a")) == "a: 1"
