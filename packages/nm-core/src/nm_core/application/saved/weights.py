"""Where the weights of an application's modules come from and go to: one file per module that holds weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial as with_arguments
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.actions.backend import Session
from nm_core.actions.results import LoadedWeights
from nm_core.application.checking.upgrades import renamer, steps_of
from nm_core.application.form.entries import ApplicationEntry, InitEntry, ModuleEntry
from nm_core.application.saved.archive import is_archive
from nm_core.application.saved.document import parse_document, read_document
from nm_core.application.saved.folder import MANIFEST, WEIGHTS, is_saved_application, opened, weights_path
from nm_core.application.text.names import listed
from nm_core.errors import ApplicationError
from nm_core.modules.composite import holders
from nm_core.modules.module import NeuralModule

if TYPE_CHECKING:
    from nm_core.plugins import Collections

_STATE = "state.json"
"""What a checkpoint says of itself: the application that wrote it, and its weights that have two names."""


def save(session: Session, module: NeuralModule, folder: Path, ties: Iterable[tuple[str, ...]] = ()) -> None:
    """Write a module's weights into a folder of a saved application; of tied ones, the first one's module has them."""
    tied = kept_elsewhere(ties)
    for holder in holders(module):
        path = folder / weights_path(holder.name)
        path.parent.mkdir(exist_ok=True)
        session.save_weights(holder, path, without=_of(holder.name, tied).keys())


class SavedWeights:
    """The weights in a saved application or a checkpoint, whatever version of its modules wrote them.

    Args:
        folder: the saved application, unpacked, or the checkpoint.
        collections: what knows how weights were called in older versions.
        written: the application that wrote them; read from the folder when not given.
    """

    def __init__(self, folder: Path, collections: Collections, written: ApplicationEntry | None = None) -> None:
        self.folder = folder
        self._collections = collections
        self._modules, self._kept = (
            _written(folder) if written is None else (written.modules, kept_elsewhere(written.tie))
        )

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
        owner = max((name for name in self._modules if f"{source}.".startswith(f"{name}.")), key=len, default=source)
        steps = steps_of(self._collections, self._modules[owner]) if owner in self._modules else ()
        renamed = renamer(steps) or str
        reports = []
        for holder in holders(module):
            name = source + holder.name[len(module.name) :]
            then = self._name_then(owner, name, renamed)
            now = with_arguments(_name_now, owner, name, then, renamed)
            elsewhere = {now(weight): self._place(other) for weight, other in _of(then, self._kept).items()}
            options: dict[str, Any] = {"renamed": now, "partial": partial, "elsewhere": elsewhere}
            reports.append(session.load_weights(holder, self._file(then), **options))
        return tuple(reports)

    def _name_then(self, owner: str, name: str, renamed: Callable[[str], str]) -> str:
        """Return what a module was called when its weights were written; one inside a composite may have a new name."""
        stems = (path.stem for path in (self.folder / WEIGHTS).glob(f"{owner}.*.safetensors"))
        return next((stem for stem in stems if f"{owner}.{renamed(stem[len(owner) + 1 :])}" == name), name)

    def _file(self, name: str) -> Path:
        path = self.folder / weights_path(name)
        if not path.is_file():
            known = sorted(found.stem for found in path.parent.glob("*.safetensors"))
            raise ApplicationError(
                f"{self.folder} has no weights of {name}.\n  It has weights of {', '.join(known) or 'no module'}."
            )
        return path

    def _place(self, weight: str) -> tuple[Path, str]:
        """Return the file of a weight and its name there."""
        parts = weight.split(".")
        owners = [".".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
        owner = next((one for one in owners if (self.folder / weights_path(one)).is_file()), owners[-1])
        return self.folder / weights_path(owner), weight[len(owner) + 1 :]


def load_initial(
    session: Session, module: NeuralModule, folder: Path, given: InitEntry, collections: Collections
) -> tuple[LoadedWeights, ...]:
    """Begin with saved weights: those of a file, of the module of the same name in a folder, or of `folder/module`.

    Args:
        folder: what the path counts from.

    Raises:
        ApplicationError: there is nothing of that kind at the path, or nothing of it fits.
    """
    place = folder / given.path
    saved = _saved(place)
    if saved is not None:
        where, source = saved
        with opened(where) as unpacked:
            weights = SavedWeights(unpacked, collections)
            reports = weights.load(session, module, source=source, partial=given.partial)
    elif place.is_file():
        found = list(holders(module))
        if len(found) != 1:
            raise ApplicationError(
                f"init_from: {module.name} holds weights in {len(found)} modules, and {place} is one file.\n"
                "  Name a saved application or a checkpoint."
            )
        reports = (session.load_weights(found[0], place, partial=given.partial),)
    else:
        raise ApplicationError(
            f"init_from: there are no weights for {module.name} at {place}.\n"
            "  Expected a saved application or a checkpoint, one of these and the name of a module in it\n"
            "  (runs/other/encoder), or a file of weights."
        )
    if not any(report.loaded for report in reports):
        raise ApplicationError("\n".join([f"init_from: nothing at {place} fits {module.name}.", *map(str, reports)]))
    return reports


def initial_notes(entry: ApplicationEntry, folder: Path, collections: Collections) -> Iterator[tuple[str, str, bool]]:
    """Yield what can be known of initial weights without reading them: a module, a sentence, and whether it is wrong.

    Args:
        folder: what paths count from.
    """
    for name, given in entry.init_from.items():
        own = entry.modules.get(name)
        saved = _saved(folder / given.path)
        if saved is None:
            if not (folder / given.path).exists():
                yield name, f"there is nothing at {given.path} yet to begin with", False
            continue
        where, source = saved
        other = read_document(where).entry if is_saved_application(where) else None
        if other is None or own is None:
            continue
        found = other.modules.get(source or name)
        if found is None and any((source or name).startswith(f"{owner}.") for owner in other.modules):
            continue  # a module inside a composite one
        if found is None:
            yield name, f"{given.path}: there is no module {source or name}; there are {listed(other.modules)}", True
        elif collections.current(found.type or "") != collections.current(own.type or ""):
            yield name, f"{given.path} is {found.type}, and this is {own.type}; {_then(given)}", False


def _then(given: InitEntry) -> str:
    return "what does not fit stays as it is made" if given.partial else "where weights do not fit, that is an error"


def _saved(place: Path) -> tuple[Path, str | None] | None:
    """Return the saved application or checkpoint that a path names, and the module in it, where it names one."""
    for where, source in ((place, None), (place.parent, place.name)):
        if (where / MANIFEST).is_file() or (is_archive(where) and where.is_file()):
            return where, source
    return None


def _name_now(owner: str, name: str, then: str, renamed: Callable[[str], str], weight: str) -> str:
    """Return what the holder `name` calls a weight of the file `then`; an upgrade names weights from their owner on."""
    return f"{owner}.{renamed(f'{then}.{weight}'[len(owner) + 1 :])}".removeprefix(f"{name}.")


def _written(folder: Path) -> tuple[Mapping[str, ModuleEntry], dict[str, str]]:
    """Return the modules that wrote the weights of a folder, and in whose place weights with two names are kept."""
    if is_saved_application(folder):
        entry = read_document(folder).entry
        return ({}, {}) if entry is None else _modules_and_ties(entry)
    try:
        state = json.loads((folder / _STATE).read_bytes())
        kept = {f"{module}.{name}": f"{other}.{other_name}" for module, name, other, other_name in state["aliases"]}
        structure = (state["application"] or {}).get("structure")
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, {}  # what another backend writes may be plainer: its weights alone count
    entry = parse_document(json.dumps(structure), folder / _STATE).entry if structure else None
    return {} if entry is None else entry.modules, kept


def _modules_and_ties(entry: ApplicationEntry) -> tuple[Mapping[str, ModuleEntry], dict[str, str]]:
    return entry.modules, kept_elsewhere(entry.tie)


def kept_elsewhere(ties: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Return by each weight that is tied to an earlier one the weight in whose place both are kept."""
    kept: dict[str, str] = {}
    for first, *others in ties:
        for other in others:
            one, another = kept.get(first, first), kept.get(other, other)
            if one != another:
                kept |= dict.fromkeys([another, *(w for w, place in kept.items() if place == another)], one)
    return kept


def _of(module: str, tied: Mapping[str, str]) -> dict[str, str]:
    """Return the tied weights of one module, by their names in it; those kept in its own file are left out."""
    return {
        weight[len(module) + 1 :]: kept
        for weight, kept in tied.items()
        if weight.startswith(f"{module}.") and not kept.startswith(f"{module}.")
    }
