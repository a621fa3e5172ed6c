"""Names of parameters: known, missing, and completed with defaults; nothing is constructed."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter

from nm_core.application.checking.context import Context
from nm_core.application.names import listed, suggest
from nm_core.application.problems import Path
from nm_core.application.reading.nodes import Data
from nm_core.errors import NmError
from nm_core.parameters import FrozenParams, complete, constructor_parameters


def check_parameters(context: Context, cls: type, given: Mapping[str, Data], at: Path) -> FrozenParams | None:
    """Return the parameters of a class with defaults filled in, or record what is wrong with their names.

    Args:
        at: where the module stands that has these under `params`.
    """
    known = constructor_parameters(cls)
    if not check_names(context, cls.__qualname__, known, given, at):
        return None
    try:
        return complete(cls, known, given)
    except NmError as error:
        context.complain(str(error), (*at, "params"))
        return None


def check_names(
    context: Context, owner: str, known: Mapping[str, Parameter], given: Mapping[str, Data], at: Path
) -> bool:
    """Record unknown and missing parameters; return whether there are none."""
    unknown = [name for name in given if name not in known]
    missing = [name for name, parameter in known.items() if _required(parameter) and name not in given]
    for name in unknown:
        meant = suggest(name, known)
        context.complain(
            f'{owner} has no parameter "{name}".{meant}\n  Its parameters: {_listed(known)}.',
            (*at, "params", name),
            key=True,
        )
        missing = [other for other in missing if f'"{other}"' not in meant]  # one slip is one problem
    if missing:
        context.complain(
            f"{owner} needs the {'parameter' if len(missing) == 1 else 'parameters'} {', '.join(missing)}.\n"
            f"  Its parameters: {_listed(known)}.",
            (*at, "params") if given else (*at, "type"),
        )
    return not unknown and not missing


def _required(parameter: Parameter) -> bool:
    return parameter.default is Parameter.empty and parameter.kind not in (
        Parameter.VAR_KEYWORD,
        Parameter.VAR_POSITIONAL,
    )


def _listed(known: Mapping[str, Parameter]) -> str:
    shown = [name if _required(p) else f"{name}={p.default!r}" for name, p in known.items()]
    return listed(shown)
