"""Import the target of a declaration, at the moment it is used."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

from nm_core.errors import did_you_mean
from nm_core.plugins.errors import TargetError
from nm_core.plugins.guard import describe
from nm_core.plugins.known import pip_line, update_line
from nm_core.plugins.standard_output import divert_output


def import_target(target: str, *, what: str, distribution: str | None = None, extra: str | None = None) -> object:
    """Import the object ``package.module:Object``.

    Args:
        target: where the object is.
        what: what messages call it: ``asr.JasperEncoder``.
        distribution: the distribution that declares it.
        extra: the optional dependencies it needs.

    Raises:
        TargetError: the module cannot be imported or has no such object.
    """
    module_name, _, path = target.partition(":")
    try:
        value: object = _import(module_name)
    except (Exception, SystemExit) as error:
        advice = "Run nmod doctor to see what is wrong with the installation."
        if distribution is not None and not isinstance(error, ImportError):
            advice = f"Its own code is at fault; update it: {update_line(distribution)}"
        elif distribution is not None and extra is not None:
            advice = f"It needs an extra: {pip_line(f'{distribution}[{extra}]')}"
        elif distribution is not None:
            advice = f"Reinstall its distribution: {update_line(distribution)}"
        raise TargetError(f"{what} cannot be imported from {module_name}.\n  {describe(error)}.\n  {advice}") from error
    for part in path.split("."):
        try:
            value = getattr(value, part)
        except AttributeError as error:
            raise TargetError(
                f"{what} is declared as {target}, but there is no {part!r} in {module_name}."
                f"{did_you_mean(part, dir(value))}\n"
                f"  The declaration of {distribution or 'the collection'} and its code disagree."
            ) from error
    return value


def _import(module_name: str) -> ModuleType:
    if module_name in sys.modules:
        return importlib.import_module(module_name)
    with divert_output():  # what it prints when it is imported is no result of the command that needs it
        return importlib.import_module(module_name)
