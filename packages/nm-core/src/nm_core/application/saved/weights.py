"""Where the weights of an application's modules come from and go to: one file per module that holds weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from functools import partial as with_arguments
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.actions.backend import Session
from nm_core.actions.results import LoadedWeights
from nm_core.application.checking.upgrades import renamer, steps_of
from nm_core.application.form.entries import ApplicationEntry, InitEntry, ModuleEntry
from nm_core.application.saved.document import parse_document, read_document
from nm_core.application.saved.folder import WEIGHTS, is_saved_application, open_folder, weights_path
from nm_core.application.saved.sources import STATE, find_source, is_checkpoint
from nm_core.application.text.names import listed
from nm_core.errors import ApplicationError
from nm_core.modules.composite import holders
from nm_core.modules.module import NeuralModule

if TYPE_CHECKING:
    from nm_core.plugins import Collections


def save(
    session: Session,
    module: NeuralModule,
    folder: Path,
    ties: Iterable[tuple[str, ...]] = (),
    best: SavedWeights | None = None,
) -> None:
    """Write a module's weights into a folder of a saved application; of tied ones, the first one's module has them.

    Args:
        best: a checkpoint whose weights take the place of the module's own, which stay as they are.
    """
    tied = find_tied(ties)
    for holder in holders(module):
        path = folder / weights_path(holder.name)
        if best is not None:
            # One copy at a time: other threads may be computing with the module itself.
            copied = deepcopy(holder)
            holder = copied if best.load(session, copied) else holder
        path.parent.mkdir(exist_ok=True)
        session.save_weights(holder, path, without=_select_tied(holder.name, tied).keys())


class SavedWeights:
    """The weights in a saved application or a checkpoint, whatever version of its modules wrote them.

    Args:
        folder: the saved application, unpacked, or the checkpoint.
        collections: the collections, whose upgrades rename weights of older versions.
        written: the application that wrote them; read from the folder when not given.

    Attributes:
        whole: whether a module without weights here is an error; a checkpoint has those of the modules that learn.
    """

    def __init__(self, folder: Path, collections: Collections, written: ApplicationEntry | None = None) -> None:
        self.folder = folder
        self.whole = not is_checkpoint(folder)
        self._collections = collections
        self._modules, self._tied = _read_modules(folder) if written is None else _modules_and_ties(written)

    def load(
        self, session: Session, module: NeuralModule, *, source: str | None = None, partial: bool = False
    ) -> tuple[LoadedWeights, ...]:
        """Read a module's weights.

        Args:
            source: the module's name there, where it differs; also that of a module inside a composite one.
            partial: take what fits, and leave the rest as it was made.

        Raises:
            ApplicationError: there are no weights of that name.
        """
        source = source or module.name
        # with the points, enc does not pass for the owner of encoder
        owner = max((name for name in self._modules if f"{source}.".startswith(f"{name}.")), key=len, default=source)
        steps = steps_of(self._collections, self._modules[owner]) if owner in self._modules else ()
        # str changes no name, where no upgrade does
        renamed = renamer(steps) or str
        reports = []
        for holder in holders(module):
            name = source + holder.name[len(module.name) :]
            then = self._old_name(owner, name, renamed)
            if not self.whole and source == module.name and not (self.folder / weights_path(then)).is_file():
                continue
            now = with_arguments(_new_name, owner, name, then, renamed)
            tied = _select_tied(then, self._tied, own=not self.whole)
            elsewhere = {now(weight): self._locate(first) for weight, first in tied.items()}
            options: dict[str, Any] = {"renamed": now, "partial": partial, "elsewhere": elsewhere}
            reports.append(session.load_weights(holder, self._file(then), **options))
        return tuple(reports)

    def _old_name(self, owner: str, name: str, renamed: Callable[[str], str]) -> str:
        """Return the name of a module when its weights were written; one inside a composite may have a new name."""
        stems = (path.stem for path in (self.folder / WEIGHTS).glob(f"{owner}.*.safetensors"))
        return next((stem for stem in stems if f"{owner}.{renamed(stem[len(owner) + 1 :])}" == name), name)

    def _file(self, name: str) -> Path:
        path = self.folder / weights_path(name)
        if not path.is_file():
            names = sorted(file.stem for file in path.parent.glob("*.safetensors"))
            raise ApplicationError(
                f"{self.folder} has no weights of {name}.\n  It has weights of {', '.join(names) or 'no module'}."
            )
        return path

    def _locate(self, weight: str) -> tuple[Path, str]:
        """Return the file of a weight and its name there."""
        parts = weight.split(".")
        owners = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        owner = next((name for name in owners if (self.folder / weights_path(name)).is_file()), owners[-1])
        return self.folder / weights_path(owner), weight[len(owner) + 1 :]


def load_initial(
    session: Session, module: NeuralModule, folder: Path, init: InitEntry, collections: Collections
) -> tuple[LoadedWeights, ...]:
    """Begin with saved weights: those of a file, of the module of the same name in a folder, or of `folder/module`.

    Args:
        folder: the folder to which the path is relative.

    Raises:
        ApplicationError: there is nothing of that kind at the path, or nothing of it fits.
    """
    path = folder / init.path
    saved = _find_saved(path)
    if saved is not None:
        where, source = saved
        with open_folder(where) as unpacked_folder:
            weights = SavedWeights(unpacked_folder, collections)
            reports = weights.load(session, module, source=source, partial=init.partial)
    elif path.is_file():
        modules = list(holders(module))
        if len(modules) != 1:
            raise ApplicationError(
                f"init_from: {module.name} holds weights in {len(modules)} modules, and {path} is one file.\n"
                "  Name a saved application or a checkpoint."
            )
        reports = (session.load_weights(modules[0], path, partial=init.partial),)
    else:
        raise ApplicationError(
            f"init_from: there are no weights for {module.name} at {path}.\n"
            "  Expected a saved application, a checkpoint or the folder of a run, one of these and the name of a\n"
            "  module in it (runs/other/encoder), or a file of weights."
        )
    if not any(report.loaded for report in reports):
        raise ApplicationError("\n".join([f"init_from: nothing at {path} fits {module.name}.", *map(str, reports)]))
    return reports


def initial_notes(entry: ApplicationEntry, folder: Path, collections: Collections) -> Iterator[tuple[str, str, bool]]:
    """Yield notes on initial weights that need no reading of them: a module, a sentence, and whether it is wrong.

    Args:
        folder: the folder to which paths are relative.
    """
    rest = ("where weights do not fit, that is an error", "what does not fit stays as it is made")
    for name, init in entry.init_from.items():
        own = entry.modules.get(name)
        saved = _find_saved(folder / init.path)
        if saved is None:
            if not (folder / init.path).exists():
                yield name, f"there is nothing at {init.path} yet to begin with", False
            continue
        where, source = saved
        application = _read_entry(where)
        if application is None or own is None:
            continue
        source, modules = source or name, application.modules
        if source in modules:
            written = modules[source].type
            if collections.current(written or "") != collections.current(own.type or ""):
                yield name, f"{init.path} is {written}, and this is {own.type}; {rest[init.partial]}", False
        elif not any(source.startswith(f"{owner}.") for owner in modules):  # else it is inside a composite module
            yield name, f"{init.path}: there is no module {source}; there are {listed(modules)}", True


def _find_saved(path: Path) -> tuple[Path, str | None] | None:
    """Return the saved application or checkpoint that a path names, and the module in it, where it names one."""
    whole = find_source(path)
    if whole is not None:
        return whole.path, None
    around = None if path.exists() else find_source(path.parent)
    return None if around is None else (around.path, path.name)


def _read_entry(folder: Path) -> ApplicationEntry | None:
    """Return the application in a folder or an archive; None of a checkpoint that records none."""
    try:
        return read_document(folder).entry
    except ApplicationError:
        if is_saved_application(folder):
            raise
        return None


def _new_name(owner: str, name: str, then: str, renamed: Callable[[str], str], weight: str) -> str:
    """Return the name in `name` of a weight of the file `then`; an upgrade names weights from their owner on."""
    return f"{owner}.{renamed(f'{then}.{weight}'[len(owner) + 1 :])}".removeprefix(f"{name}.")


def _read_modules(folder: Path) -> tuple[Mapping[str, ModuleEntry], dict[str, str]]:
    """Return the modules that wrote the weights of a folder, and the stored name of each weight with two names."""
    if is_saved_application(folder):
        entry = read_document(folder).entry
        return ({}, {}) if entry is None else _modules_and_ties(entry)
    try:
        state = json.loads((folder / STATE).read_bytes())
        tied = {f"{module}.{name}": f"{owner}.{weight}" for module, name, owner, weight in state["aliases"]}
        structure = (state["application"] or {}).get("structure")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, {}  # what another backend writes may be plainer: its weights alone count
    entry = parse_document(json.dumps(structure), folder / STATE).entry if structure else None
    return {} if entry is None else entry.modules, tied


def _modules_and_ties(entry: ApplicationEntry) -> tuple[Mapping[str, ModuleEntry], dict[str, str]]:
    return entry.modules, find_tied(entry.tie)


def find_tied(ties: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Return for each weight that is tied to an earlier one the weight under whose name both are stored."""
    owners: dict[str, str] = {}
    for first, *rest in ties:
        for weight in rest:
            owner, former = owners.get(first, first), owners.get(weight, weight)
            if owner != former:  # whatever was tied to the former owner follows it
                owners |= dict.fromkeys([former, *(w for w, holder in owners.items() if holder == former)], owner)
    return owners


def _select_tied(module: str, tied: Mapping[str, str], own: bool = False) -> dict[str, str]:
    """Return the tied weights of one module, by their names in it.

    Args:
        own: whether those are among them that its own file stores under another name, as in a checkpoint.
    """
    return {
        weight[len(module) + 1 :]: owner
        for weight, owner in tied.items()
        if weight.startswith(f"{module}.") and (own or not owner.startswith(f"{module}."))
    }
