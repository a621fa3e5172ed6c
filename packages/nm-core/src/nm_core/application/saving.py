"""Writing a saved application: its structure, the weights of its modules and the files that they need."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.application import weights
from nm_core.application.canonical import canonical_data
from nm_core.application.checking import Checked, check
from nm_core.application.declared import Declared, map_paths
from nm_core.application.dumping import to_json
from nm_core.application.problems import Problems
from nm_core.application.schema import ApplicationEntry
from nm_core.application.storage import APPLICATION, WEIGHTS, add_asset, new_folder
from nm_core.application.writing import application_of
from nm_core.backend import Session
from nm_core.graph import Graph
from nm_core.module import NeuralModule

if TYPE_CHECKING:
    from nm_core.factory import NeuralModuleFactory


def save_application(factory: NeuralModuleFactory, path: Path, graphs: Mapping[str, Graph]) -> Path:
    """Save graphs built in Python as one folder that `load_application` reads.

    Raises:
        ApplicationError: something cannot be written to a file, or the folder cannot be made.
    """
    entry, modules = application_of(
        graphs, factory.collections, seed=factory.settings.seed, tie=factory.ties, freeze=factory.frozen
    )
    problems = Problems(str(path))
    checked = check(entry, problems, factory.collections, backend=factory.backend)
    problems.report().raise_if_bad()
    return write_folder(path, entry, checked, Path.cwd(), factory.session, modules)


def write_folder(
    path: Path,
    entry: ApplicationEntry,
    checked: Checked,
    base: Path,
    session: Session,
    modules: Mapping[str, NeuralModule],
    *,
    older: Path | None = None,
) -> Path:
    """Write an application as one folder that appears only when complete.

    Args:
        base: the folder to which paths in the application are relative.
        modules: the live modules.
        older: a saved application that holds the weights of modules that are not live.
    """
    with new_folder(path) as folder:
        moved = {name: _with_files(declared, base, folder) for name, declared in checked.modules.items()}
        whole = replace(checked, modules=moved)
        data = canonical_data(replace(entry, init_from={}, **_sections(entry, base)), whole)
        (folder / APPLICATION).write_text(to_json(data), encoding="utf-8")
        for module in modules.values():
            weights.save(session, module, folder)
        if older is not None:
            _copy_weights(older, folder, [name for name in entry.modules if name not in modules])
    return path


def _with_files(declared: Declared, base: Path, folder: Path) -> Declared:
    """Return a module whose assets stand in the folder and whose other paths are absolute."""
    assets = frozenset(declared.cls.asset_params)
    params: dict[str, Any] = map_paths(declared.cls, declared.params, lambda given: str((base / given).resolve()))
    copied = {
        name: map_paths(declared.cls, {name: value}, lambda given: add_asset(folder, Path(given)))[name]
        for name, value in params.items()
        if name in assets
    }
    return replace(declared, params=type(declared.params)({**params, **copied}))


def _sections(entry: ApplicationEntry, base: Path) -> dict[str, Any]:
    if entry.train is None or entry.train.work_dir is None:
        return {}
    return {"train": replace(entry.train, work_dir=str((base / entry.train.work_dir).resolve()))}


def _copy_weights(older: Path, folder: Path, names: list[str]) -> None:
    for source in sorted((older / WEIGHTS).glob("*.safetensors")):
        if any(source.stem == name or source.stem.startswith(f"{name}.") for name in names):
            (folder / WEIGHTS).mkdir(exist_ok=True)
            target = folder / WEIGHTS / source.name
            if not target.exists():
                shutil.copyfile(source, target)
