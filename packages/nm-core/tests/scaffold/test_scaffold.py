"""`nmod new collection`: everything is written or nothing, and every refusal says what to do."""

import ast
import json
import tomllib
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import importlib_metadata
import pytest
from click.shell_completion import ShellComplete

from nm_core import scaffold
from nm_core.cli.main import main
from nm_core.cli.main import nmod as root
from nm_core.scaffold import package_files

TEMPLATES = Path(scaffold.__file__).parent / "template"
Nmod = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nmod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nmod:
    """Run a command in an empty folder where nm-torch and a collection of others are installed."""
    for distribution, entry in {"nm_torch-0.3.2": "", "choir_box-1.2": "[nm.collections]\nchoir = choir\n"}.items():
        info = tmp_path / "site" / f"{distribution}.dist-info"
        info.mkdir(parents=True)
        name, version = distribution.replace("_", "-").rsplit("-", 1)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["new", *map(str, arguments)])
        out, err = capsys.readouterr()
        return int(code), out, err

    return run


def files(folder: Path) -> set[str]:
    """Return the names of all files in a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_template_has_a_place() -> None:
    """No template is forgotten, and none is named that is not there."""
    named = {f"{name}.template" for name in package_files.FILES.values()}
    named |= {f"licences/{name}.template" for name in scaffold.LICENCES}

    assert files(TEMPLATES) == named


def test_the_package_is_written_and_the_next_commands_are_said(nmod) -> None:
    """What is printed is what to type."""
    code, out, err = nmod("collection", "song_birds")

    assert (code, err) == (0, "")
    assert out.startswith(f"nm-song-birds is written: {len(package_files.FILES) + 1} files in nm-song-birds")
    assert out.endswith("Next:\n" + "".join(f"  {line}\n" for line in NEXT))
    assert [path.name for path in Path.cwd().iterdir()] == ["nm-song-birds"]
    written = files(Path("nm-song-birds"))
    assert written >= {"src/nm_song_birds/_collection.py", "src/nm_song_birds/py.typed", "LICENSE", ".gitignore"}


NEXT = (
    "cd nm-song-birds",
    'python -m pip install --editable ".[testing]"',
    "python -m pytest . --nm-collection song_birds",
)


def test_the_result_is_printed_as_json(nmod) -> None:
    """For programs, with all that people are told."""
    _, out, _ = nmod("collection", "song_birds", "--json")

    data = json.loads(out)
    assert data["collection"] == "song_birds"
    assert data["distribution"] == "nm-song-birds"
    assert data["package"] == "nm_song_birds"
    assert files(Path(data["folder"])) == set(data["files"])
    assert data["next"] == list(NEXT)


@pytest.mark.parametrize("name", ["birds", "a" * 30])
def test_what_is_written_is_well_formed(nmod, name) -> None:
    """Python parses, settings are read, no placeholder is left and no line of code is too long."""
    nmod("collection", name, "--folder", "package")

    folder = Path("package")
    for path in (folder / name for name in files(folder)):
        text = path.read_text(encoding="utf-8")
        assert path.name == "LICENSE" or "$" not in text
        assert text.endswith("\n") or not text
        if path.suffix == ".py":
            ast.parse(text)
            assert max(map(len, text.splitlines())) <= 120
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == f"nm-{name}"
    assert project["entry-points"]["nm.collections"] == {name: f"nm_{name}._collection"}
    assert ConfigParser(interpolation=None).read(folder / "tox.ini")


def test_siblings_are_required_from_what_is_installed_to_what_may_break(nmod, monkeypatch) -> None:
    """A local version is nobody else's; the next minor version of 0.x may break, then the next major one."""
    versions = {"nm-types": "2.4.1", "nm-core": "0.1.0.post3+g1a2b3c", "nm-torch": "0.3.2"}
    monkeypatch.setattr("importlib_metadata.version", versions.__getitem__)

    assert scaffold.requirements() == ("nm-types>=2.4.1,<3", "nm-core>=0.1.0.post3,<0.2", "nm-torch>=0.3.2,<0.4")


def test_without_nm_torch_nothing_says_what_to_require(nmod, monkeypatch) -> None:
    """The message has the line that installs it."""

    def version(name: str) -> str:
        if name in ("nm-torch", "nm-birds"):
            raise importlib_metadata.PackageNotFoundError(name)
        return "0.1.0"

    monkeypatch.setattr("importlib_metadata.version", version)

    code, _, err = nmod("collection", "birds")

    assert code == 1
    assert "nm-torch is not installed" in err
    assert "python -m pip install packages/nm-torch" in err
    assert not files(Path.cwd())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Birds", "birds"),
        ("song-birds", "song_birds"),
        ("2nd choir", "nd_choir"),
        ("a__b", "a_b"),
        ("b" * 31, "b" * 30),
    ],
)
def test_a_name_of_another_form_is_refused_with_one_that_would_do(nmod, name, hint) -> None:
    """Nothing is written, and the line to try is shown."""
    code, _, err = nmod("collection", name)

    assert code == 1
    assert f'"{name}" cannot be the name of a collection.' in err
    assert err.endswith(f"Try: nmod new collection {hint}\n")
    assert not files(Path.cwd())


def test_a_name_of_which_no_letter_is_left_gets_no_hint(nmod) -> None:
    """There is nothing to guess from."""
    assert "Try" not in nmod("collection", "123")[2]


@pytest.mark.parametrize("name", ["nm", "common", "asr", "nlp", "core", "types", "torch"])
def test_official_names_are_refused(nmod, name) -> None:
    """As a namespace or as the name of the package, installed or not."""
    code, _, err = nmod("collection", name)

    assert code == 1
    assert "belongs to an official package" in err


@pytest.mark.parametrize(("name", "owner"), [("choir", "choir-box 1.2")])
def test_installed_names_are_refused(nmod, name, owner) -> None:
    """The message names the package that has it, and how to be rid of that."""
    code, _, err = nmod("collection", name)

    assert code == 1
    assert f"{owner} is installed" in err
    assert f"pip uninstall {owner.split()[0]}" in err


def test_a_folder_that_holds_something_is_left_alone(nmod) -> None:
    """The message says what is in it; no temporary folder stays."""
    Path("full").mkdir()
    Path("full", "thesis.tex").touch()

    code, _, err = nmod("collection", "birds", "--folder", "full")

    assert code == 1
    assert "is not empty: it holds thesis.tex" in err
    assert files(Path.cwd()) == {"full/thesis.tex"}


@pytest.mark.parametrize("folder", ["file", "file/inside"])
def test_a_file_is_no_folder(nmod, folder) -> None:
    """Nor is a place inside of one."""
    Path("file").touch()

    code, _, err = nmod("collection", "birds", "--folder", folder)

    assert code == 1
    assert "is a file, not a folder" in err


def test_a_folder_may_be_new_deep_or_a_new_repository(nmod) -> None:
    """Parents are made; a repository without files counts as empty; from inside, no command changes the folder."""
    assert nmod("collection", "birds", "--folder", "a/b c")[1].count('cd "a/b c"') == 1
    assert Path("a/b c/pyproject.toml").stat().st_mode == Path("a/b c/tox.ini").stat().st_mode
    Path(".git").mkdir()
    for path in Path("a").rglob("*"):
        if path.is_file():
            path.unlink()
    Path("a").rename("../elsewhere")

    code, out, _ = nmod("collection", "birds", "--folder", ".")

    assert code == 0
    assert "cd" not in out
    assert Path("pyproject.toml").is_file()


@pytest.mark.parametrize("existing", [False, True])
def test_nothing_is_half_written(nmod, existing, monkeypatch) -> None:
    """When the disk is full in the middle, the place is as it was."""
    if existing:
        Path("birds").mkdir()
    failing = "rename" if existing else "open"
    working = getattr(Path, failing)

    def full(path: Path, *arguments: object, **keywords: object) -> object:
        if path.name in ("tags.py", "src"):
            raise OSError(28, "No space left on device", str(path))
        return working(path, *arguments, **keywords)

    monkeypatch.setattr(Path, failing, full)

    code, _, err = nmod("collection", "birds", "--folder", "birds")

    assert code == 1
    assert "No space left" in err
    assert [path.name for path in Path.cwd().rglob("*")] == (["birds"] if existing else [])


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["new"], ["application", "collection", "recipes"]),
        (["new", "collection", "b", "--licence"], list(scaffold.LICENCES)),
    ],
)
def test_shells_complete_it(words, offered) -> None:
    """What there is to write, and under which licence."""
    completion = ShellComplete(root, {}, "nmod", "_NMOD_COMPLETE")

    assert [item.value for item in completion.get_completions(words, "")] == offered


@pytest.mark.parametrize("licence", scaffold.LICENCES)
def test_licences_name_their_holder(nmod, licence) -> None:
    """In metadata by its identifier, in full beside it; letters of other languages stay what they are."""
    nmod("collection", "birds", "--licence", licence.lower(), "--author", 'Žofie "Z" Nováková <zofie@example.org>')

    project = tomllib.loads(Path("nm-birds/pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = Path("nm-birds/LICENSE").read_text(encoding="utf-8")
    assert project["license"] == licence
    assert project["authors"] == [{"name": 'Žofie "Z" Nováková', "email": "zofie@example.org"}]
    assert 'Žofie "Z" Nováková' in text or licence == "Apache-2.0"


def test_another_licence_is_a_wrong_command_line(nmod) -> None:
    """The message names those that are there, and what to do for another."""
    code, _, err = nmod("collection", "birds", "--license", "GPL-3.0")

    assert code == 2
    assert 'there is no text for "GPL-3.0"' in err
    assert "BSD-3-Clause" in err


@pytest.mark.parametrize("author", ["", "<ada@example.org>", "Ada <ada", "Ada\nEve", "Ada <a b@c>"])
def test_an_author_of_another_form_is_refused(nmod, author) -> None:
    """The message shows the form."""
    code, _, err = nmod("collection", "birds", "--author", author)

    assert code == 1
    assert "Ada Lovelace <ada@example.org>" in err


@pytest.mark.parametrize(
    ("text", "author"),
    [("Ada", ("Ada", None)), (" Ada  Lovelace  ", ("Ada  Lovelace", None)), ("A <a@b.c>", ("A", "a@b.c"))],
)
def test_authors_are_read(text, author) -> None:
    """With an address or without."""
    read = scaffold.Author.read(text)

    assert (read.name, read.email) == author
