"""One of two applications that are compared: read and checked, with places of its files and shapes of its weights."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, cast

from nm_core.application.checking import Checked, check
from nm_core.application.checking.declared import constructor_arguments, path_parameters
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.overrides import Changes
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.canonical import canonical
from nm_core.application.saved.document import read_document
from nm_core.application.saved.folder import is_saved_application, sha256_of
from nm_core.application.text.problems import Path
from nm_core.application.text.tree import Data
from nm_core.application.text.writers import digest
from nm_core.errors import NmError
from nm_core.modules.composite import holders

if TYPE_CHECKING:
    from nm_core.plugins import Collections

Shapes = dict[str, tuple[int, ...]]
_ASSET = re.compile(r"assets/([0-9a-f]{64})-(.*)")


class Side:
    """An application to compare.

    Attributes:
        path: the file or the saved folder.
        entry: the application.
        checked: the result of its check; parts with problems are not in it.
        report: its problems.
    """

    def __init__(
        self, path: str | FilePath, collections: Collections, *, changes: Changes | None = None, backend: str = "torch"
    ) -> None:
        document = read_document(path, changes)
        self.path = document.origin or FilePath(path)
        self.checked: Checked = check(
            document.application(), document.problems, collections, root=document.root, backend=backend
        )
        self.entry: ApplicationEntry = self.checked.entry
        self.report = document.problems.report()
        self._folder = document.folder
        self._collections = collections
        self._backend = backend

    @property
    def digest(self) -> str:
        """The sha256 that identifies the application."""
        return digest(application_data(canonical(self.entry, self.checked)))

    def canonical(self, other: Side) -> ApplicationEntry:
        """Return the canonical form; what has problems on either side stays as it is written on both."""
        ours, theirs = self.checked, other.checked
        broken = {name for name in other.entry.modules if name not in theirs.modules}
        modules = {name: module for name, module in ours.modules.items() if name not in broken}
        broken = {name for name in other.entry.graphs if name not in theirs.graphs}
        graphs = {name: graph for name, graph in ours.graphs.items() if name not in broken}
        entry = canonical(self.entry, replace(ours, modules=modules, graphs=graphs))
        if not any(map(is_saved_application, (self.path, other.path))):
            return entry
        train = entry.train  # what it began with is over once it is saved, and where it was trained may be said then
        if train is not None and not all(side.entry.train and side.entry.train.work_dir for side in (self, other)):
            train = replace(train, work_dir=None)
        return replace(entry, init_from={}, train=train)

    def names_the_same(self, other: Side, data: Data, path: Path, what: str, old: Data, new: Data) -> bool:
        """Tell whether two values at a place of the newer application's data are paths to one file or to equal ones."""
        if what != "changed" or not (isinstance(old, str) and isinstance(new, str)):
            return False
        if path == ("train", "work_dir"):
            return self._file(old, content=False) == other._file(new, content=False)
        depth = max((index for index, part in enumerate(path[:-1]) if part == "params"), default=0)
        cls = self._find_class(path[:depth], data) if depth else None
        if cls is None or path[depth + 1] not in path_parameters(cls):
            return False
        content = path[depth + 1] in getattr(cls, "asset_params", ())
        return self._file(old, content) == other._file(new, content)

    def shapes(self, module: str, name: str) -> Shapes | None:
        """Return the shapes of a module's weights by name, as if it were called `name`; None where nobody can tell."""
        declared = self.checked.modules.get(module)
        measure = getattr(self._collections.lookup("backends", self._backend)(), "weight_shapes", None)
        if declared is None or measure is None:
            return None
        cls, make = declared.cls, cast("Any", declared.cls)
        params = constructor_arguments(cls, declared.params, self._folder, self.checked.tags, self.checked.kinds)
        try:
            return dict(measure(lambda: list(holders(make(**params, name=name)))))
        except Exception:  # noqa: BLE001 - code of the module's author, on files that may be gone
            return None

    def _find_class(self, path: Path, data: Data) -> type | None:
        """Return the class whose parameters stand at a place."""
        for part in path:
            data = data[str(part)] if isinstance(data, dict) else None
        id = str(data.get("type")) if isinstance(data, dict) else ""
        try:
            callback = path[-2] == "callbacks"
            cls = (
                self._collections.lookup("callbacks", id) if callback else self._collections.resolve(id, self._backend)
            )
        except NmError:
            return None
        return cls if isinstance(cls, type) else None

    def _file(self, path: str, content: bool) -> str:
        """Return the identity of a file: its content, where that counts and the file is there, else its place."""
        asset = _ASSET.fullmatch(path)
        if asset is not None:
            return asset[1]
        file = self._folder / path
        try:
            return sha256_of(file) if content and file.is_file() else str(file.resolve())
        except (OSError, ValueError):  # a name that no file can have: too long, or with a null character
            return str(file)
