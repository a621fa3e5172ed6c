"""A saved application as one archive: the folder's files in a plain zip, safe to read, equal for equal content."""

import gc
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from nm_core_app import APP, DEV, TRAIN

from nm_core.application import Application, ApplicationError
from nm_core.application.saved.archive import is_inside

Damage = Callable[[Path, Path], None]


@pytest.fixture
def app(write: Any, load: Any) -> Application:
    """The sample application, with its data."""
    path: Path = write(APP)
    (path.parent / "train.txt").write_text(TRAIN)
    (path.parent / "dev.txt").write_text(DEV)
    loaded: Application = load(path)
    return loaded


def test_an_archive_is_used_at_once(app: Application, load: Any, check: Any, tmp_path: Path) -> None:
    """It holds the folder's files, checks, gives the same words and says its name; what it unpacks goes with it."""
    expected = app.transcribe([[1.0, 2.0], [3.0, 4.0]])
    folder, archive = app.save(tmp_path / "saved"), app.save(tmp_path / "saved.zip")
    (tmp_path / "words.txt").unlink()

    again = load(archive)

    assert check(archive).ok
    assert again == load(folder)
    assert again.path == archive
    assert again.transcribe([[1.0, 2.0], [3.0, 4.0]]) == expected
    with zipfile.ZipFile(archive) as file:
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        assert file.namelist() == names
        assert all(file.read(name) == (folder / name).read_bytes() for name in names)
        assert {info.compress_type for info in file.infolist()} == {zipfile.ZIP_STORED}
    place = Path(again.factory.application["structure"]["modules"]["speller"]["params"]["vocabulary"])
    unpacked = again._saved
    assert place.parts[0] == "assets"
    assert unpacked is not None
    assert unpacked.is_dir()
    del again
    gc.collect()
    assert not unpacked.exists()


def test_equal_content_is_equal_bytes(app: Application, load: Any, tmp_path: Path) -> None:
    """Saved twice, or loaded and saved again with modules that were never made, an archive is the same."""
    first = app.save(tmp_path / "first.zip")
    second = load(first).save(tmp_path / "second.zip")

    assert first.read_bytes() == second.read_bytes() == app.save(tmp_path / "third.zip").read_bytes()


def test_an_older_archive_is_replaced_and_nothing_else(app: Application, load: Any, tmp_path: Path) -> None:
    """Saving over itself works; a zip of something else stays; nothing unfinished is left."""
    archive = app.save(tmp_path / "saved.zip")
    again = load(archive)
    again.train()
    with pytest.raises(ApplicationError, match="--overwrite"):
        again.save(archive)
    again.save(archive, overwrite=True)
    with zipfile.ZipFile(tmp_path / "thesis.zip", "w") as file:
        file.writestr("chapter", "1")

    assert load(archive).modules["encoder"].weight == again.modules["encoder"].weight
    with pytest.raises(ApplicationError, match="no saved application"):
        app.save(tmp_path / "thesis.zip")
    assert sorted(path.name for path in tmp_path.glob("*.zip*")) == ["saved.zip", "thesis.zip"]
    assert not list(tmp_path.glob(".*"))


def test_modules_begin_with_those_of_an_archive(app: Application, write: Any, load: Any, tmp_path: Path) -> None:
    """`init_from` takes an archive, or a module in one."""
    app.save(tmp_path / "saved.zip")
    for given in ("saved.zip", "saved.zip/encoder"):
        other = load(write(APP.replace("seed: 3", f"seed: 9\ninit_from: {{encoder: {given}}}"), "begin.yaml"))

        (report,) = other.initial_weights()

        assert report.loaded == ("weight",)
        assert other.modules["encoder"].weight == app.modules["encoder"].weight  # type: ignore[attr-defined]


def rewritten(change: Callable[[zipfile.ZipInfo, bytes], list[tuple[zipfile.ZipInfo, bytes]]]) -> Damage:
    """Return what writes an archive anew, each file as `change` gives it."""

    def write(source: Path, target: Path) -> None:
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
            for info in old.infolist():
                for one, content in change(info, old.read(info)):
                    new.writestr(one, content)

    return write


def renamed(name: str) -> Damage:
    """Return what gives one file another name."""

    def change(info: zipfile.ZipInfo, content: bytes) -> list[tuple[zipfile.ZipInfo, bytes]]:
        return [(zipfile.ZipInfo(name) if info.filename.endswith("encoder.safetensors") else info, content)]

    return rewritten(change)


def linked(info: zipfile.ZipInfo, content: bytes) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """Make a link of a file."""
    if info.filename.startswith("assets/"):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        content = b"/etc/passwd"
    return [(info, content)]


def compressed(info: zipfile.ZipInfo, content: bytes) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """Compress a file."""
    info.compress_type = zipfile.ZIP_DEFLATED
    return [(info, content)]


def overlapping(source: Path, target: Path) -> None:
    """Let two names stand for the same bytes, so that more comes out than there is."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            new.writestr(info, old.read(info))
        large = zipfile.ZipInfo("large")
        new.writestr(large, b"0" * 10_000)
        for number in range(9):
            copy = zipfile.ZipInfo(f"copy{number}")
            for name in ("CRC", "compress_size", "file_size", "header_offset"):
                setattr(copy, name, getattr(large, name))
            new.filelist.append(copy)


def cut(source: Path, target: Path) -> None:
    """Keep the first half."""
    target.write_bytes(source.read_bytes()[: source.stat().st_size // 2])


def flipped(source: Path, target: Path) -> None:
    """Change one byte of a vocabulary."""
    content = source.read_bytes()
    target.write_bytes(content.replace(b"maybe", b"mabye", 1))


def oversized(source: Path, target: Path) -> None:
    """Claim a size of 4 GiB for every file in the directory at the end."""
    content = bytearray(source.read_bytes())
    at = content.index(b"PK\x01\x02")
    struct.pack_into("<II", content, at + 20, 2**32 - 2, 2**32 - 2)
    target.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (renamed("../escaped"), "no plain file"),
        (renamed("/tmp/nm-escaped"), "no plain file"),
        (renamed("C:\\escaped"), "no plain file"),
        (renamed("weights/../../escaped"), "no plain file"),
        (renamed("weights/"), "no plain file"),
        (renamed("application.json/inside"), "cannot be read"),
        (renamed("weights/other.safetensors"), "weights/encoder.safetensors is missing"),
        (rewritten(linked), "no plain file"),
        (rewritten(compressed), "without compression"),
        (overlapping, "larger than the archive"),
        (oversized, "damaged"),
        (cut, "damaged"),
        (flipped, "damaged"),
        (lambda source, target: target.write_bytes(b""), "damaged"),
        (lambda source, target: target.write_text("nm: app/1"), "damaged"),
    ],
)
def test_nothing_in_an_archive_is_believed(
    app: Application, load: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Damage, says: str
) -> None:
    """Names that lead out, links, what is compressed, damaged or too large: our error, and no file is left."""
    hostile = tmp_path / "inner" / "hostile.zip"
    hostile.parent.mkdir()
    damage(app.save(tmp_path / "saved.zip"), hostile)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(ApplicationError, match=says) as caught:
        load(hostile)

    assert "hostile.zip" in str(caught.value) or "weights" in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_no_archive_of_ours_is_said(load: Any, tmp_path: Path) -> None:
    """A zip of other things has no application; a folder whose name ends in .zip is a folder."""
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("chapter", "1")

    with pytest.raises(ApplicationError, match=r"it has no application\.json") as caught:
        load(tmp_path / "other.zip")
    assert "damaged" not in str(caught.value)


def test_a_folder_may_be_called_like_an_archive(app: Application, load: Any, tmp_path: Path) -> None:
    """What counts is what it is."""
    shutil.move(app.save(tmp_path / "saved"), tmp_path / "folder.zip")

    assert load(tmp_path / "folder.zip") == load(app.save(tmp_path / "saved"))


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("a", True),
        ("weights/a.safetensors", True),
        ("assets/0-ä b.txt", True),
        ("..", False),
        ("a/../b", False),
        ("/a", False),
        ("a//b", False),
        ("./a", False),
        ("a/", False),
        ("", False),
        ("a\\b", False),
        ("C:a", False),
        ("a\0b", False),
    ],
)
def test_names_stay_inside(name: str, inside: bool) -> None:
    """Only plain relative names do, on every system."""
    assert is_inside(name) is inside
