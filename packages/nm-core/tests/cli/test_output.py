"""Tables: aligned, folded to a terminal, whole in a pipe; and JSON."""

import json

import pytest

from nm_core.cli.output import print_json, print_table

ROWS = [("asr.JasperEncoder@1", "Jasper and QuartzNet from one description of blocks."), ("x", "")]


def test_a_pipe_gets_whole_lines(capsys, monkeypatch) -> None:
    """One row is one line where a program reads, without colours and without spaces at its end."""
    monkeypatch.delenv("COLUMNS", raising=False)
    print_table(("module", "summary"), ROWS)

    head, rule, first, second, *_ = capsys.readouterr().out.split("\n")
    assert head == "module                summary"
    assert set(rule) == {"─"}
    assert first == "asr.JasperEncoder@1   Jasper and QuartzNet from one description of blocks."
    assert second == "x"


def test_a_terminal_gets_folded_cells(capsys, monkeypatch) -> None:
    """The last column is folded between words, and nothing is cut."""
    monkeypatch.setenv("COLUMNS", "50")
    print_table(("module", "summary"), ROWS)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 50
    assert " ".join(line[22:] for line in lines[2:4]) == ROWS[0][1]


def test_empty_cells_and_tables_are_fine(capsys) -> None:
    """Columns without text take no room to speak of."""
    print_table(("name", ""), [("a", ""), ("b", "")])
    print_table(("name", "value"), [])

    assert "name" in capsys.readouterr().out


def test_json_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    """Scores that are not finite are null, as in every output for programs."""
    print_json({"wer": float("inf"), "losses": [float("nan"), 0.5]})
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == {"wer": None, "losses": [None, 0.5]}
