"""`NeuralType`: the type of a port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from typing import Any, cast

from nm_types.errors import BindingError, NmError, TypeSyntaxError
from nm_types.frames import boundary, hide
from nm_types.frozen import fill
from nm_types.meanings import Kind, Tag
from nm_types.notation import Axis, AxisType, Form, Row, Structure, Unknown, check_axes, from_dict, parse, to_dict
from nm_types.relations import Comparison, compare, refines
from nm_types.sizes import OutputSize, Size, bind, parameters_of


class NeuralType(Structure):
    """The type of a value: the meaning, order and sizes of its axes, and its kind; immutable and hashable.

    `NeuralType("B Spectrogram:64 T:t")`, `NeuralType("B T:t Class:{num_classes} ; LogProbs")`,
    `NeuralType("object Text")`, `NeuralType("list[object Text]")`, `NeuralType({})` for any value at all, and the
    paper's form `NeuralType({0: AxisType(BatchTag), 1: AxisType(SpectrogramTag, 64)}, kind=LogProbs)`.

    Args:
        spec: the string notation, a mapping from positions to axes, or another type.
        kind: the kind of the values, a class or an instance with sizes, where the notation does not name it.
        tags: tags besides those of nm-types that the string may name.
        kinds: kinds besides those of nm-types that the string may name.

    Raises:
        TypeSyntaxError: the notation has no meaning.
        UnknownNameError: it names a tag or a kind that is not in scope.

    Example:
        >>> port = NeuralType("B Channel:{feat_in} T:t")
        >>> port.rank, sorted(port.parameters)
        (3, ['feat_in'])
        >>> port.bind({"feat_in": 64})
        NeuralType("Batch Channel:64 Time:t")
        >>> NeuralType("B T Spectrogram:64").compare(NeuralType("B Spectrogram:64 T"))
        <Comparison.TRANSPOSE_SAME: ...>
    """

    __slots__ = ("_parameters",)

    item: NeuralType | None
    _parameters: frozenset[str] | None

    def __init__(
        self,
        spec: str | Mapping[int, AxisType] | Structure,
        *,
        kind: Kind | type[Kind] | None = None,
        tags: Iterable[type[Tag]] = (),
        kinds: Iterable[type[Kind]] = (),
    ) -> None:
        try:
            # a type is accepted as well, so that code may take either form
            read = spec if isinstance(spec, Structure) else _read(spec, kind, tuple(tags), tuple(kinds))
            if kind is not None and not isinstance(spec, Mapping):
                read = _of_kind(read, kind)
        except NmError as error:
            hide(error)
            raise
        self._fill(read.form, read.axes, read.kind, None if read.item is None else NeuralType(read.item))
        fill(self, "_parameters", None)

    @property
    def is_root(self) -> bool:
        """Whether it is `{}`, the type of any value at all."""
        return self.form == "root"

    @property
    def is_object(self) -> bool:
        """Whether its values are no tensors, as in `object Text`."""
        return self.form == "object"

    @property
    def is_list(self) -> bool:
        """Whether it is `list[...]`."""
        return self.form == "list"

    @property
    def rank(self) -> int | None:
        """The number of axes; None where it is open (root, rows) or has no meaning (objects, lists)."""
        fixed = self.form == "tensor" and not any(isinstance(axis, Row) for axis in self.axes)
        return len(self.axes) if fixed else None

    @property
    def parameters(self) -> frozenset[str]:
        """The constructor parameters in its sizes: `feat_in` of `Encoded:{feat_in}`."""
        if self._parameters is None:
            names = frozenset(name for size in self.all_sizes() for name in parameters_of(size))
            fill(self, "_parameters", names)
        return cast("frozenset[str]", self._parameters)

    @boundary
    def bind(self, parameters: Mapping[str, object]) -> NeuralType:
        """Substitute the values of constructor parameters for the names in braces.

        Raises:
            BindingError: a parameter is missing, is no size, or gives a size below 1.
        """
        if not self.parameters:
            return self
        numbers = tuple((name, parameters.get(name)) for name in self.parameters)
        # plain numbers only: a size of a call must not outlive its graph, and True is no 1
        if all(type(value) is int for _, value in numbers):
            return _bind_numbers(self, numbers)
        return _bind(self, parameters)

    def compare(self, other: Structure) -> Comparison:
        """Compare this type, of an output, with the type of an input; one of six results."""
        return compare(self, other)

    def refines(self, other: Structure) -> bool:
        """Return whether every value of this type is also of the other: a partial order with `{}` on top."""
        return refines(self, other)

    def to_dict(self) -> dict[str, Any]:
        """Convert the declared type to plain data with qualified ids."""
        return to_dict(self)

    @classmethod
    def from_dict(
        cls, data: Mapping[str, Any], *, tags: Iterable[type[Tag]] = (), kinds: Iterable[type[Kind]] = ()
    ) -> NeuralType:
        """Read a type from the plain data of `to_dict`."""
        return cls(from_dict(data, tuple(tags), tuple(kinds)))

    def __copy__(self) -> NeuralType:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> NeuralType:
        """Itself, unless its sizes belong to a call: those move together with the graph that is copied."""
        # a type without output sizes is immutable and shared
        if not _speaks_of_calls(self):
            return self
        return _rebuild(*deepcopy((self.form, self.axes, self.kind, self.item), memo))

    def __reduce__(self) -> tuple[object, tuple[Form, tuple[Axis, ...], Kind | None, Structure | None]]:
        return _rebuild, (self.form, self.axes, self.kind, self.item)


def _bind(type: NeuralType, parameters: Mapping[str, object]) -> NeuralType:
    if type.item is not None:
        return NeuralType(Structure("list", item=_bind(type.item, parameters)))
    axes = tuple(_bind_axis(axis, parameters) for axis in type.axes)
    kind = type.kind
    if kind is not None and kind.sizes:
        kind = _bind_kind(kind, parameters)
    return NeuralType(Structure(type.form, axes, kind))


@lru_cache(maxsize=1024)
def _bind_numbers(type: NeuralType, numbers: tuple[tuple[str, object], ...]) -> NeuralType:
    return _bind(type, dict(numbers))


def _rebuild(form: Form, axes: tuple[Axis, ...], kind: Kind | None, item: Structure | None) -> NeuralType:
    return NeuralType(Structure(form, axes, kind, item))


def _speaks_of_calls(type: NeuralType) -> bool:
    sizes = (size for size in type.all_sizes() if isinstance(size, Size))
    return any(isinstance(symbol, OutputSize) for size in sizes for symbol in size.symbols())


def _read(
    spec: object, kind: Kind | type[Kind] | None, tags: tuple[type[Tag], ...], kinds: tuple[type[Kind], ...]
) -> Structure:
    if isinstance(spec, str):
        return parse(spec, tags, kinds)
    if isinstance(spec, Mapping):
        return _from_axes(spec, kind)
    raise TypeSyntaxError(
        f"NeuralType({spec!r}): expected a string, a mapping from positions to axes,\n"
        f"  or a type; got {type(spec).__name__}."
    )


def _of_kind(read: Structure, kind: Kind | type[Kind]) -> Structure:
    if read.kind is not None or read.form != "tensor":
        raise TypeSyntaxError(f'NeuralType("{read}", kind=...): the kind is given twice or has no place here.')
    return Structure("tensor", read.axes, _kind(kind))


def _kind(kind: Kind | type[Kind]) -> Kind:
    return kind if isinstance(kind, Kind) else kind()


def _from_axes(axes: Mapping[int, AxisType], kind: Kind | type[Kind] | None) -> Structure:
    if not axes and kind is None:
        return Structure("root")
    instance = None if kind is None else _kind(kind)
    if not axes and instance is not None and instance.dtype == "object":
        return Structure("object", kind=instance)
    if sorted(axes) != list(range(len(axes))):
        positions = ", ".join(map(str, axes))
        raise TypeSyntaxError(f"NeuralType({{...}}): the positions are 0 to {len(axes) - 1}; got {positions}.")
    ordered = tuple(axes[position] for position in range(len(axes)))
    for axis in ordered:
        if not isinstance(axis, AxisType | Row):
            raise TypeSyntaxError(f"NeuralType({{...}}): expected AxisType(TimeTag) or the like, got {axis!r}.")
    if instance is not None and instance.dtype == "object":
        raise TypeSyntaxError(f"NeuralType({{...}}, kind={instance}): {instance} is no tensor and has no axes.")
    check_axes(ordered, " ".join(map(str, ordered)))
    return Structure("tensor", ordered, instance)


def _bind_kind(kind: Kind, parameters: Mapping[str, object]) -> Kind:
    try:
        return type(kind)(*(None if size is None else bind(size, parameters) for size in kind.sizes))
    except TypeSyntaxError as error:
        raise BindingError(f"{kind} has no usable value.\n  {error.message}") from None


def _bind_axis(axis: Axis, parameters: Mapping[str, object]) -> Axis:
    if isinstance(axis, Row) or axis.size is None or isinstance(axis.size, Unknown):
        return axis
    try:
        return AxisType(axis.tag, bind(axis.size, parameters))
    except TypeSyntaxError as error:
        raise BindingError(f"{axis.tag.text}:{axis.size} has no usable value.\n  {error.message}") from None
