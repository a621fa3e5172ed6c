"""Views: modules that pass a value on with its axes in another order, or with a narrower type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from nm_core.errors import PortError
from nm_core.modules.module import NeuralModule
from nm_core.symbols.component import CastPolicy, Segment
from nm_core.symbols.parameters import ModuleOptions
from nm_core.symbols.ports import PortSpec, ports
from nm_core.symbols.tensor import NmTensor
from nm_types import CallTyping, Edge, NeuralType, assumed, transposed
from nm_types.frames import boundary


class View(NeuralModule):
    """A module whose output is its input under another type; it runs wherever its value is.

    The transposition of a view, if it has one, is a cast on its input: a backend that applies casts needs no more.
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
        casts: CastPolicy | frozenset[str],
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
        order: each axis of the value by its tag, or by one above it, in their new order: `"B Spectrogram T"`.

    Example:
        >>> from nm_core import NeuralType, inputs
        >>> Transpose(order=NeuralType("B T C"))(inputs(x="B Channel:64 T:t")).type
        NeuralType("Batch Time:inputs.t Channel:64")
    """

    rule = staticmethod(transposed)

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Type the input with the order; the type of the output follows in each call."""
        return ports(x=params["order"]), ports(y="{}")

    def __init__(self, *, order: NeuralType, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)


class Assume(View):
    """The same value under a narrower type than its producer promises.

    When the graph runs, the number of axes, numbers of sizes and the family of the values are checked; the meaning of
    axes and values is believed.

    Args:
        type: the narrower type: narrower tags and kinds, a kind where there was none, numbers for sizes.

    Example:
        >>> from nm_core import NeuralType, inputs
        >>> Assume(type=NeuralType("B WordEmbedding:64"))(inputs(x="B Channel:64")).type
        NeuralType("Batch WordEmbedding:64")
    """

    rule = staticmethod(assumed)

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Type the input with the narrower type."""
        return ports(x=params["type"]), ports(y="{}")

    def __init__(self, *, type: NeuralType, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)


def behind(tensor: NmTensor) -> NmTensor:
    """Return the tensor behind views: the nearest output of a module that is no view."""
    while isinstance(tensor.call.module, View):
        (tensor,) = tensor.call.sources_of_inputs()
    return tensor


@boundary
def transpose(tensor: NmTensor, order: str | NeuralType, *, tags: Iterable[type] = ()) -> NmTensor:
    """Put the axes of a symbolic tensor in another order.

    Args:
        order: each axis by its tag, or by one above it.
        tags: tags of a collection that the order names.

    Raises:
        NeuralTypeError: the tags do not name exactly one order of these axes.

    Example:
        >>> from nm_core import inputs
        >>> transpose(inputs(x="B Spectrogram:64 T:t"), "B T Spectrogram").type
        NeuralType("Batch Time:inputs.t Spectrogram:64")
    """
    return _view(Transpose(order=NeuralType(order, tags=tags)), tensor)


@boundary
def assume(
    tensor: NmTensor, type: str | NeuralType, *, tags: Iterable[type] = (), kinds: Iterable[type] = ()
) -> NmTensor:
    """Narrow the type of a symbolic tensor beyond the promise of its producer.

    Args:
        type: narrower tags and kinds, numbers for sizes; whatever it leaves out stays as it is.
        tags, kinds: those of a collection that the type names.

    Raises:
        NeuralTypeError: the narrower type contradicts the type of the tensor.

    Example:
        >>> from nm_core import inputs
        >>> assume(inputs(x="B Channel:64"), "B WordEmbedding").type
        NeuralType("Batch WordEmbedding:64")
    """
    return _view(Assume(type=NeuralType(type, tags=tags, kinds=kinds)), tensor)


def _view(view: View, tensor: object) -> NmTensor:
    if not isinstance(tensor, NmTensor):
        raise PortError(
            f"{view.name} takes a symbolic tensor, it was given a {type(tensor).__name__}.\n"
            "  Only symbolic tensors have types; real values are reordered by the numbers of their axes."
        )
    result: NmTensor = view(tensor)
    return result
