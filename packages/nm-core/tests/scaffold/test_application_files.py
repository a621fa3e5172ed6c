"""Applications from recipes: everything is written or nothing, and every refusal says what is expected."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nm_core.errors import NmError
from nm_core.plugins import Collection, Collections, ConflictError, hookimpl
from nm_core.scaffold import Recipe, RecipeRequest, RecipeResult, ScaffoldError, find_recipe, write_application

APPLICATION: Mapping[str, Any] = {
    "nm": "app/1",
    "description": "Songs.",
    "params": {"labels": "abc"},
    "train": {"max_epochs": 3},
}


def write_songs(request: RecipeRequest) -> RecipeResult:
    """Make an application without looking at any data."""
    return RecipeResult(
        application=APPLICATION,
        comments={"params": "First.\nSecond."},
        files={"data/part.jsonl": iter([b"one\n", b"two\n"]), "pieces.model": b"\x00\x01"},
        facts=(f"{len(request.train)} files.",),
        warnings=("They are short.",),
        advice=("- *Too short*: longer ones.",),
    )


SONGS = Recipe(summary="Songs.", files=("manifest",), several=True, write=write_songs, options={"size": "of it"})
PAIRS = Recipe(summary="Pairs.", files=("source", "target"), write=write_songs)


def ask(data: Path, *train: str, name: str = "birds", **keywords: Any) -> RecipeRequest:
    """Return a request for files that exist."""
    for file in train:
        (data / file).touch()
    keywords = {"folder": data / name, **keywords}
    return RecipeRequest(name=name, train=tuple(data / file for file in train), **keywords)


def test_all_files_are_written_with_a_readme(tmp_path: Path) -> None:
    """Text, bytes and pieces; the report stands in the README, the comments above their keys."""
    written = write_application(SONGS, ask(tmp_path, "a.jsonl", "b.jsonl"))

    folder = tmp_path / "birds"
    assert written.files == ("README.md", "birds.yaml", "data/part.jsonl", "pieces.model")
    assert (folder / "data/part.jsonl").read_bytes() == b"one\ntwo\n"
    assert (folder / "pieces.model").read_bytes() == b"\x00\x01"
    assert written.file.read_text(encoding="utf-8") == (
        "nm: app/1\ndescription: Songs.\n\n# First.\n# Second.\nparams: {labels: abc}\ntrain: {max_epochs: 3}\n"
    )
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(line in readme for line in ("- 2 files.", "- They are short.", "longer ones.", *written.commands))


@pytest.mark.parametrize("folder", [".", "birds"])
def test_nothing_is_written_over(tmp_path: Path, folder: str) -> None:
    """A folder that holds something is left as it is, before the recipe looks at the data."""
    request = ask(tmp_path, "a.jsonl", folder=tmp_path / folder)
    (tmp_path / "birds").mkdir(exist_ok=True)
    (tmp_path / "birds" / "birds.yaml").write_text("mine")

    with pytest.raises(ScaffoldError, match="is not empty"):
        write_application(SONGS, request)

    assert (tmp_path / "birds" / "birds.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("recipe", "train", "keywords", "message"),
    [
        (SONGS, ["a"], {"name": "my birds"}, "cannot be the name"),
        (SONGS, ["a"], {"options": {"sise": "1"}}, 'Did you mean "size"'),
        (PAIRS, ["a"], {"options": {"size": "1"}}, "It has none"),
        (SONGS, [], {}, "given nothing.*\n.*--train MANIFEST"),
        (PAIRS, ["a"], {}, "--train SOURCE --train TARGET"),
        (PAIRS, ["a", "b", "c", "d"], {}, "--train SOURCE --train TARGET"),
        (SONGS, ["a"], {"dev": (Path("gone.jsonl"),)}, "gone.jsonl: there is no such file.\n.*--dev"),
        (SONGS, ["a"], {"test": (Path(__file__).parent,)}, "it is a folder"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, recipe: Recipe, train: list[str], keywords: dict[str, Any], message: str
) -> None:
    """The message names what was given and what is expected, and nothing is written."""
    with pytest.raises(ScaffoldError, match=message):
        write_application(recipe, ask(tmp_path, *train, **keywords))

    assert {path.name for path in tmp_path.iterdir()} == set(train)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a module with recipes, as an installed package has one."""
    monkeypatch.setitem(sys.modules, "birds_recipes", SimpleNamespace(SONGS=SONGS, OTHER=PAIRS, PLAIN=APPLICATION))
    return "birds_recipes"


def offer(name: str, target: str) -> object:
    """Return the declaration of a collection with a recipe."""
    return SimpleNamespace(
        nm_collection=hookimpl(lambda: Collection(name, "Songs.")),
        nm_recipes=hookimpl(lambda: {"songs": target}),
    )


def test_recipes_of_third_parties_are_found_by_both_names(installed: str) -> None:
    """The short name where it is the only one, the qualified one always; two that share one are told apart."""
    here = f"{installed}:SONGS"
    one = Collections.load({"birds": offer("birds", here)}, installed=False)
    two = Collections.load({"birds": offer("birds", here), "whales": offer("whales", here)}, installed=False)

    assert find_recipe(one, "songs") == find_recipe(one, "birds.songs") == find_recipe(two, "whales.songs") == SONGS
    with pytest.raises(ConflictError, match=r"birds\.songs"):
        find_recipe(two, "songs")


def test_the_short_name_of_an_official_recipe_stays_its_own(installed: str) -> None:
    """A third party with a recipe of the same name changes nothing for who uses the official one."""
    collections = Collections.load(
        {"asr": offer("asr", f"{installed}:SONGS"), "birds": offer("birds", f"{installed}:OTHER")}, installed=False
    )

    assert find_recipe(collections, "songs") is SONGS
    assert find_recipe(collections, "birds.songs") is PAIRS


def test_a_hook_that_names_something_else_is_told(installed: str) -> None:
    """An author sees what the target is."""
    collections = Collections.load({"birds": offer("birds", f"{installed}:PLAIN")}, installed=False)

    with pytest.raises(NmError, match="must name a Recipe"):
        find_recipe(collections, "songs")


def test_paths_below_the_working_directory_are_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project can be moved as a whole; what lies elsewhere is named in full."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    request = RecipeRequest(name="birds", folder=Path("birds"), train=())

    assert request.path_from_folder(Path("data/a.jsonl")) == "../data/a.jsonl"
    assert request.path_from_folder(tmp_path / "b.jsonl") == (tmp_path / "b.jsonl").as_posix()
