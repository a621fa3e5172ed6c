"""`NeuralModule`: a component with typed ports and frozen parameters, callable on symbols and on values."""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from inspect import Signature as ConstructorSignature
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, Unpack, get_args, get_origin

from nm_core.errors import ModuleDeclarationError, ParameterError
from nm_core.symbols import recording
from nm_core.symbols.component import CastPolicy, Segment
from nm_core.symbols.parameters import (
    FrozenParams,
    ModuleOptions,
    capture,
    constructor_parameters,
    constructor_signature,
)
from nm_core.symbols.ports import PortSpec, as_ports
from nm_core.symbols.tensor import Call
from nm_types import BindingError, CallTyping, Edge, NeuralType, NmError, type_call
from nm_types.frames import boundary, hide

T = TypeVar("T")
if TYPE_CHECKING:  # the standard library has defaults of type variables from Python 3.13 on
    from typing_extensions import TypeVar as TypeVarWithDefault

    OutputsT = TypeVarWithDefault("OutputsT", default=Any)
else:
    OutputsT = TypeVar("OutputsT")

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


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


@dataclass(slots=True)
class _Identity:
    """The name, parameters and ports of a module, fixed when it is constructed; stored beside its own attributes."""

    name: str
    params: FrozenParams
    opaque: frozenset[str]
    signature: Signature
    source_call: weakref.ref[Call] | None = None

    def __deepcopy__(self, memo: dict[int, Any]) -> _Identity:
        return _Identity(self.name, self.params, self.opaque, self.signature)

    def __reduce__(self) -> tuple[Any, ...]:
        return _Identity, (self.name, self.params, self.opaque, self.signature)


class ModuleMeta(type):
    """Captures a module's parameters before its constructor runs, whatever its other base classes do."""

    _constructor_parameters: dict[str, Parameter]
    _declared_ports: Signature
    _outputs_type: type[Any] | None

    @boundary
    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(name, bases, namespace, **kwargs)
        cls._constructor_parameters = constructor_parameters(cls)
        cls._declared_ports = Signature(
            as_ports(getattr(cls, "input_ports", {}), f"The input ports of {cls.__qualname__}"),
            as_ports(getattr(cls, "output_ports", {}), f"The output ports of {cls.__qualname__}"),
        )
        cls._outputs_type = _find_outputs_type(cls, tuple(cls._declared_ports.outputs))

    # Type checkers take the parameters from __init__: mypy looks at no __call__ of a metaclass, and pyright passes over
    # one that returns an instance of the class.
    @boundary
    def __call__(cls: type[T], *args: Any, name: str | None = None, **kwargs: Any) -> T:
        """Make an instance; `name` is its name in graphs, files and checkpoints."""
        identity = _identify(cls, args, kwargs, name)
        instance: Any = cls.__new__(cls, *args, **kwargs)
        instance.__dict__["_nm"] = identity
        instance.__init__(*args, **kwargs)
        return instance  # type: ignore[no-any-return]  # a class may have __new__ return anything

    @property
    def __signature__(cls) -> ConstructorSignature:
        """The parameters of the constructor and `name`, as `help`, `inspect.signature` and notebooks show them."""
        return constructor_signature(cls)


def _identify(cls: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str | None) -> _Identity:
    params, opaque = capture(cls, cls._constructor_parameters, args, kwargs)
    return _Identity(checked_name(name or snake_case(cls.__name__)), params, opaque, signature_of(cls, params))


def _find_outputs_type(cls: ModuleMeta, ports: tuple[str, ...]) -> type[Any] | None:
    """Look up the named tuple in `class Encoder(TorchModule[EncoderOutputs])`, or that of a base with these ports.

    Raises:
        ModuleDeclarationError: its fields are not the output ports in their order.
    """
    for base in cls.__dict__.get("__orig_bases__", ()):
        if not isinstance(get_origin(base), ModuleMeta):
            continue
        for argument in get_args(base):
            outputs = get_origin(argument) or argument
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


class NeuralModule(Generic[OutputsT], metaclass=ModuleMeta):
    """A component with typed inputs and outputs.

    A subclass declares `input_ports` and `output_ports` and implements `forward`. Called with symbolic tensors it
    records a call and returns symbolic tensors; called with values it computes at once. A plain subclass runs in
    Python, after the framework's part of a graph.

    One output is returned bare, several as a named tuple in port order. `class Split(NeuralModule[SplitOutputs])` says
    which: `SplitOutputs` is then a `typing.NamedTuple` with one field per output port, which type checkers know too.

    Example:
        >>> from nm_core import NeuralModule, inputs, ports
        >>> class Double(NeuralModule):
        ...     input_ports = ports(x="B Channel:4")
        ...     output_ports = ports(y="B Channel:4")
        ...
        ...     def forward(self, x):
        ...         return [2 * value for value in x]
        >>> double = Double(name="double")
        >>> double(x=[1, 2])
        [2, 4]
        >>> double(x=inputs(x="B Channel:4"))
        <symbolic double.y: Batch Channel:4>
    """

    if TYPE_CHECKING:  # a run looks past this class, to the constructor of the next base

        def __init__(self, **options: Unpack[ModuleOptions]) -> None: ...

    input_ports: ClassVar[Any] = PortSpec()
    output_ports: ClassVar[Any] = PortSpec()
    segment: ClassVar[Segment] = "host"
    asset_params: ClassVar[tuple[str, ...]] = ()
    """Parameters that are paths of files to be saved with an application."""
    path_params: ClassVar[tuple[str, ...]] = ()
    """Other parameters that are paths, which a file may give relative to itself; those annotated `Path` are known."""

    forward: Callable[..., Any]
    """Compute the outputs from values: one bare, several as a tuple in port order. Any base class may bring it."""

    _nm: _Identity

    @property
    def name(self) -> str:
        """The module's name in graphs, files and checkpoints."""
        return self._nm.name

    @property
    def params(self) -> FrozenParams:
        """The constructor's parameters with defaults filled in, frozen; live objects are absent."""
        return self._nm.params

    @property
    def opaque(self) -> frozenset[str]:
        """Names of parameters that hold live objects, which no file can keep."""
        return self._nm.opaque

    @property
    def inputs(self) -> PortSpec:
        """Input ports with the parameters filled in."""
        return self._nm.signature.inputs

    @property
    def outputs(self) -> PortSpec:
        """Output ports with the parameters filled in."""
        return self._nm.signature.outputs

    @property
    def class_path(self) -> str:
        """The class that declares the ports, as `package.module.Class`."""
        return f"{type(self).__module__}.{type(self).__qualname__}"

    def has_weights(self) -> bool:
        """Tell whether the module holds state that must be saved under its name."""
        return False

    @classmethod
    def type_edges(
        cls,
        edges: Sequence[Edge],
        outputs: Mapping[str, NeuralType],
        *,
        owner: str,
        casts: CastPolicy | frozenset[str],
        location: str,
    ) -> CallTyping:
        """Check the edges of one call and give its outputs their types; raises as `nm_types.type_call` does."""
        return type_call(edges, outputs, owner=owner, casts=casts, location=location)

    def typed_arguments(self, call: Call) -> dict[str, Any]:
        """Return arguments of `forward` that are no ports and follow from the types of a call; most modules have none.

        A lowered or repeated graph passes them on; a call on real tensors has no types, so its caller gives them. Only
        framework modules have such arguments.
        """
        return {}

    def __call__(self, *args: Any, **kwargs: Any) -> OutputsT:
        """Record a call on symbolic tensors, or compute at once on values."""
        if self._is_symbolic_call(args, kwargs):
            try:
                return self._record(args, kwargs)
            except NmError as error:
                hide(error)
                raise
        values = recording.bind_arguments(self.name, self.inputs, args, kwargs)
        if not hasattr(self, "forward"):
            raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement forward.")
        return self._structured(self.forward(**values))

    def _repr_html_(self) -> str:
        """Render the module for notebooks: its name, ports with their types, and parameters."""
        from nm_core.symbols.html_tables import module_html  # most programs run in no notebook

        ports = {"input": self.inputs, "output": self.outputs}
        return module_html(self.name, type(self).__name__, ports, self.params, self.opaque)

    def _is_symbolic_call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bool:
        return recording.is_symbolic(args, kwargs) or not (args or kwargs) or recording.is_constant_inside(args, kwargs)

    def _record(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> OutputsT:
        source = not any(not port.optional for port in self.inputs.values()) and not (args or kwargs)
        call = self._nm.source_call() if source and self._nm.source_call else None
        if call is None:
            call = recording.record(self, args, kwargs)
            if source:  # one instance is one stream: a second call returns the same tensors
                self._nm.source_call = weakref.ref(call)
        return self._name_outputs(call.tensors())

    def _structured(self, result: Any) -> OutputsT:
        if len(self.outputs) > 1 and type(result) is tuple:
            return self._name_outputs(result)
        outputs: OutputsT = result
        return outputs

    def _name_outputs(self, values: Sequence[Any]) -> OutputsT:
        """Put outputs into the named tuple that the class declares, else one of its ports; one output stays bare."""
        outputs: OutputsT
        if (outputs_type := type(self)._outputs_type) is not None:
            outputs = outputs_type(*values)
        else:
            outputs = recording.structured(type(self).__name__, tuple(self.outputs), values)
        return outputs


def signature_of(cls: ModuleMeta, params: Mapping[str, Any]) -> Signature:
    """Compute the ports of a class under parameters, without constructing anything.

    Raises:
        ParameterError: a parameter that a port mentions is not an integer.
        ModuleDeclarationError: the class's own `sizes` or `ports_of` failed, or a port mentions an unknown name.
    """
    declared: Signature = cls._declared_ports
    owner = cls.__qualname__
    ports_of = getattr(cls, "ports_of", None)
    if ports_of is not None:
        inputs, outputs = _call_author(owner, "ports_of", ports_of, params)
        declared = Signature(as_ports(inputs, f"{owner}.ports_of"), as_ports(outputs, f"{owner}.ports_of"))
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


def snake_case(name: str) -> str:
    """Name a module after its class: `JasperEncoder` gives `jasper_encoder`, `CTCLossNM` `ctc_loss_nm`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def checked_name(name: str) -> str:
    """Check that a module's name can prefix weights and stand in a file, and return it.

    Raises:
        ParameterError: the name is not an identifier, or several joined by dots.
    """
    if not _NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} cannot be a module's name: it prefixes weights and stands in files.\n"
            "  Use letters, digits and underscores, beginning with a letter."
        )
    return name


__all__ = ["ModuleMeta", "NeuralModule", "Segment", "Signature", "checked_name", "signature_of", "snake_case"]
