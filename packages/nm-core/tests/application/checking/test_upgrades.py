"""Old files keep their meaning: modules of older versions are upgraded by what their collections declare."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nm_core_history import HistoryPlugin
from nm_core_speech import SpeechPlugin

from nm_core.application import Application, Report, check_file, load_application
from nm_core.application.saved.document import parse_document
from nm_core.application.saved.folder import new_folder
from nm_core.plugins import Collections

Load = Callable[..., Application]

OLD = """\
nm: app/1
modules:
  gain: {type: older.Gain@1, params: {factor: "2.5"}}
  words: {type: past.Words@1}
graphs:
  infer:
    inputs: {rows: "B T:t"}
    calls:
      - {call: gain, inputs: {x: rows}}
      - {call: gain, as: again, inputs: {x: gain.y}}
      - {call: words, inputs: {rows: again.y}}
    outputs: {text: words.text, rows: gain.y}
tie: [[gain.gain, words.other]]
freeze: [gain.gain]
"""
NEW = """\
nm: app/1
modules:
  gain: {type: past.Scaler@3, params: {factor: 2.5, power: 1}}
  words: {type: past.Words@1}
graphs:
  infer:
    inputs: {rows: "B T:t"}
    calls:
      - {call: gain, inputs: {signal: rows}}
      - {call: gain, as: again, inputs: {signal: gain.scaled}}
      - {call: words, inputs: {rows: again.scaled}}
    outputs: {text: words.text, rows: gain.scaled}
tie: [[gain.weight, words.other]]
freeze: [gain.weight]
"""
COLLECTIONS = Collections.load({"past": HistoryPlugin(), "speech": SpeechPlugin()}, installed=False)


def load(path: Path) -> Application:
    """Load an application of the collection with a past."""
    return load_application(path, collections=COLLECTIONS, backend="python")


def check(path: Path) -> Report:
    """Check a file against the collection with a past."""
    return check_file(path, collections=COLLECTIONS, backend="python")


def test_an_old_file_is_the_new_one(write: Any) -> None:
    """Parameters, ports, ties, frozen weights and a moved id: what version 1 says is equal to what version 3 says."""
    old, new = load(write(OLD, "old.yaml")), load(write(NEW, "new.yaml"))

    assert old == new
    assert old.digest == new.digest
    assert old.canonical["modules"]["gain"]["type"] == "past.Scaler@3"  # type: ignore[index, call-overload]
    assert load(write(old.to_yaml(), "written.yaml")) == new
    assert old.infer(rows=[[1.0]]).collect() == new.infer(rows=[[1.0]]).collect()


def test_an_upgrade_is_said(write: Any) -> None:
    """The note has the place, both ids and what changed; a file of today has none."""
    (note,) = check(write(OLD, "old.yaml")).notes

    assert "old.yaml:3:9: gain: older.Gain@1 is read as past.Scaler@3: factor is 2.5, power is 1" in note
    assert "the port x is audio, the port y is scaled, the port audio is signal." in note
    assert check(write(NEW)).notes == ()


def test_versions_in_between_take_the_steps_left(write: Any) -> None:
    """A file of version 2 takes one step; one without a version is of today, also under an older name."""
    middle = OLD.replace("older.Gain@1", "past.Gain@2").replace('"2.5"', "2.5").replace(".y", ".scaled")
    middle = middle.replace("x:", "audio:").replace("gain.gain", "gain.weight")
    bare = NEW.replace("past.Scaler@3", "past.Gain")

    assert load(write(middle)) == load(write(NEW, "new.yaml")) == load(write(bare, "bare.yaml"))
    assert "past.Gain is read as past.Scaler@3." in check(write(bare)).notes[0]


def test_a_newer_file_names_the_package(write: Any) -> None:
    """Nobody can read what was written with a newer release; the message says what to upgrade."""
    report = check(write(NEW.replace("Scaler@3", "Scaler@4")))

    assert [problem.path for problem in report] == [("modules", "gain", "type")]
    assert "past.Scaler@4: the installed version is 3." in str(report)
    assert "a newer release of the package that brings past; upgrade it" in str(report)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ('past.Scaler@1, params: {factor: "a lot"}', "from version 1 to 2 failed: ValueError: could not convert"),
        ("past.Scaler@2, params: {factor: 13.0}", "from version 2 to 3 failed: ValueError: 13 means nothing any more"),
        ("past.Odd@1, params: {nothing: true}", "TypeError: it gave NoneType instead of a dictionary"),
        ("past.Odd@1", "TypeError: Object of type set is not JSON serializable"),
        ("past.Gone@1", "there is no 'nothing' in nm_core_history"),
    ],
)
def test_an_upgrade_that_fails_is_its_authors(write: Any, module: str, says: str) -> None:
    """One problem, at the module, with the step and the place of the function; what calls it is not blamed."""
    report = check(write(NEW.replace("past.Scaler@3, params: {factor: 2.5, power: 1}", module)))

    assert [problem.path for problem in report] == [("modules", "gain", "type")]
    assert says in str(report)
    assert "nm_core_history" in str(report)


def test_upgrades_are_imported_when_they_are_needed(write: Any) -> None:
    """A file of today imports none: a target that is not there is no problem for it."""
    text = NEW.replace("past.Words@1", "past.Gone@2")

    assert check(write(text)).ok


def test_names_that_were_never_there_stay_problems(write: Any) -> None:
    """A call of an old module that names a new port as well, or no port of it, is an error as ever."""
    both = check(write(OLD.replace("{x: rows}", "{x: rows, audio: rows}")))
    none = check(write(OLD.replace("{x: rows}", "{z: rows}")))

    assert 'gain has no input port "x"' in str(both)
    assert 'gain has no input port "z"' in str(none)


def test_an_old_saved_application_is_used_and_saved_anew(write: Any, tmp_path: Path) -> None:
    """Weights have the names that they have now, from a folder of version 1 too; saved again it is of version 3."""
    new = load(write(NEW.replace("tie:", "x:").replace("x: [[gain.weight, words.other]]\n", "")))
    folder = new.save(tmp_path / "saved")
    data = json.loads((folder / "application.json").read_text())
    old = parse_document(OLD, Path("old.yaml")).root
    assert old is not None
    data |= {key: value for key, value in old.data().items() if key in ("modules", "graphs")}  # type: ignore[union-attr]
    data["freeze"] = ["gain.gain"]
    with new_folder(tmp_path / "old") as made:
        (made / "application.json").write_text(json.dumps(data))
        (made / "weights").mkdir()
        (made / "weights" / "gain.safetensors").write_text('{"gain": 0.25}')

    for place in (load(tmp_path / "old").save(tmp_path / "again"), load(tmp_path / "old").save(tmp_path / "b.zip")):
        assert load(place) == new
        assert load(place).modules["gain"].weight == 0.25  # type: ignore[attr-defined]
        assert check(place).notes == ()
    begins = load(write(NEW.replace("tie:", "init_from: {gain: old}\ntie:"), "begins.yaml"))
    assert begins.modules["gain"].weight == 0.25  # type: ignore[attr-defined]


def test_deprecated_modules_are_noted(tmp_path: Path) -> None:
    """The file works on, and its check says what to use instead."""
    file = tmp_path / "app.yaml"
    file.write_text(NEW.replace("past.Words@1", "past.Lines@1"), encoding="utf-8")

    report = check(file)

    assert f"{file}:4:10: words: past.Lines is deprecated: Use past.Words." in report.notes


def test_a_parameter_of_an_older_version_is_told_as_one(write: Any) -> None:
    """A module without a version is of the installed one; a slip that no version had is told as before."""
    text = (
        "nm: app/1\nmodules:\n  a: {type: past.Cell, params: {width: 5}}\n  b: {type: past.Cell, params: {wdth: 5}}\n"
    )

    older, slip = (problem.message for problem in check(write(text)).problems)

    assert older.startswith('Cell has no parameter "width".\n  Version 1 of past.Cell had it')
    assert "Write {type: past.Cell@1, ...}, or as it is said now: channels: 5." in older
    assert slip == 'Cell has no parameter "wdth".\n  Its parameters: channels.'
