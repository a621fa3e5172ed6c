"""An application file as it was read: its tree, what could be made of it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.fields import Broken
from nm_core.application.form.overrides import Changes, with_changes
from nm_core.application.form.references import resolve
from nm_core.application.form.schema import APPLICATION as SHAPE
from nm_core.application.saved.archive import is_archive, read_member
from nm_core.application.saved.folder import APPLICATION, is_saved_application
from nm_core.application.saved.sources import STATE, base_of, find_source, is_checkpoint, read_record
from nm_core.application.text import decode_text, parse, read_bytes, within
from nm_core.application.text.gc_pause import not_collecting
from nm_core.application.text.limits import DEFAULT_LIMITS
from nm_core.application.text.problems import Problems, TooManyProblems
from nm_core.application.text.spans import Source
from nm_core.application.text.tree import Data, TreeNode, span_of
from nm_core.application.text.writers import to_json
from nm_core.errors import ApplicationError


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An application file after its first phase: plain data, nothing imported.

    Attributes:
        path: the file.
        problems: what is wrong with it so far.
        entry: what could be read; None where the file is no application at all.
        root: its tree with references replaced.
        data: its data as written, references included.
        origin: the file itself, or the saved application or checkpoint that it is in.
        base: the folder to which its paths are relative, where that is not the one that it is in.
        note: how the saved application or checkpoint was chosen, where a folder around it was named.
        text: the text of the file, by which it can be read again without it.
        changes: the values that took the place of the file's.
    """

    path: Path
    problems: Problems
    entry: ApplicationEntry | None = None
    root: TreeNode | None = None
    data: Data = None
    origin: Path | None = None
    text: str | None = None
    changes: Changes = field(default_factory=dict)
    base: Path | None = None
    note: str = ""

    @property
    def folder(self) -> Path:
        """The folder to which paths in the file are relative."""
        return self.base or self.path.resolve().parent

    def application(self) -> ApplicationEntry:
        """Return the application that the file holds.

        Raises:
            ApplicationFileError: it is no application.
        """
        if self.entry is None:
            self.problems.report().raise_if_bad()
            raise ApplicationError(f"{self.path} is no application.")
        return self.entry

    def changed(self, changes: Changes) -> Document:
        """Return the application with these values changed in the text that was read; its file is not read again."""
        if self.text is None or changes == self.changes:
            return self
        document = parse_document(self.text, self.path, changes=changes, origin=self.origin)
        return replace(document, base=self.base, note=self.note)

    def location(self, path: tuple[str | int, ...]) -> str:
        """Return `file:line:column` of a value, or an empty text where there is none."""
        span = span_of(self.root, path)
        return self.problems.position(span) if span else ""


def read_document(path: str | Path, changes: Changes | None = None, *, text: str | None = None) -> Document:
    """Read an application file, or the one inside a saved application or a checkpoint, with some values changed.

    The folder of a run, or of checkpoints, stands for what `find_source` finds in it.

    Args:
        changes: values that take the place of the file's, by dotted name.
        text: the text of the file, where another process has read it already.

    Raises:
        ApplicationError: the path is a folder or an archive, and holds no application.
    """
    path, note = _find(Path(path))
    if is_checkpoint(path):
        return _read_checkpoint(path, note, changes, text)
    archived = path.is_file() and is_archive(path)
    file = path / APPLICATION if archived or path.is_dir() else path
    problems = Problems(str(file))
    if text is None:
        content = (
            within(read_member(path, APPLICATION, DEFAULT_LIMITS.bytes + 1), problems)
            if archived
            else read_bytes(file, problems)
        )
        text = None if content is None else decode_text(content, problems)
    if text is None:
        return Document(file, problems, origin=path)
    document = parse_document(text, file, changes=changes, origin=path)
    return _with_note(document, note)


@not_collecting()
def parse_document(
    text: str, path: Path, *, fallback: bool = False, changes: Changes | None = None, origin: Path | None = None
) -> Document:
    """Read an application from text; `path` is where it stands, or would stand.

    Args:
        fallback: read YAML with the parser in Python even where the one in C is there.
        changes: values that take the place of the file's.
        origin: the saved application that it is in, where it is in one.
    """
    source = Source(str(path), text)
    problems = Problems(source.name, source)
    try:
        document = _parse(source, path, problems, fallback, changes)
    except TooManyProblems:
        document = Document(path, problems)
    return replace(document, origin=origin or path, text=text, changes=changes or {})


def _parse(source: Source, path: Path, problems: Problems, fallback: bool, changes: Changes | None) -> Document:
    written = parse(source, problems, fallback=fallback)
    if written is None:
        return Document(path, problems)
    if changes:
        written = with_changes(written, changes)
    root = resolve(written, problems)
    try:
        entry = SHAPE.read(root, (), problems)
    except Broken:
        return Document(path, problems)
    return Document(path, problems, entry, root, written.data())


def _read_checkpoint(path: Path, note: str, changes: Changes | None, text: str | None) -> Document:
    """Read the application that a checkpoint records; its paths count from the folder of the file that was trained."""
    record = read_record(path)
    document = parse_document(text or to_json(record["structure"]), path / STATE, changes=changes, origin=path)
    return _with_note(replace(document, base=base_of(record, path)), note)


def _with_note(document: Document, note: str) -> Document:
    if note:
        document.problems.note(f"{note}.")
    return replace(document, note=note)


def _find(path: Path) -> tuple[Path, str]:
    if not path.is_dir():
        return path, ""
    source = find_source(path)
    if source is not None and (is_saved_application(source.path) or is_checkpoint(source.path)):
        return source.path, source.note
    raise ApplicationError(
        f"{path} is a folder and no saved application (application.json beside manifest.json), no checkpoint, and no\n"
        "  folder of a run or of checkpoints.\n"
        "  Name an application file, or a folder or archive that nf.save, app.save or a training wrote."
    )
