"""`NeuralModule`: a component with typed ports and frozen parameters, callable on symbols and on values."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, Unpack

from nm_core.errors import ModuleDeclarationError
from nm_core.modules.metaclass import ModuleIdentity, ModuleMeta
from nm_core.symbols import recording
from nm_core.symbols.component import CastPolicy, Segment
from nm_core.symbols.parameters import FrozenParams, ModuleOptions
from nm_core.symbols.ports import PortSpec
from nm_core.symbols.tensor import Call
from nm_types import CallTyping, Edge, NeuralType, NmError, type_call
from nm_types.frames import hide

if TYPE_CHECKING:  # the standard library has defaults of type variables from Python 3.13 on
    from typing_extensions import TypeVar as TypeVarWithDefault

    OutputsT = TypeVarWithDefault("OutputsT", default=Any)
else:
    OutputsT = TypeVar("OutputsT")


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

    _nm: ModuleIdentity

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
        if not hasattr(self, "forward"):  # no method here, so that another base class may bring it
            raise ModuleDeclarationError(f"{type(self).__qualname__} does not implement forward.")
        return self._wrap_result(self.forward(**values))

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

    def _wrap_result(self, result: Any) -> OutputsT:
        if len(self.outputs) > 1 and type(result) is tuple:  # a named tuple of the author's stays as it is
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
