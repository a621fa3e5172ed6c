"""The metaclass of modules: it records the parameters, name and ports of an instance before its constructor runs."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import Parameter
from inspect import Signature as ConstructorSignature
from typing import Any, TypeVar, get_args, get_origin

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.module_name import checked_name, snake_case
from nm_core.modules.port_parameters import check_port_parameters
from nm_core.modules.signature import Signature, signature_of
from nm_core.symbols.parameters import FrozenParams, capture, constructor_parameters, constructor_signature
from nm_core.symbols.ports import as_input_ports, as_ports
from nm_core.symbols.tensor import Call
from nm_types.frames import boundary

T = TypeVar("T")


@dataclass(slots=True)
class ModuleIdentity:
    """The name, parameters and ports of a module, fixed when it is constructed; stored beside its own attributes."""

    name: str
    params: FrozenParams
    opaque: frozenset[str]
    signature: Signature
    source_call: weakref.ref[Call] | None = None

    # a copy is an instance of its own: it does not share the call that its original recorded
    def __deepcopy__(self, memo: dict[int, Any]) -> ModuleIdentity:
        return ModuleIdentity(self.name, self.params, self.opaque, self.signature)

    def __reduce__(self) -> tuple[Any, ...]:
        return ModuleIdentity, (self.name, self.params, self.opaque, self.signature)


class ModuleMeta(type):
    """Captures a module's parameters before its constructor runs, whatever its other base classes do."""

    _constructor_parameters: dict[str, Parameter]
    _declared_ports: Signature
    _outputs_type: type[Any] | None
    _port_methods: tuple[str, ...] = ("forward",)
    """The methods that are given the values of all connected ports, by name."""
    _partial_port_methods: tuple[str, ...] = ()
    """The methods that are given the ports that their parameters name."""

    @boundary
    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        cls._constructor_parameters = constructor_parameters(cls)
        cls._declared_ports = Signature(
            as_input_ports(getattr(cls, "input_ports", {}), f"The input ports of {cls.__qualname__}"),
            as_ports(getattr(cls, "output_ports", {}), f"The output ports of {cls.__qualname__}"),
        )
        cls._outputs_type = _find_outputs_type(cls, tuple(cls._declared_ports.outputs))
        if cls._declared_ports.inputs or "input_ports" in namespace:  # a base for modules has no ports yet
            check_port_parameters(
                cls,
                cls._declared_ports.inputs,
                methods=cls._port_methods,
                partial=cls._partial_port_methods,
                own=frozenset(namespace),
            )

    # Type checkers take the parameters from __init__: mypy looks at no __call__ of a metaclass, and pyright passes over
    # one that returns an instance of the class.
    @boundary
    def __call__(cls: type[T], *args: Any, name: str | None = None, **kwargs: Any) -> T:
        """Make an instance; `name` is its name in graphs, files and checkpoints."""
        identity = _identify(cls, args, kwargs, name)
        instance: Any = cls.__new__(cls, *args, **kwargs)
        # straight into __dict__: the __setattr__ of nn.Module does not work before its __init__
        instance.__dict__["_nm"] = identity
        instance.__init__(*args, **kwargs)
        return instance  # type: ignore[no-any-return]  # a class may have __new__ return anything

    @property
    def __signature__(cls) -> ConstructorSignature:
        """The parameters of the constructor and `name`, as `help`, `inspect.signature` and notebooks show them."""
        return constructor_signature(cls)


def _identify(cls: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str | None) -> ModuleIdentity:
    params, opaque = capture(cls, cls._constructor_parameters, args, kwargs)
    name = snake_case(cls.__name__) if name is None else name
    return ModuleIdentity(checked_name(name), params, opaque, signature_of(cls, params))


def _find_outputs_type(cls: ModuleMeta, ports: tuple[str, ...]) -> type[Any] | None:
    """Look up the named tuple in `class Encoder(TorchModule[EncoderOutputs])`, or that of a base with these ports.

    Raises:
        ModuleDeclarationError: its fields are not the output ports in their order.
    """
    for base in cls.__dict__.get("__orig_bases__", ()):
        if not isinstance(get_origin(base), ModuleMeta):
            continue
        for argument in get_args(base):
            outputs = get_origin(argument) or argument  # a named tuple may be generic itself
            fields = getattr(outputs, "_fields", None)
            if fields is None:
                continue
            if fields != ports or len(ports) < 2:  # one output is returned bare
                raise ModuleDeclarationError(
                    f"{cls.__qualname__} returns {outputs.__qualname__}({', '.join(fields)}), "
                    f"and its output ports are {', '.join(ports) or 'none'}.\n"
                    "  Give the named tuple one field for each of several output ports, in their order."
                )
            return outputs  # type: ignore[no-any-return]
    inherited: Any = next((base._outputs_type for base in cls.__mro__[1:] if isinstance(base, ModuleMeta)), None)
    return inherited if getattr(inherited, "_fields", None) == ports else None
