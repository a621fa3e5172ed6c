"""Checking and loading applications from files and saved folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.application.application import Application
from nm_core.application.changes import Changes
from nm_core.application.checking import Checked, check
from nm_core.application.document import Document, read_document
from nm_core.application.problems import Report
from nm_core.application.schema import ApplicationEntry
from nm_core.application.storage import verify
from nm_core.errors import ApplicationError
from nm_core.factory import NeuralModuleFactory

if TYPE_CHECKING:
    from nm_core.plugins import Collections


def check_file(
    path: str | Path,
    *,
    collections: Collections | None = None,
    backend: str = "torch",
    changes: Changes | None = None,
) -> Report:
    """Check an application file, or a saved application, without building anything; return every problem at once.

    Args:
        collections: what is installed; found when not given.
        backend: the framework whose modules are meant.
        changes: values that take the place of the file's, by dotted name: `{"encoder.dropout": "0.1"}`.
    """
    document = read_document(path, changes)
    if document.entry is not None:
        _checked(document, document.entry, _installed(collections), backend)
    return document.problems.report()


def load_application(
    path: str | Path,
    *,
    collections: Collections | None = None,
    backend: str = "torch",
    changes: Changes | None = None,
    **settings: Any,
) -> Application:
    """Load an application from a file or from a folder that `save` wrote; modules are made when they are needed.

    Args:
        collections: what is installed; found when not given.
        backend: the framework to run on.
        changes: values that take the place of the file's, by dotted name: `{"encoder.dropout": "0.1"}`.
        settings: settings of the factory that take the place of the file's: placement, precision, strategy, seed,
            work_dir, deterministic.

    Raises:
        ApplicationFileError: the file has problems; `report` holds all of them.
        ApplicationError: a saved application is damaged.
    """
    saved = Path(path) if Path(path).is_dir() else None
    document = read_document(path, changes)
    if saved is not None:
        verify(saved)
    collections = _installed(collections)
    entry = document.entry
    if entry is None:
        document.problems.report().raise_if_bad()
        raise ApplicationError(f"{path} is no application.")
    checked = _checked(document, entry, collections, backend)
    document.problems.report().raise_if_bad()
    options = _settings(entry, document.folder) | settings
    factory = NeuralModuleFactory(backend=backend, collections=collections, **options)
    return Application(checked.entry, checked, factory, document, saved=saved)


def _installed(collections: Collections | None) -> Collections:
    if collections is not None:
        return collections
    from nm_core.plugins import Collections as Found

    return Found.load()


def _checked(document: Document, entry: ApplicationEntry, collections: Collections, backend: str) -> Checked:
    return check(entry, document.problems, collections, root=document.root, backend=backend)


def _settings(entry: ApplicationEntry, folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {"seed": entry.seed}
    if entry.train is not None:
        for name in ("precision", "strategy", "placement", "deterministic"):
            settings[name] = getattr(entry.train, name)
        if entry.train.work_dir is not None:
            settings["work_dir"] = folder / entry.train.work_dir
    return settings
