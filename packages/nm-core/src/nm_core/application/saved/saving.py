"""Writing a saved application: its structure, the weights of its modules and the files that they need."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nm_core.application.checking import Checked, check
from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.saved import weights
from nm_core.application.saved.canonical import canonical_data
from nm_core.application.saved.folder import APPLICATION, WEIGHTS, add_asset, new_folder
from nm_core.application.saved.graph_entries import application_of
from nm_core.application.saved.paths import PathMover
from nm_core.application.text.problems import Problems
from nm_core.application.text.writers import to_json
from nm_core.graphs.graph import Graph
from nm_core.modules.module import NeuralModule
from nm_core.symbols.parameters import FrozenParams

if TYPE_CHECKING:
    from nm_core.actions.factory import NeuralModuleFactory


def save_application(
    factory: NeuralModuleFactory, path: Path, graphs: Mapping[str, Graph], *, overwrite: bool = False
) -> Path:
    """Save graphs built in Python as one folder, or archive, that `load_application` reads.

    Raises:
        ApplicationError: something cannot be written to a file, or the folder cannot be made.
    """
    entry, modules = application_of(
        graphs, factory.collections, seed=factory.settings.seed, tie=factory.ties, freeze=factory.frozen
    )
    problems = Problems(str(path))
    checked = check(entry, problems, factory.collections, backend=factory.backend)
    problems.report().raise_if_bad()
    return write_folder(path, entry, checked, Path.cwd(), factory, modules, overwrite=overwrite)


def write_folder(
    path: Path,
    entry: ApplicationEntry,
    checked: Checked,
    base: Path,
    factory: NeuralModuleFactory,
    modules: Mapping[str, NeuralModule],
    *,
    older: Path | None = None,
    overwrite: bool = False,
) -> Path:
    """Write an application as one folder, or as an archive, that appears only when complete.

    Args:
        base: the folder to which paths in the application are relative.
        modules: the live modules.
        older: a saved application that holds the weights of modules that are not live.
        overwrite: replace a saved application that is there already.
    """
    chosen = factory.best_weights()
    best = None if chosen is None else weights.SavedWeights(chosen.path, factory.collections)
    with new_folder(path, overwrite=overwrite) as folder:
        move = PathMover(base, factory.collections, lambda asset: add_asset(folder, Path(asset)))
        moved = {
            name: replace(declared, params=FrozenParams(move.params(declared.cls, declared.params)))
            for name, declared in checked.modules.items()
        }
        # its weights are saved with it: nothing is left to begin from
        data = canonical_data(move.sections(replace(entry, init_from={})), replace(checked, modules=moved))
        (folder / APPLICATION).write_text(to_json(data), encoding="utf-8")
        for module in modules.values():
            weights.save(factory.session, module, folder, entry.tie, best)
        if older is not None:
            _copy_weights(older, folder, [name for name in entry.modules if name not in modules])
    return path


def _copy_weights(older: Path, folder: Path, names: list[str]) -> None:
    for source in sorted((older / WEIGHTS).glob("*.safetensors")):
        if any(source.stem == name or source.stem.startswith(f"{name}.") for name in names):
            (folder / WEIGHTS).mkdir(exist_ok=True)
            target = folder / WEIGHTS / source.name
            if not target.exists():
                shutil.copyfile(source, target)
