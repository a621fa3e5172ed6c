"""The ports of a module's class under given parameters, computed without constructing anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nm_core.errors import ModuleDeclarationError, ParameterError
from nm_core.symbols.ports import PortSpec, as_input_ports, as_ports
from nm_types import BindingError, NmError


@dataclass(frozen=True, slots=True)
class Signature:
    """The ports of a module, with the numbers of its parameters in their types.

    Example:
        >>> from nm_core import Signature, ports
        >>> Signature(ports(x="B Channel:4"), ports(y="B Class:10")).outputs
        ports(y='Batch Class:10')
    """

    inputs: PortSpec
    outputs: PortSpec


def signature_of(cls: Any, params: Mapping[str, Any]) -> Signature:
    """Compute the ports of a class under parameters, without constructing anything.

    A class may have a static `check_params(params)`, which raises an error of ours where parameters contradict each
    other, so that files are told before anything is constructed.

    Raises:
        ParameterError: a parameter that a port mentions is not an integer.
        ModuleDeclarationError: the class's own `sizes` or `ports_of` failed, or a port mentions an unknown name.
    """
    declared: Signature = cls._declared_ports
    owner = cls.__qualname__
    check_params = getattr(cls, "check_params", None)
    # parameters without which no port changes may be left out
    if check_params is not None and cls._constructor_parameters.keys() <= params.keys():
        _call_author(owner, "check_params", check_params, params)
    ports_of = getattr(cls, "ports_of", None)
    if ports_of is not None:
        inputs, outputs = _call_author(owner, "ports_of", ports_of, params)
        declared = Signature(as_input_ports(inputs, f"{owner}.ports_of"), as_ports(outputs, f"{owner}.ports_of"))
        _check_names(owner, cls._declared_ports, declared)
    names = declared.inputs.parameters | declared.outputs.parameters
    if not names:
        return declared
    sizes_of = getattr(cls, "sizes", None)
    sizes = dict(params) if sizes_of is None else {**params, **_call_author(owner, "sizes", sizes_of, params)}
    for name in names:
        if name not in sizes:
            raise ModuleDeclarationError(
                f"A port of {owner} mentions {{{name}}}, which is neither a parameter nor given by sizes(params)."
            )
    try:
        return Signature(declared.inputs.bind(sizes), declared.outputs.bind(sizes))
    except BindingError as error:
        raise ParameterError(f"{owner}: {error.message}", code=error.code) from None


def _call_author(owner: str, what: str, function: Any, params: Mapping[str, Any]) -> Any:
    try:
        return function(params)
    except NmError:
        raise
    except Exception as error:
        raise ModuleDeclarationError(
            f"{owner}.{what} failed on the parameters {dict(params)!r}: {type(error).__name__}: {error}\n"
            "  It is code of the module's author and must give types for any parameters that the constructor takes."
        ) from error


def _check_names(owner: str, declared: Signature, computed: Signature) -> None:
    for side, names, others in (
        ("input", declared.inputs, computed.inputs),
        ("output", declared.outputs, computed.outputs),
    ):
        if names and list(names) != list(others):
            raise ModuleDeclarationError(
                f"{owner}.ports_of gives the {side} ports {', '.join(others)}; declared are {', '.join(names)}.\n"
                "  Parameters may change the types of ports, never their names or order."
            )
