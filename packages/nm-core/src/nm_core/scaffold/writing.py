"""Write a package whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nm_core.scaffold.errors import ScaffoldError

_ALLOWED = frozenset({".git"})
"""What an empty folder may hold: a repository was made, and nothing is in it yet."""


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write files, path to text, into a folder that is empty or not there yet.

    They are written to a temporary folder beside it and then moved, so nothing is ever half-written.

    Raises:
        ScaffoldError: the folder is a file, or holds something.
        OSError: it cannot be written there.
    """
    folder = folder.resolve()
    beside = next(parent for parent in folder.parents if parent.exists())
    _check_free(folder, beside)
    with tempfile.TemporaryDirectory(prefix=".nmod-new-", dir=beside) as temporary:
        whole = Path(temporary, folder.name)
        for path, text in files.items():
            place = whole / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8", newline="\n")
        if folder.exists():
            _move_into(whole, folder)
        else:
            folder.parent.mkdir(parents=True, exist_ok=True)
            whole.rename(folder)


def _check_free(folder: Path, beside: Path) -> None:
    for path in (beside, folder):
        if path.exists() and not path.is_dir():
            raise ScaffoldError(f"{path} is a file, not a folder.\n  Name another place: --folder DIR")
    found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if set(found) - _ALLOWED:
        shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if found[3:] else "")
        raise ScaffoldError(
            f"{folder} is not empty: it holds {shown}.\n"
            "  Nothing was written, so nothing of yours is lost. Name another place: --folder DIR"
        )


def _move_into(whole: Path, folder: Path) -> None:
    """Move all entries into a folder, which stays what it was if one of them cannot be moved."""
    moved: list[Path] = []
    try:
        for entry in sorted(whole.iterdir()):
            moved.append(entry.rename(folder / entry.name))
    except BaseException:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
