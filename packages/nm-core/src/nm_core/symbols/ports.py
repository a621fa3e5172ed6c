"""Ports: the named, typed inputs and outputs that a module declares once, on its class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from keyword import iskeyword
from typing import Any

from nm_core.errors import ModuleDeclarationError
from nm_types import NeuralType, TypeSyntaxError
from nm_types.frames import boundary
from nm_types.notation import check_input

PortDeclaration = Any
"""What an author may write for a port: a string, a NeuralType, the paper's dict, or a `Port`."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a module.

    Attributes:
        name: the keyword under which the port is given or returned.
        type: what the port expects or gives.
        optional: an input that may stay open; it then arrives as `None`.
        variadic: an input that takes a list of values, each of this type.
        needs: optional inputs without which an output has no value.

    Example:
        >>> port = ports(length=optional("B ; Lengths(t)"))["length"]
        >>> port.name, str(port.type), port.optional
        ('length', 'Batch ; Lengths(t)', True)
    """

    name: str
    type: NeuralType
    optional: bool = False
    variadic: bool = False
    needs: tuple[str, ...] = ()

    def bind(self, sizes: Mapping[str, object]) -> Port:
        """Return the port with its `{parameters}` replaced by sizes."""
        parameters = self.type.parameters
        if not parameters:
            return self
        return replace(self, type=self.type.bind({name: sizes[name] for name in parameters}))


@dataclass(frozen=True, slots=True)
class _Unnamed:
    """A port declaration without its name, which `ports` gives it."""

    type: PortDeclaration
    optional: bool = False
    variadic: bool = False
    needs: tuple[str, ...] = ()


def optional(type: PortDeclaration, *, needs: Iterable[str] = ()) -> _Unnamed:
    """Declare a port that may stay open, or an output that needs the optional inputs named by `needs`."""
    return _Unnamed(type, optional=True, needs=tuple(needs))


def variadic(type: PortDeclaration) -> _Unnamed:
    """Declare an input port that takes a list of values, each of this type."""
    return _Unnamed(type, variadic=True)


class PortSpec(Mapping[str, Port]):
    """The ports of one side of a module, in the order in which they were declared; an immutable mapping.

    Example:
        >>> spec = ports(x="B Channel:{size} T:t", length="B ; Lengths(t)")
        >>> spec.names, sorted(spec.parameters)
        (('x', 'length'), ['size'])
        >>> spec.bind({"size": 64})
        ports(x='Batch Channel:64 Time:t', length='Batch ; Lengths(t)')
    """

    __slots__ = ("_ports",)

    def __init__(self, ports: Iterable[Port] = ()) -> None:
        self._ports = {port.name: port for port in ports}

    def __getitem__(self, name: str) -> Port:
        return self._ports[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ports)

    def __len__(self) -> int:
        return len(self._ports)

    def __repr__(self) -> str:
        return f"ports({', '.join(f'{port.name}={str(port.type)!r}' for port in self._ports.values())})"

    def bind(self, sizes: Mapping[str, object]) -> PortSpec:
        """Return the same ports with their `{parameters}` replaced by sizes."""
        return PortSpec(port.bind(sizes) for port in self._ports.values())

    @property
    def names(self) -> tuple[str, ...]:
        """Port names in order; `torch.compile` traces this tuple in releases that cannot iterate the mapping."""
        return tuple(self._ports)

    @property
    def parameters(self) -> frozenset[str]:
        """Names in braces that the ports' types mention."""
        return frozenset(name for port in self._ports.values() for name in port.type.parameters)


@boundary
def ports(*, tags: Iterable[type] = (), kinds: Iterable[type] = (), **types: PortDeclaration) -> PortSpec:
    """Declare ports by name.

    Args:
        tags: tag classes of a collection that the strings below may name.
        kinds: kinds of values of a collection that the strings below may name.
        types: for each port a type string, a `NeuralType`, the paper's dict, `optional(...)` or `variadic(...)`.

    Raises:
        NeuralTypeError: a type cannot be read.
    """
    scope_tags, scope_kinds = tuple(tags), tuple(kinds)
    return PortSpec(_name_port(name, declared, scope_tags, scope_kinds) for name, declared in types.items())


def as_ports(declared: object, owner: str) -> PortSpec:
    """Convert the value of `input_ports` or `output_ports`, a `PortSpec` or a mapping from name to type.

    Args:
        owner: names the declaration in the error.

    Raises:
        ModuleDeclarationError: it is neither.
    """
    if isinstance(declared, PortSpec):
        return declared
    if isinstance(declared, Mapping):
        return ports(**declared)
    raise ModuleDeclarationError(
        f"{owner} are declared as {type(declared).__name__}.\n"
        f'  Expected ports(x="B T:t", ...) or a dict from port name to type.'
    )


def as_input_ports(declared: object, owner: str) -> PortSpec:
    """Convert the value of `input_ports`, as `as_ports` does, and refuse types that no input can have.

    Raises:
        ModuleDeclarationError: it is no mapping, or a port has rows that no value could decide.
    """
    spec = as_ports(declared, owner)
    for port in spec.values():
        try:
            check_input(port.type)
        except TypeSyntaxError as error:
            raise ModuleDeclarationError(f"{owner}, {port.name}: {error.message}", code=error.code) from None
    return spec


def _check_name(name: str) -> None:
    """Refuse a name that no call could give as a keyword and no named tuple could hold."""
    if name.isidentifier() and not iskeyword(name) and not name.startswith("_") and name != "self":
        return
    meant = f"{name}_" if iskeyword(name) or name == "self" else re.sub(r"\W", "_", name).strip("_") or "x"
    meant = meant if meant.isidentifier() else f"port_{meant}"
    why = (
        "it is a word of Python"
        if iskeyword(name)
        else "every method of a module has it"
        if name == "self"
        else "names with an underscore in front are private"
        if name.startswith("_") and name.isidentifier()
        else "it is no name of Python"
    )
    raise ModuleDeclarationError(
        f'"{name}" cannot be the name of a port: {why}, and ports are given by keyword, as in encoder({meant}=...).\n'
        f"  Call it {meant}."
    )


def _name_port(name: str, declared: PortDeclaration, tags: tuple[type, ...], kinds: tuple[type, ...]) -> Port:
    _check_name(name)
    if isinstance(declared, Port):
        return replace(declared, name=name)
    if not isinstance(declared, _Unnamed):
        declared = _Unnamed(declared)
    neural_type = declared.type
    if not isinstance(neural_type, NeuralType):
        neural_type = NeuralType(neural_type, tags=tags, kinds=kinds)
    return Port(name, neural_type, declared.optional, declared.variadic, declared.needs)
