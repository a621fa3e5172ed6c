"""Checking and loading applications from files and saved folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.actions.train_options import EngineOptions, check_options, declared_options
from nm_core.application.application import Application
from nm_core.application.checking import Checked, check
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.overrides import Changes
from nm_core.application.saved.archive import is_archive
from nm_core.application.saved.document import Document, read_document
from nm_core.application.saved.folder import APPLICATION, unpack_verified, verify
from nm_core.application.saved.weights import initial_notes
from nm_core.application.text.gc_pause import not_collecting
from nm_core.application.text.problems import Report
from nm_core.application.text.tree import span_of

if TYPE_CHECKING:
    from nm_core.plugins import Collections


def check_file(
    path: str | Path, *, collections: Collections | None = None, backend: str = "torch", changes: Changes | None = None
) -> Report:
    """Check an application file, or a saved application, without building anything; return every problem at once.

    Args:
        collections: what is installed; found when not given.
        backend: the framework whose modules are meant.
        changes: values that take the place of the file's, by dotted name: `{"encoder.dropout": "0.1"}`.
    """
    return check_document(read_document(path, changes), collections, backend)


def check_document(document: Document, collections: Collections | None = None, backend: str = "torch") -> Report:
    """Check an application that was read; as `check_file`."""
    if document.entry is not None:
        _check(document, document.entry, _find_collections(collections), backend)
    return document.problems.report()


def load_application(
    path: str | Path,
    *,
    collections: Collections | None = None,
    backend: str = "torch",
    changes: Changes | None = None,
    **settings: Any,
) -> Application:
    """Load an application from a file, or from a folder or archive that `save` wrote; modules are made when needed.

    A checkpoint is an application, too, with the weights that it has; the folder of a run stands for the application
    that was saved there, else (as a folder of checkpoints does) for its best checkpoint, or the last.

    What an archive holds is unpacked for as long as the application, or its factory, lives.

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
    return load_document(read_document(path, changes), collections, backend, **settings)


@not_collecting()
def load_document(
    document: Document, collections: Collections | None = None, backend: str = "torch", **settings: Any
) -> Application:
    """Load an application that was read; as `load_application`."""
    path = document.origin or document.path
    collections = _find_collections(collections)
    entry = document.application()
    # Before the check, so that a damaged folder is called damaged, and not its application wrong.
    if path.is_dir():
        verify(path)
    checked = _check(document, entry, collections, backend)
    document.problems.report().raise_if_bad()
    # After the check: an archive may be large, and is not unpacked for an application that has problems.
    unpacked = unpack_verified(path) if is_archive(path) else None
    if unpacked is not None:
        document = replace(document, path=unpacked.path / APPLICATION)
    options = _settings(entry, document.folder) | settings
    seed = options.pop("seed")
    factory = NeuralModuleFactory(backend=backend, collections=collections, **options)
    # Not as an argument, which would seed the caller's generator: modules of an application are made by their names.
    factory.settings = replace(factory.settings, seed=seed)
    check_options(factory.settings)
    saved = path if path.is_dir() else None if unpacked is None else unpacked.path
    application = Application(checked.entry, checked, factory, document, path=path, saved=saved)
    if unpacked is not None:
        # Bound to the factory, which outlives the application where a user keeps only its modules.
        finalize(factory, unpacked.remove)
    return application


def _find_collections(collections: Collections | None) -> Collections:
    if collections is not None:
        return collections
    from nm_core.plugins import Collections as Found

    return Found.load()


def _check(document: Document, entry: ApplicationEntry, collections: Collections, backend: str) -> Checked:
    checked = check(entry, document.problems, collections, root=document.root, backend=backend)
    for name, what, wrong in initial_notes(checked.entry, document.folder, collections):
        at = ("init_from", name)
        if wrong:
            document.problems.add(f"{what}.", at, span_of(document.root, at))
        else:
            document.problems.note(f"{document.location(at) or document.problems.name}: {name}: {what}.")
    return checked


def _settings(entry: ApplicationEntry, folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {"seed": entry.seed}
    if entry.train is not None:
        settings |= {name: getattr(entry.train, name) for name in declared_options(EngineOptions)}
        if entry.train.work_dir is not None:
            settings["work_dir"] = folder / entry.train.work_dir
    return settings
