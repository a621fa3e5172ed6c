"""The context of a check: the application, its places in the file, the problems recorded so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.text.problems import Path, Problems
from nm_core.application.text.tree import TreeNode, span_of
from nm_types import NmError, Problem

if TYPE_CHECKING:
    from nm_core.modules.signature import Signature
    from nm_core.plugins import Collections
    from nm_core.symbols.parameters import FrozenParams

T = TypeVar("T")


class Context:
    """An application under check.

    Attributes:
        entry: what could be read of it.
        collections: what is installed.
        backend: the framework whose modules are meant.
        problems: where problems go.
        tags, kinds: those of the collections in use, which types may name.
        signatures: parameters and ports of modules by their class and what is given to it: many modules are alike.
    """

    def __init__(
        self,
        entry: ApplicationEntry,
        problems: Problems,
        collections: Collections,
        *,
        root: TreeNode | None = None,
        backend: str = "torch",
    ) -> None:
        self.entry = entry
        self.problems = problems
        self.collections = collections
        self.backend = backend
        self.tags: tuple[type, ...] = ()
        self.kinds: tuple[type, ...] = ()
        self.signatures: dict[tuple[type, str], tuple[FrozenParams, Signature]] = {}
        self._root = root

    def complain(self, what: str | NmError | Problem, path: Path, *, key: bool = False) -> None:
        """Record a problem at a value of the application, or at its key: a message, an error, a bad connection."""
        self.problems.add(what, path, span_of(self._root, path, key=key))

    def is_broken(self, path: Path) -> bool:
        """Tell whether a value, or one around it, could not be read and has been complained about."""
        return self.problems.broken.covers(path)

    def location(self, path: Path) -> str:
        """Return `file:line:column` of a value, or an empty text where there is no file."""
        span = span_of(self._root, path)
        return self.problems.position(span) if span else ""

    def numbered(self, path: Path, items: Sequence[T]) -> Iterator[tuple[Path, T]]:
        """Yield the items of a list with their paths; items that could not be read are skipped in both."""
        index = 0
        for item in items:
            while (*path, index) in self.problems.broken:
                index += 1
            yield (*path, index), item
            index += 1
