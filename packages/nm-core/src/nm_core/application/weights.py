"""Where the weights of an application's modules come from and go to: one file per module that holds weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nm_core.application.storage import MANIFEST, weights_path
from nm_core.backend import Session
from nm_core.composite import CompositeModule
from nm_core.errors import ApplicationError
from nm_core.module import NeuralModule


def holders(module: NeuralModule) -> Iterator[NeuralModule]:
    """Yield the modules that hold weights: the module itself, or those inside a composite one."""
    if isinstance(module, CompositeModule):
        for child in module.children().values():
            yield from holders(child)
    elif module.has_weights():
        yield module


def save(session: Session, module: NeuralModule, folder: Path) -> None:
    """Write a module's weights into a folder of a saved application."""
    for holder in holders(module):
        path = folder / weights_path(holder.name)
        path.parent.mkdir(exist_ok=True)
        session.save_weights(holder, path)


def load(session: Session, module: NeuralModule, folder: Path, *, source: str | None = None) -> None:
    """Read a module's weights from a saved application or a checkpoint.

    Args:
        source: the module's name there, where it differs.

    Raises:
        ApplicationError: there are no weights of that name.
    """
    for holder in holders(module):
        name = holder.name if source is None else source + holder.name[len(module.name) :]
        path = folder / weights_path(name)
        if not path.is_file():
            known = sorted(found.stem for found in path.parent.glob("*.safetensors"))
            raise ApplicationError(
                f"{folder} has no weights of {name}.\n  It has weights of {', '.join(known) or 'no module'}."
            )
        session.load_weights(holder, path)


def load_initial(session: Session, module: NeuralModule, given: Path) -> None:
    """Begin with saved weights: those of a file, of the module of the same name in a folder, or of `folder/module`.

    Raises:
        ApplicationError: there is nothing of that kind at the path.
    """
    if given.is_file():
        found = list(holders(module))
        if len(found) != 1:
            raise ApplicationError(
                f"init_from: {module.name} holds weights in {len(found)} modules, and {given} is one file.\n"
                "  Name a saved application or a checkpoint."
            )
        session.load_weights(found[0], given)
    elif (given / MANIFEST).is_file():
        load(session, module, given)
    elif (given.parent / MANIFEST).is_file():
        load(session, module, given.parent, source=given.name)
    else:
        raise ApplicationError(
            f"init_from: there are no weights for {module.name} at {given}.\n"
            "  Expected a saved application or a checkpoint, one of these and the name of a module in it\n"
            "  (runs/other/encoder), or a file of weights."
        )
