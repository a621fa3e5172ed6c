"""Names of parameters: known, missing, and completed with defaults; nothing is constructed."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import Parameter

from nm_core.application.checking.context import Context
from nm_core.application.text.names import listed, suggest
from nm_core.application.text.problems import Path
from nm_core.application.text.tree import Data, noun_of
from nm_core.errors import NmError
from nm_core.symbols.parameter_values import find_misfit
from nm_core.symbols.parameters import FrozenParams, complete, constructor_hints, constructor_parameters


def check_parameters(
    context: Context, cls: type, given: Mapping[str, Data], at: Path, *, older: str = ""
) -> FrozenParams | None:
    """Return the parameters of a class with defaults filled in, or record what is wrong with their names.

    Args:
        at: where the module stands that has these under `params`.
        older: a sentence on the older version of the module that these are the parameters of.
    """
    known = constructor_parameters(cls)
    named = check_names(context, cls.__qualname__, known, given, at, older=older)
    fitting = check_values(context, cls, known, given, at)
    if not named or not fitting or context.problems.broken.touches((*at, "params")):
        return None
    try:
        return complete(cls, known, given)
    except NmError as error:
        context.complain(error, (*at, "params"))
        return None


def check_names(
    context: Context,
    owner: str,
    known: Mapping[str, Parameter],
    given: Mapping[str, Data],
    at: Path,
    *,
    older: str = "",
) -> bool:
    """Record unknown and missing parameters; return whether there are none."""
    unknown = [name for name in given if name not in known]
    missing = [name for name, parameter in known.items() if _required(parameter) and name not in given]
    missing = [name for name in missing if not context.is_broken((*at, "params", name))]
    for name in unknown:
        meant = "" if older else suggest(name, known)
        context.complain(
            f'{owner} has no parameter "{name}".{meant}\n  {older or f"Its parameters: {_listed(known)}."}',
            (*at, "params", name),
            key=True,
        )
    if len(missing) > len(unknown) and not (older and unknown):  # a misspelt name is one slip
        context.complain(
            f"{owner} needs the {'parameter' if len(missing) == 1 else 'parameters'} {', '.join(missing)}.\n"
            f"  Its parameters: {_listed(known)}.",
            (*at, "params") if given else (*at, "type"),
        )
    return not unknown and not missing


def check_values(
    context: Context, cls: type, known: Mapping[str, Parameter], given: Mapping[str, Data], at: Path
) -> bool:
    """Record values that do not fit their annotations; return whether there are none."""
    annotated = constructor_hints(cls)
    fitting = True
    for name, value in given.items():
        if name not in known or name not in annotated or value == known[name].default:
            continue
        misfit = find_misfit(value, annotated[name])
        if misfit is not None:
            fitting = False
            place = "".join(f"[{part!r}]" for part in misfit.path)
            context.complain(
                f"{cls.__qualname__}: {name}{place} is {noun_of(misfit.value)}.\n  Expected {misfit.expected}.",
                (*at, "params", name, *misfit.path),
            )
    return fitting


def _required(parameter: Parameter) -> bool:
    return parameter.default is Parameter.empty and parameter.kind not in (
        Parameter.VAR_KEYWORD,
        Parameter.VAR_POSITIONAL,
    )


def _listed(known: Mapping[str, Parameter]) -> str:
    shown = [name if _required(p) else f"{name}={p.default!r}" for name, p in known.items()]
    return listed(shown)
