"""The parameters of the methods that take the values of input ports: compared with the ports when a class is made."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from types import FunctionType
from typing import Any, NamedTuple

from nm_core.errors import ModuleDeclarationError, did_you_mean
from nm_core.symbols.ports import PortSpec


class PortParameters(NamedTuple):
    """The names by which a method can be given values.

    Attributes:
        accepted: all of its parameters that can be given by name.
        required: those of all its parameters that have no default.
    """

    accepted: tuple[str, ...]
    required: tuple[str, ...]


def check_port_parameters(
    cls: Any, ports: PortSpec, *, methods: Sequence[str], partial: Sequence[str] = (), own: frozenset[str]
) -> None:
    """Compare the parameters of a class's methods with its input ports, whose values they are given by name.

    A method that takes `**kwargs` or `*args`, as most wrappers of decorators do, or is no plain function, may take
    anything and passes.

    Args:
        methods: the methods that are given every connected port.
        partial: those that are given the ports that their parameters name.
        own: the names that the class itself defines; a method that it inherits together with its ports is passed over.

    Raises:
        ModuleDeclarationError: a port that a method does not take, or a parameter that is no port and has no default.
    """
    extra = sum("typed_arguments" in base.__dict__ for base in cls.__mro__) > 1  # given beside the ports
    for method in (*methods, *partial):
        if method not in own and "input_ports" not in own:
            continue
        parameters = _read_parameters(inspect.getattr_static(cls, method, None))
        if parameters is None:
            continue
        faults = list(_find_unknown(parameters, ports)) if not extra else []
        if method in methods:
            faults += _find_untaken(parameters, ports)
        if faults:
            raise ModuleDeclarationError(
                f"{cls.__qualname__}.{method} is given values by the names of the input ports: "
                f"{', '.join(ports) or 'none'}.\n  "
                + "\n  ".join(faults)
                + "\n  Give each parameter the name of its port, or the port the name of its parameter."
            )


def _read_parameters(method: object) -> PortParameters | None:
    """Read the parameters of a plain method behind `self`; None where it may take anything, or cannot be read."""
    if not isinstance(method, FunctionType):
        return None
    code = method.__code__  # not inspect.signature, which follows wrappers to a function that is called otherwise
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS):
        return None
    positional = code.co_varnames[: code.co_argcount]
    by_keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    needed = positional[: len(positional) - len(method.__defaults__ or ())]
    needed += tuple(name for name in by_keyword if name not in (method.__kwdefaults__ or {}))
    return PortParameters((positional + by_keyword)[max(code.co_posonlyargcount, 1) :], needed[1:])


def _find_unknown(parameters: PortParameters, ports: PortSpec) -> Iterator[str]:
    for name in parameters.required:
        if name not in ports:
            yield f'Its parameter "{name}" is no port.{did_you_mean(name, ports)}'


def _find_untaken(parameters: PortParameters, ports: PortSpec) -> Iterator[str]:
    for name in ports:
        if name not in parameters.accepted:
            yield f'The port "{name}" is no parameter that can be given by name.'
