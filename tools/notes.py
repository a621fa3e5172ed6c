"""Notes of changes: one file with one sentence each, collected into a changelog when a package is released.

Use: `python tools/notes.py` checks the notes of all packages and prints what each next release would say. A note is
`packages/<package>/changes/<subject>.<kind>.md`.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from requirements import all_packages
from version import PACKAGES

KINDS = ("breaking", "deprecated", "added", "changed", "fixed")
BULLET = textwrap.TextWrapper(118, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False)


def notes_of(folder: Path) -> list[Path]:
    """Return the files of notes of the package in `folder`, in the order of their names."""
    return sorted((folder / "changes").glob("*.md"))


def kind_of(note: Path) -> str:
    """Return the kind that the name of a note states."""
    return note.name.split(".")[-2]


def faults(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the notes of the package in `folder`."""
    for path in sorted((folder / "changes").rglob("*")):
        where = path.relative_to(folder.parent.parent).as_posix()
        text = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
        if not re.fullmatch(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md", path.name) or path.parent.name != "changes":
            yield f"{where}: a note is a file changes/<subject>.<kind>.md, where kind is one of {', '.join(KINDS)}."
        elif not text.endswith(".") or "\n\n" in text or text.startswith(("-", "*", "#")):
            yield f"{where}: expected one sentence that ends with a full stop, given {text[:40]!r}."


def section(folder: Path, heading: str) -> str:
    """Return the part of the changelog that the notes make, under its heading."""
    lines = [f"## {heading}", ""]
    for kind in KINDS:
        texts = [
            " ".join(path.read_text(encoding="utf-8").split()) for path in notes_of(folder) if kind_of(path) == kind
        ]
        if texts:
            lines += [f"### {kind.capitalize()}", "", *map(BULLET.fill, texts), ""]
    return "\n".join(lines)


def collect(folder: Path, heading: str) -> None:
    """Move the notes into the changelog, above the release before."""
    changelog = folder / "CHANGELOG.md"
    preamble, mark, releases = changelog.read_text(encoding="utf-8").partition("\n## ")
    text = f"{preamble.rstrip()}\n\n{section(folder, heading)}{mark}{releases}"
    changelog.write_text(text, encoding="utf-8")
    for note in notes_of(folder):
        note.unlink()


def main() -> None:
    """Check the notes of all packages and print them."""
    folders = [PACKAGES / package for package in all_packages()]
    found = [fault for folder in folders for fault in faults(folder)]
    if found:
        raise SystemExit("\n".join(found))
    for folder in folders:
        print(section(folder, f"{folder.name}, next release"))


if __name__ == "__main__":
    main()
