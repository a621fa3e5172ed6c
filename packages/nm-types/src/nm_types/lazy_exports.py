"""Packages whose public names are imported when they are first used (PEP 562)."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from nm_types.errors import did_you_mean


def lazy_exports(package: str, modules: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package that offers names of modules which it does not import yet.

    An entry point executes the ``__init__`` of a collection, and listing collections must import no framework. Type
    checkers read the imports of the other branch:

        if TYPE_CHECKING:
            from nm_asr.encoders.jasper import JasperEncoder
        else:
            __getattr__, __dir__ = lazy_exports(__name__, {"JasperEncoder": "nm_asr.encoders.jasper"})

        __all__ = ["JasperEncoder"]

    Args:
        package: the package's ``__name__``.
        modules: the full name of the module that defines each public name; a name equal to the last part of its
            module stands for the module itself.
    """

    def __getattr__(name: str) -> Any:
        if name not in modules:
            message = f"module {package!r} has no attribute {name!r}. {did_you_mean(name, modules)}"
            raise AttributeError(message.rstrip())
        module = import_module(modules[name])
        value = module if modules[name] == f"{package}.{name}" else getattr(module, name)
        setattr(sys.modules[package], name, value)  # the next use is an ordinary attribute
        return value

    def __dir__() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return __getattr__, __dir__
