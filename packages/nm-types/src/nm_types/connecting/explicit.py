"""What a user may say explicitly of a value: another order of its axes, and a narrower meaning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from nm_types.connecting.calls import CallTyping, type_call
from nm_types.errors import TypeSyntaxError
from nm_types.meanings import Kind
from nm_types.messages import Fix, NeuralTypeError
from nm_types.neural_type import NeuralType
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, axis
from nm_types.relations import UNRELATED, order_of_axes, order_of_kinds
from nm_types.sizes import Size
from nm_types.solving import Edge

CLAIM = "claim only what can be true of the value: a narrower tag or kind, a number for an open size."


def transposed(edge: Edge, output: str = "y", *, location: str = "") -> CallTyping:
    """Type a value with its axes in another order, as `transpose(tensor, "B Spectrogram T")` needs it.

    What the edge expects names each axis by its tag or by one above it; tags alone decide. The value keeps its tags,
    its sizes and its kind; a number that the order gives to a size is checked.

    Returns:
        The typing of the call, its output under the given name. The permutation is among its casts, under the edge's
        port: axis i of the result is axis `permutation[i]` of the value.

    Raises:
        NeuralTypeError: the tags do not name exactly one order of these axes.
        TypeSyntaxError: the order leaves an axis open.
    """
    _refuse_open(edge.expected, "An order")
    if edge.expected.is_root:
        raise TypeSyntaxError(
            f'"{edge.expected}": an order names every axis by its tag; this names none.\n'
            '  Write each axis out, as in "Batch Channel Time".'
        )
    with _advice(
        f'name each axis of {edge.producer} once, by its tag or one above it: "{_order(edge.given)}" as it is.'
    ):
        typing = type_call([edge], {}, owner=edge.consumer, casts="transpose", location=location)
    given = edge.given
    way = typing.casts.get(edge.port, tuple(range(len(given.axes))))
    axes = tuple(_claimed(mine, given.axes[i], narrow=False) for mine, i in zip(edge.expected.axes, way, strict=True))
    made = NeuralType(Structure(given.form, axes, given.kind, given.item))
    return replace(typing, outputs={output: made})


def assumed(edge: Edge, output: str = "y", *, location: str = "") -> CallTyping:
    """Type a value of which a user claims to know more, as `assume(tensor, type)` needs it.

    What the edge expects is the claim. It may narrow tags and kinds, add a kind, and give numbers to sizes; sizes that
    it leaves out or only names stay what they are. It may not turn one meaning into another. What a run can see of the
    claim (the number of axes, numbers of sizes, the family of the values) is deferred.

    Returns:
        The typing of the call, its output under the given name.

    Raises:
        NeuralTypeError: the claim contradicts what is known.
        TypeSyntaxError: the claim leaves an axis open.
    """
    given, claim = edge.given, edge.expected
    _refuse_open(claim, "A claim")
    if given.form != "tensor" or claim.form != "tensor":
        if not claim.refines(given):
            with _advice(CLAIM):
                type_call([edge], {}, owner=edge.consumer, location=location)
        made = type_call([], {output: claim}, owner=edge.consumer, location=location)
        seen = (edge.port,) if claim.form == "tensor" and given.is_root else ()
        return replace(made, deferred=seen, unchecked=seen)
    known = (*given.axes, *claim.axes[len(given.axes) :])
    axes = tuple(_softened(mine, one) for mine, one in zip(claim.axes, known, strict=False))
    softened = replace(edge, expected=NeuralType(Structure("tensor", axes, _softened_kind(claim.kind, given.kind))))
    with _advice(CLAIM):
        typing = type_call([softened], {}, owner=edge.consumer, location=location)
    merged = tuple(_claimed(mine, one) for mine, one in zip(claim.axes, given.axes, strict=True))
    made_type = NeuralType(Structure("tensor", merged, _kind(claim.kind, given.kind)))
    return replace(typing, outputs={output: made_type})


@contextmanager
def _advice(text: str) -> Iterator[None]:
    """Replace the fixes of a failing call, which speak of modules, by what helps here."""
    try:
        yield
    except NeuralTypeError as error:
        fixes = (Fix(text),)
        raise NeuralTypeError([replace(one, fixes=fixes, alternative="") for one in error.problems]) from None


def _order(given: NeuralType) -> str:
    return " ".join(str(axis(one.tag, None)) if isinstance(one, AxisType) else str(one) for one in given.axes)


def _refuse_open(type: NeuralType, what: str) -> None:
    for one in type.axes:
        if isinstance(one, Row) or isinstance(one.tag, TagVariable):
            raise TypeSyntaxError(
                f'"{type}": {what.lower()} names every axis by its tag; {one} stands for any.\n'
                '  Write each axis out, as in "Batch Channel Time".'
            )


def _softened(mine: Axis, known: Axis) -> Axis:
    """What a claim about an axis asks, apart from a narrower tag: the known tag where the two are related."""
    if not isinstance(mine, AxisType) or not isinstance(known, AxisType):
        return mine
    tag = mine.tag if order_of_axes(mine, known) == UNRELATED else known.tag
    return axis(tag, mine.size if _is_number(mine) else None)


def _softened_kind(mine: Kind | None, known: Kind | None) -> Kind | None:
    """What a claim about the values asks, apart from a narrower kind."""
    if mine is None or known is None or order_of_kinds(mine, known) == UNRELATED:
        return mine
    numbers = (size if isinstance(size, Size) and size.value is not None else None for size in mine.sizes)
    return type(known)(*list(numbers)[: len(type(known).parameters)])


def _claimed(mine: Axis, known: Axis, *, narrow: bool = True) -> Axis:
    if not isinstance(mine, AxisType) or not isinstance(known, AxisType):
        return known
    return axis(mine.tag if narrow else known.tag, mine.size if _is_number(mine) else known.size)


def _kind(mine: Kind | None, known: Kind | None) -> Kind | None:
    if mine is None or known is None:
        return mine or known
    sizes = (a if a is not None else known.size(i) for i, a in enumerate(mine.sizes + (None,) * len(known.sizes)))
    return type(mine)(*list(sizes)[: len(type(mine).parameters)])


def _is_number(one: AxisType) -> bool:
    return isinstance(one.size, Size) and one.size.value is not None
