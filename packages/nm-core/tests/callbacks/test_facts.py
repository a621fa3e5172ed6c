"""Facts are shown once each, whatever else is hidden."""

from typing import Any

from nm_core.callbacks.facts import FactsCallback


def test_each_fact_is_shown_once(drive: Any, capsys: Any) -> None:
    """Before the first step, at log points and at the end; nothing of the progress."""
    running = drive(FactsCallback())
    running.run.report.append("the learning rate jumps")
    running.tell("on_start")
    assert capsys.readouterr().err == "note: the learning rate jumps\n"
    running.run.report.append("a sample is unreadable")
    running.tell("on_log", {"loss": 1.0})
    running.tell("on_end", "finished")
    assert capsys.readouterr().err == "note: a sample is unreadable\n"


def test_only_one_process_shows_them(drive: Any, capsys: Any) -> None:
    """The others have the same report."""
    running = drive(FactsCallback(), rank=1)
    running.run.report.append("a fact")
    running.tell("on_start")
    assert capsys.readouterr().err == ""
