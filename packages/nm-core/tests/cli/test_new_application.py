"""`nmod new application` and `nmod new recipes`: for people and as JSON, and what is wrong on the line."""

import json
from pathlib import Path

import pytest

from nm_core.cli.main import main
from nm_core.plugins import Collections
from nm_core.scaffold import Recipe, RecipeResult

SONGS = Recipe(
    summary="A recogniser of songs.",
    files=("manifest",),
    write=lambda request: RecipeResult(application={"nm": "app/1"}, facts=("Two birds.",), warnings=("No owls.",)),
    options={"size": "how large"},
)


class Offering:
    """Collections with one recipe that works and one that does not."""

    def names(self, what: str) -> tuple[str, ...]:
        """Return the names of the recipes."""
        return ("broken", "songs")

    def lookup(self, what: str, name: str) -> object:
        """Return a recipe."""
        return SONGS if name == "songs" else "no recipe"


@pytest.fixture(autouse=True)
def offering(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with a manifest, where two recipes are installed."""
    monkeypatch.chdir(tmp_path)
    Path("train.jsonl").touch()
    monkeypatch.setattr(Collections, "load", staticmethod(Offering))


NEW = ("new", "application", "birds", "--recipe", "songs", "--train", "train.jsonl")


def test_what_was_read_and_what_to_do_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """The commands are those of the README."""
    assert main([*NEW]) == 0

    out = capsys.readouterr().out
    assert "birds is written: README.md, birds.yaml in birds/" in out
    assert "From the data:\n  Two birds.\n\nTo look at:\n  No owls.\n\nNext:\n  nmod check birds/birds.yaml\n" in out
    assert main([*NEW]) == 1
    assert "is not empty" in capsys.readouterr().err


def test_the_report_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs, with all that people are told."""
    main([*NEW, "--folder", "elsewhere", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert Path(report["file"]) == Path("elsewhere/birds.yaml").resolve()
    assert (report["facts"], report["warnings"], report["files"]) == (
        ["Two birds."],
        ["No owls."],
        ["README.md", "birds.yaml"],
    )


@pytest.mark.parametrize("options", [["size"], ["=3"], ["size=1", "size=2"]])
def test_an_option_that_is_no_value_is_a_wrong_command_line(options: list[str], capsys) -> None:
    """The message shows the form."""
    assert main([*NEW, *(part for option in options for part in ("--option", option))]) == 2

    assert "--option size=small" in capsys.readouterr().err


def test_recipes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """By a command of their own, with options, and below the help; one that is broken is a line."""
    main(["new", "recipes"])
    listed = capsys.readouterr().out
    main(["new", "application", "--help"])
    shown = capsys.readouterr().out
    main(["new", "recipes", "--json"])
    broken, songs = json.loads(capsys.readouterr().out)

    assert "--option size=...  how large" in listed
    assert "--train MANIFEST" in listed
    assert "A recogniser of songs." in listed
    assert "A recogniser of songs." in shown
    assert "cannot be used" in shown
    assert songs["options"] == {"size": "how large"}
    assert broken["summary"].startswith("cannot be used")
