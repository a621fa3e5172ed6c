"""Every training is logged where it has a folder, and shows its progress unless it is told not to."""

from pathlib import Path
from typing import Any

import pytest
from nm_core_fake_backend import factory, speech

from nm_core import Callback
from nm_core.callbacks import LoggingCallback, ProgressCallback
from nm_core.errors import OptionError


def added(work_dir: Path | None = None, rank: int = 0, **options: Any) -> list[Callback]:
    """Return the callbacks that a training was made with."""
    nf, (loss, _) = factory(work_dir=work_dir), speech()
    nf.session.rank = rank
    nf.train(loss, max_steps=1, **options)
    return list(nf.session.asked[-1].callbacks)


def names(callbacks: list[Callback]) -> list[str]:
    """Return the names of their classes."""
    return [type(callback).__name__ for callback in callbacks]


def test_progress_is_shown_unless_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the call, which has the last word, or by the environment; facts stay."""
    monkeypatch.delenv("NM_PROGRESS", raising=False)
    assert names(added()) == ["ProgressCallback"]
    assert names(added(progress=False)) == ["FactsCallback"]
    monkeypatch.setenv("NM_PROGRESS", "0")
    assert names(added()) == ["FactsCallback"]
    assert names(added(progress=True)) == ["ProgressCallback"]
    with pytest.raises(OptionError, match="progress is True or False"):
        added(progress="no")


def test_a_run_has_a_record_and_a_log_behind_its_own_callbacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Last, so that what the others report is written; progress is the very last, so that it shows it all."""
    monkeypatch.delenv("NM_PROGRESS", raising=False)
    shown = ProgressCallback()
    assert names(added(tmp_path / "a", callbacks=[LoggingCallback()])) == [
        "LoggingCallback",
        "RunRecorder",
        "RunLog",
        "ProgressCallback",
    ]
    assert names(added(tmp_path / "b", callbacks=[shown])) == ["ProgressCallback", "RunRecorder", "RunLog"]


def test_a_progress_callback_of_ones_own_obeys_the_call() -> None:
    """It takes the place of the other, shows facts alone where the call says so, and everything the next time."""
    shown = ProgressCallback()
    for progress, facts_only in ((False, True), (None, False), (True, False)):
        assert names(added(callbacks=[shown], progress=progress)) == ["ProgressCallback"]
        assert shown.facts_only is facts_only


def test_other_ranks_show_and_write_nothing(tmp_path: Path) -> None:
    """Of several processes, rank 0 alone."""
    assert added(tmp_path / "run", rank=1, progress=True) == []
