"""Explicit views of a value: its axes in another order, or a narrower type claimed for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from nm_types.connecting.calls import CallTyping, type_call
from nm_types.errors import TypeSyntaxError
from nm_types.meanings import Kind, KindVariable
from nm_types.messages import Fix, NeuralTypeError
from nm_types.neural_type import NeuralType
from nm_types.notation import Axis, AxisType, Row, Structure, TagVariable, axis_of
from nm_types.relations import UNRELATED, order_of_axes, order_of_kinds
from nm_types.sizes import Size
from nm_types.solving import Edge

CLAIM = "claim only what can be true of the value: a narrower tag or kind, a number for an open size."


def transposed(edge: Edge, output: str = "y", *, location: str = "") -> CallTyping:
    """Type a transposed value, as in `transpose(tensor, "B Spectrogram T")`.

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
    source = edge.given
    permutation = typing.casts.get(edge.port, tuple(range(len(source.axes))))
    axes = tuple(
        _claim_axis(wanted_axis, source.axes[i], narrow=False)
        for wanted_axis, i in zip(edge.expected.axes, permutation, strict=True)
    )
    output_type = NeuralType(Structure(source.form, axes, source.kind, source.item))
    return replace(typing, outputs={output: output_type})


def assumed(edge: Edge, output: str = "y", *, location: str = "") -> CallTyping:
    """Type a value under a claimed narrower type, as in `assume(tensor, type)`.

    What the edge expects is the claim. It may narrow tags and kinds, add a kind, and give numbers to sizes; sizes that
    it leaves out or only names stay what they are. It may not turn one meaning into another. What a run can see of the
    claim (the number of axes, numbers of sizes, the family of the values) is deferred.

    Returns:
        The typing of the call, its output under the given name.

    Raises:
        NeuralTypeError: the claim contradicts what is known.
        TypeSyntaxError: the claim leaves an axis open.
    """
    source, claim = edge.given, edge.expected
    _refuse_open(claim, "A claim")
    if source.form != "tensor" or claim.form != "tensor":
        if not claim.refines(source):
            with _advice(CLAIM):
                type_call([edge], {}, owner=edge.consumer, location=location)
        typing = type_call([], {output: claim}, owner=edge.consumer, location=location)
        visible_ports = (edge.port,) if claim.form == "tensor" and source.is_root else ()
        return replace(typing, deferred=visible_ports, unchecked=visible_ports)
    source_axes = (*source.axes, *claim.axes[len(source.axes) :])
    axes = tuple(_soften_axis(claimed, actual) for claimed, actual in zip(claim.axes, source_axes, strict=False))
    softened = replace(edge, expected=NeuralType(Structure("tensor", axes, _soften_kind(claim.kind, source.kind))))
    with _advice(CLAIM):
        typing = type_call([softened], {}, owner=edge.consumer, location=location)
    merged = tuple(_claim_axis(claimed, actual) for claimed, actual in zip(claim.axes, source.axes, strict=True))
    made_type = NeuralType(Structure("tensor", merged, _kind(claim.kind, source.kind)))
    return replace(typing, outputs={output: made_type})


@contextmanager
def _advice(text: str) -> Iterator[None]:
    """Replace the fixes of a failing call, which mention modules, by one for views."""
    try:
        yield
    except NeuralTypeError as error:
        fixes = (Fix(text),)
        raise NeuralTypeError([replace(problem, fixes=fixes, alternative="") for problem in error.problems]) from None


def _order(type: NeuralType) -> str:
    return " ".join(str(axis_of(axis.tag, None)) if isinstance(axis, AxisType) else str(axis) for axis in type.axes)


def _refuse_open(type: NeuralType, what: str) -> None:
    if isinstance(type.kind, KindVariable):
        raise TypeSyntaxError(
            f'"{type}": {what.lower()} names the kind of its values or none; {type.kind} stands for any.\n'
            "  Leave it out, or name the kind, as in ; Logits."
        )
    for axis in type.axes:
        if isinstance(axis, Row) or isinstance(axis.tag, TagVariable):
            raise TypeSyntaxError(
                f'"{type}": {what.lower()} names every axis by its tag; {axis} stands for any.\n'
                '  Write each axis out, as in "Batch Channel Time".'
            )


def _soften_axis(claimed: Axis, source: Axis) -> Axis:
    """Relax a claimed axis for checking: the actual tag where the two are related, without symbolic sizes."""
    if not isinstance(claimed, AxisType) or not isinstance(source, AxisType):
        return claimed
    tag = claimed.tag if order_of_axes(claimed, source) == UNRELATED else source.tag
    return axis_of(tag, claimed.size if _is_number(claimed) else None)


def _soften_kind(claimed: Kind | None, source: Kind | None) -> Kind | None:
    """Relax a claimed kind for checking: the actual kind where the two are related, with numeric sizes only."""
    if claimed is None or source is None or order_of_kinds(claimed, source) == UNRELATED:
        return claimed
    # symbolic sizes of a claim belong to no call and say nothing
    numbers = (size if isinstance(size, Size) and size.value is not None else None for size in claimed.sizes)
    return type(source)(*list(numbers)[: len(type(source).parameters)])


def _claim_axis(claimed: Axis, source: Axis, *, narrow: bool = True) -> Axis:
    if not isinstance(claimed, AxisType) or not isinstance(source, AxisType):
        return source
    return axis_of(claimed.tag if narrow else source.tag, claimed.size if _is_number(claimed) else source.size)


def _kind(claimed: Kind | None, source: Kind | None) -> Kind | None:
    if claimed is None or source is None:
        return claimed or source
    sizes = (a if a is not None else source.size(i) for i, a in enumerate(claimed.sizes + (None,) * len(source.sizes)))
    return type(claimed)(*list(sizes)[: len(type(claimed).parameters)])


def _is_number(axis: AxisType) -> bool:
    return isinstance(axis.size, Size) and axis.size.value is not None
