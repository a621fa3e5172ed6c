"""Reports show every problem with its place, in the order of the file."""

import pickle

import pytest

from nm_core.application import ApplicationError, ApplicationFileError
from nm_core.application.text.problems import BrokenPaths, Problems, TooManyProblems, spell
from nm_core.application.text.spans import Source, Span


def test_a_problem_shows_its_line() -> None:
    """Position, message, line, carets and advice stand in this order."""
    problems = Problems("app.yaml", Source("app.yaml", "a: 1\nbb: two\n"))
    problems.add("two is a word.\n  Expected a number.", ("bb",), Span(1, 4, 1, 7))

    assert str(problems.report()) == (
        "app.yaml:2:5: two is a word.\n  2 | bb: two\n    |     ^^^\n  Expected a number.\n\napp.yaml: 1 problem."
    )


def test_problems_stand_in_the_order_of_the_file() -> None:
    """However they were found."""
    problems = Problems("a", Source("a", "x\ny\nz\n"))
    for line in (2, 0, 1):
        problems.add(str(line), (), Span(line, 0, line, 1))

    assert [problem.message for problem in problems.report()] == ["0", "1", "2"]


def test_without_a_file_the_path_says_where() -> None:
    """An application built in Python has no lines."""
    problems = Problems("application")
    problems.add("wrong.", ("graphs", "train", "calls", 0))

    assert str(problems.report().problems[0]) == "application: graphs.train.calls[0]: wrong."
    assert spell(("a", 1, 2, "b")) == "a[1][2].b"


def test_long_lines_are_cut_around_the_place() -> None:
    """The caret stays under the place even in a line of a million characters."""
    problems = Problems("a", Source("a", "x" * 500_000 + "HERE" + "y" * 500_000))
    problems.add("here.", (), Span(0, 500_000, 0, 500_004))

    line, carets = str(problems.report().problems[0]).splitlines()[1:]
    assert len(line) < 120
    assert line[carets.index("^") : carets.index("^") + 4] == "HERE"
    assert carets.count("^") == 4


def test_control_characters_do_not_reach_a_terminal() -> None:
    """An excerpt shows a sign in their place."""
    problems = Problems("a", Source("a", 'a: "\x1b[31m"'))
    problems.add("red.", (), Span(0, 3, 0, 4))

    assert "\x1b" not in str(problems.report())


def test_checking_stops_after_a_hundred_problems() -> None:
    """A hostile file costs bounded time, and the report says that it stopped."""
    problems = Problems("a")
    for _ in range(100):
        problems.add("wrong.")
    with pytest.raises(TooManyProblems):
        problems.add("wrong.")

    assert len(problems.report().problems) == 100
    assert str(problems.report()).endswith("100 problems; the check stopped here.")


def test_a_report_becomes_one_error() -> None:
    """It is a ValueError, an ApplicationError, plain data for tools, and survives a process boundary."""
    problems = Problems("a")
    problems.add("wrong.", ("seed",))
    with pytest.raises(ValueError, match="wrong") as caught:
        problems.report().raise_if_bad()

    assert isinstance(caught.value, ApplicationError)
    assert isinstance(caught.value, ApplicationFileError)
    assert caught.value.problems[0].path == ("seed",)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert caught.value.report.to_dict()["problems"] == [
        {
            "message": "wrong.",
            "code": None,
            "path": ["seed"],
            "position": "a: seed",
            "file": "",
            "line": 0,
            "column": 0,
            "connection": None,
        }
    ]


def test_broken_places_cover_what_is_inside_them() -> None:
    """What lies in a broken value is not blamed; what lies around it is touched."""
    broken = BrokenPaths()
    broken.add(("graphs", "a", "calls", 1))

    assert broken.covers(("graphs", "a", "calls", 1, "inputs"))
    assert not broken.covers(("graphs", "a", "calls", 2))
    assert broken.touches(("graphs", "a"))
    assert not broken.touches(("graphs", "b"))
    assert ("graphs", "a", "calls", 1) in broken
