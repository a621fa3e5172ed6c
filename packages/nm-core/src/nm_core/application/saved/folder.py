"""A saved application on disk: a folder, or an archive of it, that appears only when complete and verifies when read.

::

    application.json              the application, in canonical form
    weights/<module>.safetensors  one file per module with weights, written by the backend
    assets/<sha256>-<name>        files that modules need: vocabularies, tokenizers
    manifest.json                 every other file with its size and sha256
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from nm_core.application.saved.archive import is_archive, is_inside, pack, read_member, unpack
from nm_core.application.saved.temporary import TemporaryFolder
from nm_core.application.text.tree import Data
from nm_core.errors import ApplicationError

APPLICATION = "application.json"
MANIFEST = "manifest.json"
WEIGHTS = "weights"
ASSETS = "assets"
FORMAT = "nm-application/1"
_CHECKPOINT = "nm-checkpoint/1"
"""The format of checkpoints, whose manifests list their files in the same way."""
_MANIFEST_BYTES = 16 << 20


def weights_path(module: str) -> str:
    """Return where a module's weights stand in the folder."""
    return f"{WEIGHTS}/{module}.safetensors"


def is_saved_application(path: Path) -> bool:
    """Tell whether a folder or an archive is a saved application."""
    if is_archive(path):
        return _is_saved_archive(path)
    return (path / MANIFEST).is_file() and (path / APPLICATION).is_file()


def check_target(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where something is that saving would destroy.

    Raises:
        ApplicationError: a saved application is there, and `overwrite` does not say that it may go; or anything else
            is, but for an empty folder.
    """
    if not os.path.lexists(path) or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_saved_application(path):
        raise ApplicationError(
            f"{path} is there already and is no saved application.\n  Save to a new place, or remove it first."
        )
    if not overwrite:
        written = datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        raise ApplicationError(
            f"{path} is a saved application already, of {written}.\n"
            "  Save to a new place, or replace it: --overwrite (in Python overwrite=True)."
        )


def try_target(path: Path, *, overwrite: bool) -> None:
    """Find out whether an application can be saved at a place, before the work that it is to hold.

    Raises:
        ApplicationError: as for `new_folder`.
    """
    with new_folder(path, overwrite=overwrite, probe=True):
        pass


@contextmanager
def new_folder(path: Path, *, overwrite: bool = False, probe: bool = False) -> Iterator[Path]:
    """Yield an empty folder beside `path` that takes its place, with a manifest, when the block ends without error.

    Where the name of `path` ends in .zip, an archive of the folder does so.

    Args:
        overwrite: replace a saved application that is there; anything else is left alone.
        probe: only try; nothing takes the place of anything.

    Raises:
        ApplicationError: something is at `path` that stays, or it cannot be written.
    """
    path = Path(path)
    unfinished = None
    try:
        check_target(path, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
        # a random name: two processes may save to one place at the same time
        absolute = Path(os.path.abspath(path))  # a path such as "." has no name
        unfinished = absolute.with_name(f".{absolute.name}-{token_hex(4)}.unfinished")
        unfinished.mkdir()
        if probe:
            yield unfinished
            return
        yield unfinished
        _write_manifest(unfinished)
        if is_archive(path):
            pack(unfinished, path)
            _sync(path.parent)
        else:
            _move_into_place(unfinished, path)
    except OSError as error:
        reason = error.strerror or error
        # mkdir says "File exists" of a parent that is a file, which sounds as if the target were there already.
        if isinstance(error, FileExistsError | NotADirectoryError) and not path.parent.is_dir():
            reason = f"{path.parent} is no folder"
        raise ApplicationError(f"{path} cannot be written: {reason}.") from error
    finally:
        if unfinished is not None and unfinished.exists():
            shutil.rmtree(unfinished)


def add_asset(folder: Path, source: Path) -> str:
    """Copy a file into the folder's assets and return its place there, relative to the folder.

    Raises:
        ApplicationError: the file cannot be read.
    """
    try:
        digest = sha256_of(source)
        # a file out of a saved application has its digest in its name already
        asset = f"{ASSETS}/{digest}-{source.name.removeprefix(f'{digest}-')}"
        (folder / ASSETS).mkdir(exist_ok=True)
        if not (folder / asset).exists():
            shutil.copyfile(source, folder / asset)
    except OSError as error:
        raise ApplicationError(
            f"{source} cannot be saved with the application: {error.strerror or error}.\n"
            "  A module names it as a file that it needs; put it back where it was."
        ) from error
    return asset


def unpack_verified(path: Path) -> TemporaryFolder:
    """Return a new folder with the files of an archive, verified; whoever asks for it removes it.

    Raises:
        ApplicationError: the archive is damaged, or none of ours.
    """
    folder = TemporaryFolder()
    try:
        unpack(path, folder.path)
        verify(folder.path, name=path)
    # an interrupt, too, leaves no folder behind
    except BaseException:
        folder.remove()
        raise
    return folder


@contextmanager
def open_folder(path: Path) -> Iterator[Path]:
    """Yield a saved application as a folder: itself, or what its archive holds for as long as the block lasts."""
    if not is_archive(path):
        yield path
        return
    folder = unpack_verified(path)
    try:
        yield folder.path
    finally:
        folder.remove()


def verify(folder: Path, *, name: Path | None = None) -> None:
    """Compare every file of a saved application, or of a checkpoint, with the manifest.

    Args:
        name: what messages call it, where that is not the folder.

    Raises:
        ApplicationError: files are missing or damaged; all of them are named.
    """
    faults = {file: _find_fault(folder, file, entry) for file, entry in _read_manifest(folder).items()}
    damaged = [f"  {file} {fault}\n" for file, fault in faults.items() if fault]
    if damaged:
        raise ApplicationError(
            f"{name or folder} is damaged:\n{''.join(damaged)}"
            "  Copy it again from where it came from, or save the application again."
        )


def _is_saved_archive(path: Path) -> bool:
    try:
        return all(read_member(path, name, 1) for name in (APPLICATION, MANIFEST))
    except ApplicationError:
        return False


def _find_fault(folder: Path, name: str, entry: Mapping[str, Data]) -> str:
    path = folder / name
    if not path.is_file():
        return "is missing"
    size = path.stat().st_size
    if size != entry.get("size"):
        return f"has {size} bytes, expected {entry.get('size')}"
    return "" if sha256_of(path) == entry.get("sha256") else "has other contents than were saved"


def _read_manifest(folder: Path) -> dict[str, dict[str, Data]]:
    path = folder / MANIFEST
    try:
        with path.open("rb") as stream:
            manifest = json.loads(stream.read(_MANIFEST_BYTES))
        if not isinstance(manifest, dict) or not {"format", "files"} <= manifest.keys():
            raise ValueError("it is no object with a format and files")
        if manifest["format"] not in (FORMAT, _CHECKPOINT):
            raise ApplicationError(
                f"{path} has the format {manifest['format']!r}; this version of nm-core reads {FORMAT}."
            )
        files: dict[str, dict[str, Data]] = manifest["files"]
        main = APPLICATION if manifest["format"] == FORMAT else "state.json"
        if main not in files or not all(map(is_inside, files)):
            raise ValueError("it names the wrong files")
        if not all(isinstance(entry, dict) for entry in files.values()):
            raise ValueError("its entries are not of the form that is written")
    except OSError as error:
        raise ApplicationError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ApplicationError(f"{path} is damaged: {error}.\n  Save the application again.") from error
    return files


def _write_manifest(folder: Path) -> None:
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files[path.relative_to(folder).as_posix()] = {"size": path.stat().st_size, "sha256": sha256_of(path)}
            _sync(path)
    manifest = folder / MANIFEST
    manifest.write_text(json.dumps({"format": FORMAT, "files": files}, indent=2) + "\n", encoding="utf-8")
    _sync(manifest)
    # a new name is on disk only when its folder is
    for directory in [*(path for path in folder.rglob("*") if path.is_dir()), folder]:
        _sync(directory)


def _move_into_place(folder: Path, path: Path) -> None:
    if not path.exists() or not any(path.iterdir()):
        folder.replace(path)
    else:
        old = folder.with_name(f"{folder.name}.old")  # a folder that is not empty cannot be replaced at once
        path.replace(old)
        folder.replace(path)
        for entry in old.iterdir():
            if entry.name not in (APPLICATION, MANIFEST, WEIGHTS, ASSETS):
                entry.rename(path / entry.name)  # a file that the user has put there
        shutil.rmtree(old)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
