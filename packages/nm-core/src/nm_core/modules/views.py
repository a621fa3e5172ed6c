"""What a user says explicitly of a tensor, visible in the graph: another order of its axes, a narrower meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from nm_core.errors import PortError
from nm_core.modules.module import NeuralModule, Segment
from nm_core.symbols import recording
from nm_core.symbols.parameters import ModuleOptions
from nm_core.symbols.ports import PortSpec, ports
from nm_core.symbols.tensor import NmTensor
from nm_types import CallTyping, Edge, NeuralType, assumed, transposed
from nm_types.frames import boundary


class View(NeuralModule):
    """A module that passes its value on and only says something about it; it runs wherever its value is.

    What it does to the value, if anything, is a cast on its input: a backend that applies casts has nothing more to do.
    """

    segment: ClassVar[Segment] = "view"
    input_ports = ports(x="{}")
    output_ports = ports(y="{}")
    rule: ClassVar[Callable[..., CallTyping]]
    """Judges a call from its one edge, whatever the policy about casts."""

    @boundary
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Record a call on a symbolic tensor.

        Raises:
            PortError: a real value, whose axes have no names.
        """
        if not self._is_symbolic_call(args, kwargs):
            raise PortError(
                f"{self.name} speaks of named axes, and a real value has none.\n"
                "  Call it on symbolic tensors; reorder the axes of a real one by their numbers."
            )
        return self._record(args, kwargs)

    def forward(self, x: Any) -> Any:
        """Return the value as it is."""
        return x

    @classmethod
    def type_edges(
        cls,
        edges: Sequence[Edge],
        outputs: Mapping[str, NeuralType],
        *,
        owner: str,
        casts: recording.CastPolicy | frozenset[str],
        location: str,
    ) -> CallTyping:
        """Judge a call by the rule of the view; raises as that does, and `PortError` for a constant."""
        if not edges:
            raise PortError(
                f"{owner} speaks of named axes, and a constant has none.\n"
                "  Give it the output of a module, or leave it out."
            )
        return cls.rule(edges[0], "y", location=location)


class Transpose(View):
    """The same value with its axes in another order.

    Args:
        order: each axis of the value by its tag, or by one above it, in the order wanted: `"B Spectrogram T"`.
    """

    rule = staticmethod(transposed)

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, the input in the order asked for; what comes out is known in each call."""
        return ports(x=params["order"]), ports(y="{}")

    def __init__(self, *, order: NeuralType, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)


class Assume(View):
    """The same value, of which more is claimed than its producer promises.

    What a run can see of the claim (the number of axes, numbers of sizes, the family of the values) is checked when
    the graph runs; what axes and values mean is believed.

    Args:
        type: the type claimed: narrower tags and kinds, a kind where there was none, numbers for sizes.
    """

    rule = staticmethod(assumed)

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, the input with the claim."""
        return ports(x=params["type"]), ports(y="{}")

    def __init__(self, *, type: NeuralType, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)


def behind(tensor: NmTensor) -> NmTensor:
    """Return the tensor that a view shows; itself where it is the output of another module."""
    while isinstance(tensor.call.module, View):
        (tensor,) = tensor.call.sources_of_inputs()
    return tensor


@boundary
def transpose(tensor: NmTensor, order: str | NeuralType, *, tags: Iterable[type] = ()) -> NmTensor:
    """Return a symbolic tensor with its axes in another order: `transpose(features, "B Spectrogram T")`.

    Args:
        order: each axis by its tag, or by one above it.
        tags: tags of a collection that the order names.

    Raises:
        NeuralTypeError: the tags do not name exactly one order of these axes.
    """
    return _viewed(Transpose(order=NeuralType(order, tags=tags)), tensor)


@boundary
def assume(
    tensor: NmTensor, type: str | NeuralType, *, tags: Iterable[type] = (), kinds: Iterable[type] = ()
) -> NmTensor:
    """Return a symbolic tensor of which more is claimed than its producer promises: `assume(x, "B WordEmbedding")`.

    Args:
        type: narrower tags and kinds, numbers for sizes; what it leaves out stays as it is.
        tags, kinds: those of a collection that the type names.

    Raises:
        NeuralTypeError: the claim contradicts what is known.
    """
    return _viewed(Assume(type=NeuralType(type, tags=tags, kinds=kinds)), tensor)


def _viewed(view: View, tensor: object) -> NmTensor:
    if not isinstance(tensor, NmTensor):
        raise PortError(
            f"{view.name} takes a symbolic tensor, it was given a {type(tensor).__name__}.\n"
            "  Only symbolic tensors have types; real values are reordered by the numbers of their axes."
        )
    result: NmTensor = view(tensor)
    return result
