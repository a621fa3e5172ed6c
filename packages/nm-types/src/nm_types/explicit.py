"""What a user may say explicitly: another order of the axes, and a narrower meaning."""

from __future__ import annotations

from nm_types.connect import type_call
from nm_types.edge import Edge
from nm_types.kinds import Kind
from nm_types.matching import Permutation
from nm_types.neural_type import NeuralType
from nm_types.orders import UNRELATED, order_of_axes, order_of_kinds
from nm_types.sizes import Size
from nm_types.structure import Axis, AxisType, Structure, axis


def transposed(given: NeuralType, order: NeuralType, *, location: str = "") -> tuple[NeuralType, Permutation]:
    """A type with its axes in another order, as `transpose(tensor, "B Spectrogram T")` needs it.

    The order names each axis by its tag or by one above it; tags alone decide.

    Returns:
        The type, and the permutation: axis i of the result is axis `permutation[i]` of the value.

    Raises:
        NeuralTypeError: the tags do not name exactly one order of these axes.
    """
    edge = Edge("transpose", "order", "value", order, given)
    typing = type_call([edge], {}, owner="transpose", casts="transpose", location=location)
    way = typing.casts.get("order", tuple(range(len(given.axes))))
    return NeuralType(Structure(given.form, tuple(given.axes[i] for i in way), given.kind, given.item)), way


def assumed(given: NeuralType, claim: NeuralType, *, location: str = "") -> NeuralType:
    """The type of a value of which a user claims to know more, as `assume(tensor, type)` needs it.

    A claim may narrow tags and kinds, add a kind, and give numbers to sizes; sizes that it leaves out or only names
    stay what they are. It may not turn one meaning into another.

    Raises:
        NeuralTypeError: the claim contradicts what is known.
    """
    if given.form != "tensor" or claim.form != "tensor":
        if not claim.refines(given):
            type_call([Edge("assume", "type", "value", claim, given)], {}, owner="assume", location=location)
        return claim
    known = (*given.axes, *claim.axes[len(given.axes) :])
    axes = tuple(_softened(mine, one) for mine, one in zip(claim.axes, known, strict=False))
    kind = given.kind if order_of_kinds(claim.kind, given.kind) != UNRELATED else claim.kind
    edge = Edge("assume", "type", "value", NeuralType(Structure("tensor", axes, kind)), given)
    type_call([edge], {}, owner="assume", location=location)
    merged = tuple(_claimed(mine, one) for mine, one in zip(claim.axes, given.axes, strict=True))
    return NeuralType(Structure("tensor", merged, _kind(claim.kind, given.kind)))


def _softened(mine: Axis, known: Axis) -> Axis:
    """What a claim about an axis asks, apart from a narrower tag: the known tag where the two are related."""
    if not isinstance(mine, AxisType) or not isinstance(known, AxisType):
        return mine
    tag = mine.tag if order_of_axes(mine, known) == UNRELATED else known.tag
    return axis(tag, mine.size if _is_number(mine) else None)


def _claimed(mine: Axis, known: Axis) -> Axis:
    if not isinstance(mine, AxisType) or not isinstance(known, AxisType):
        return known
    return axis(mine.tag, mine.size if _is_number(mine) else known.size)


def _kind(mine: Kind | None, known: Kind | None) -> Kind | None:
    if mine is None or known is None:
        return mine or known
    sizes = (a if a is not None else known.size(i) for i, a in enumerate(mine.sizes + (None,) * len(known.sizes)))
    return type(mine)(*list(sizes)[: len(type(mine).parameters)])


def _is_number(one: AxisType) -> bool:
    return isinstance(one.size, Size) and one.size.value is not None
