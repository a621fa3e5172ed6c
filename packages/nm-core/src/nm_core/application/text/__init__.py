"""Reading a file into a tree of plain data: YAML 1.2 or JSON, within limits, every value with its place."""

from __future__ import annotations

from pathlib import Path as FilePath

from nm_core.application.text.json_events import read_json
from nm_core.application.text.limits import DEFAULT_LIMITS, Limits
from nm_core.application.text.problems import Problems
from nm_core.application.text.spans import Source, Span
from nm_core.application.text.tree import TreeNode
from nm_core.application.text.tree_builder import TreeBuilder, Unreadable
from nm_core.application.text.yaml_events import read_yaml

__all__ = ["decode_text", "parse", "read_bytes", "within"]

_SUFFIXES = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


def read_bytes(path: FilePath, problems: Problems, limits: Limits = DEFAULT_LIMITS) -> bytes | None:
    """Return a file's content, or record why it cannot be read."""
    if path.suffix.lower() not in _SUFFIXES:
        problems.add(f'The name ends in "{path.suffix}".\n  Application files end in .yaml, .yml or .json.')
        return None
    if path.is_fifo():  # reading would wait, for ever if nobody writes
        problems.add("The file is a pipe.\n  Give a file that can be read more than once.")
        return None
    try:
        with path.open("rb") as stream:
            # one byte beyond the limit tells that there is more, however large the file
            content = stream.read(limits.bytes + 1)
    except OSError as error:
        problems.add(f"The file cannot be read: {error.strerror or error}.")
        return None
    return within(content, problems, limits)


def within(content: bytes, problems: Problems, limits: Limits = DEFAULT_LIMITS) -> bytes | None:
    """Return a file's content, or record that it is too large."""
    if len(content) > limits.bytes:
        problems.add(f"The file is larger than {limits.bytes} bytes.\n  Keep long lists in files of their own.")
        return None
    return content


def decode_text(content: bytes, problems: Problems) -> str | None:
    """Return a file's content as text, or record why it is none."""
    try:
        # editors on Windows begin a file with a byte order mark
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.add(f"The file is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}.\n  Save it as UTF-8.")
        return None


def parse(
    source: Source, problems: Problems, limits: Limits = DEFAULT_LIMITS, *, fallback: bool = False
) -> TreeNode | None:
    """Return the tree of a text, or `None` when problems were found.

    The format follows the ending of the source's name; anything but `.json` is YAML.

    Args:
        fallback: read YAML with the parser in Python even where the one in C is there.
    """
    builder = TreeBuilder(problems, limits)
    before = len(problems)
    try:
        if _SUFFIXES.get(FilePath(source.name).suffix.lower()) == "json":
            read_json(source, builder)
        else:
            read_yaml(source, builder, fallback=fallback)
    except Unreadable:
        return None
    if builder.root is None:
        problems.add("The file is empty.\n  An application begins with the line: nm: app/1", span=Span(0, 0, 0, 1))
    return builder.root if len(problems) == before else None
