"""A saved application as one archive: a plain zip of its folder, nothing compressed, equal bytes for equal content.

An archive comes from anywhere, so nothing in it is believed: names stay inside the folder, there are no links, every
file is plain, and what is unpacked is verified like any folder. Since nothing is compressed, it is never larger than
the archive.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from secrets import token_hex

from nm_core.errors import ApplicationError

SUFFIX = ".zip"
_BEGINNING = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can name; the same for every file of every archive."""


def is_archive(path: Path) -> bool:
    """Tell whether a path is that of an archive, by its name."""
    return path.suffix.lower() == SUFFIX and not path.is_dir()


def is_inside(name: str) -> bool:
    """Tell whether the name of a file stays inside its folder, on every system."""
    path = PurePosixPath(name)
    plain = name == path.as_posix() and not any(sign in name for sign in ("\\", ":", "\0"))
    return plain and not path.is_absolute() and bool(path.parts) and not {".", ".."} & set(path.parts)


def pack(folder: Path, path: Path) -> None:
    """Write a folder as an archive, which appears only when complete; files in the order of their names.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}-{token_hex(4)}.unfinished")
    try:
        with unfinished.open("xb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
                for file in sorted(folder.rglob("*")):
                    if file.is_file():
                        _add(archive, file, file.relative_to(folder).as_posix())
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _add(archive: zipfile.ZipFile, file: Path, name: str) -> None:
    info = zipfile.ZipInfo(name, _BEGINNING)
    info.create_system = 3  # whatever wrote it: the rights below are those of Unix
    info.external_attr = (stat.S_IFREG | 0o644) << 16
    info.file_size = file.stat().st_size
    with file.open("rb") as source, archive.open(info, "w") as target:
        shutil.copyfileobj(source, target)


def read_member(path: Path, name: str, limit: int) -> bytes:
    """Return one file of an archive, or its first `limit` bytes.

    Raises:
        ApplicationError: the archive is damaged, has no such file, or holds what none of ours does.
    """
    with _members(path) as (archive, members):
        if name not in members:
            raise ApplicationError(f"{path} is no archive of a saved application: it has no {name}.")
        with archive.open(members[name]) as stream:
            return stream.read(limit)


def unpack(path: Path, folder: Path) -> None:
    """Write the files of an archive into an empty folder.

    Raises:
        ApplicationError: the archive is damaged, or holds what none of ours does.
    """
    with _members(path) as (archive, members):
        for name, info in members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(info) as source, (folder / name).open("xb") as target:
                shutil.copyfileobj(source, target)


@contextmanager
def _members(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            wrong = next((info for info in archive.infolist() if not _is_plain(info)), None)
            if wrong is not None or len(members) < len(archive.infolist()):
                raise ApplicationError(
                    f"{path} is no archive of a saved application: "
                    + (f"{wrong.filename[:80]!r} is no plain file in it" if wrong else "a name stands in it twice")
                    + ".\n  Its files are stored without compression, links or folders of their own (zip -0 -D -r).\n"
                    "  Unpack it where you trust it, and name the folder; saving to a name with .zip packs it anew."
                )
            # entries that overlap unpack to more than the archive holds: a zip bomb
            if sum(info.file_size for info in members.values()) > path.stat().st_size:
                raise ApplicationError(f"{path} is damaged: its files together are larger than the archive.")
            yield archive, members
    except ApplicationError:  # a ValueError, but it says already what is wrong
        raise
    except OSError as error:
        raise ApplicationError(f"{path} cannot be read: {error.strerror or error}.") from error
    # zipfile raises each of these for some kind of damage
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ApplicationError(
            f"{path} is damaged: {error}.\n  Copy the archive again from where it came from, or save it again."
        ) from error


def _is_plain(info: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(info.external_attr >> 16)
    return (
        is_inside(info.filename)
        # zipfile cuts a name at its first null character
        and info.orig_filename == info.filename
        and not info.is_dir()
        # 0 where the archive was written on Windows
        and kind in (0, stat.S_IFREG)
        and info.compress_type == zipfile.ZIP_STORED
        and info.compress_size == info.file_size
        # the flag of encrypted entries
        and not info.flag_bits & 0x1
    )
