"""Kinds of values: nominal, with a single parent, a dtype family and sizes of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, SupportsIndex

from nm_types.errors import DefinitionError, TypeSyntaxError
from nm_types.frames import boundary
from nm_types.frozen import Frozen, fill
from nm_types.meanings.nominal import Nominal, declare
from nm_types.sizes import Expression, Size, parse_size

FAMILIES = ("float", "int", "bool", "object")


class Kind(Frozen, metaclass=Nominal):
    """The kind of values a tensor holds; subclass to declare a kind, an instance carries its sizes.

    `Labels(29)`, `Lengths("t")`; a size that is left out is unknown. `class Hypothesis(Text, id="asr.Hypothesis"): ...`
    declares an object kind, for values that are no tensors.

    Attributes:
        id: the qualified id, `nm.LogProbs`.
        chain: the ids from the root down to this kind.
        dtype: the family of its numbers: float, int, bool, or object for values that are no tensors.
        parameters: what each of its sizes means.
        linear: whether sums and multiples of such values are of this kind, as those of logits are and those of
            probabilities are not.
        formerly: ids that the kind had before, which notations may still name.

    Example:
        >>> class Phonemes(Labels, id="asr.Phonemes"): ...
        >>> Phonemes(41), Phonemes.is_a(Labels)
        (asr.Phonemes(41), True)
    """

    __slots__ = ("sizes",)

    id: ClassVar[str] = "Kind"
    chain: ClassVar[tuple[str, ...]] = ("Kind",)
    short: ClassVar[str] = ""
    formerly: ClassVar[tuple[str, ...]] = ()
    dtype: ClassVar[str] = "float"
    parameters: ClassVar[tuple[str, ...]] = ()
    linear: ClassVar[bool] = False

    sizes: tuple[Expression | None, ...]

    @boundary
    def __init_subclass__(
        cls,
        *,
        id: str | None = None,
        dtype: str | None = None,
        parameters: tuple[str, ...] | None = None,
        formerly: tuple[str, ...] = (),
        linear: bool | None = None,
    ) -> None:
        declare(cls, "Kind", id, formerly)
        inherited = cls.dtype if len(cls.chain) > 2 else None
        if dtype is not None and (dtype not in FAMILIES or inherited not in (None, dtype)):
            expected = " or ".join(FAMILIES) if inherited is None else f"{inherited}, as its parent's"
            raise DefinitionError(f'{cls.id}: the dtype family is {expected}; it says "{dtype}".')
        cls.dtype = dtype or inherited or "float"
        if linear is not None:
            cls.linear = linear
        if parameters is not None:
            if parameters[: len(cls.parameters)] != cls.parameters:
                raise DefinitionError(
                    f"{cls.id}: its sizes {parameters} must begin with those of its parent, {cls.parameters}."
                )
            cls.parameters = parameters

    def __init__(self, *sizes: SupportsIndex | str | Expression | None) -> None:
        kind = type(self)
        if len(sizes) > len(kind.parameters):
            takes = ", ".join(kind.parameters) or "none"
            raise DefinitionError(f"{kind.text} has {len(kind.parameters)} sizes ({takes}); {len(sizes)} are given.")
        read = _known([_size(size) for size in sizes])
        for what, size in zip(kind.parameters, read, strict=False):
            if isinstance(size, Size) and size.value is not None and size.value < 1:
                raise TypeSyntaxError(f"{kind.text}: the {what} is a whole number of at least 1, got {size}.")
        fill(self, "sizes", read)

    def size(self, index: int) -> Expression | None:
        """Return one of its sizes, or None if it is unknown."""
        return self.sizes[index] if index < len(self.sizes) else None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Kind):
            return type(self).chain == type(other).chain and self.sizes == other.sizes
        return NotImplemented

    def __hash__(self) -> int:
        return hash((type(self), self.sizes))

    def __reduce__(self) -> tuple[type[Kind], tuple[Expression | None, ...]]:
        return type(self), self.sizes

    def __str__(self) -> str:
        said = [None if isinstance(size, Size) and size.is_implicit else size for size in self.sizes]
        sizes = ["?" if size is None else str(size) for size in _known(said)]
        return f"{type(self).text}({','.join(sizes)})" if sizes else type(self).text

    __repr__ = __str__


class KindVariable(Kind, id="nm.KindVariable"):
    """A kind that each call decides, `'K`: the nearest one that all values which meet it have in common.

    On an output, `sum('K)` is the kind of sums and multiples of such values: `'K` where that is linear, else features.

    Example:
        >>> KindVariable("K"), KindVariable("K", summed=True)
        ('K, sum('K))
    """

    __slots__ = ("name", "summed")

    name: str
    summed: bool

    def __init__(self, name: str, *, summed: bool = False) -> None:
        super().__init__()
        fill(self, "name", name)
        fill(self, "summed", summed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, KindVariable) and (other.name, other.summed) == (self.name, self.summed)

    def __hash__(self) -> int:
        return hash((KindVariable, self.name, self.summed))

    def __reduce__(self) -> Any:
        return _variable, (self.name, self.summed)

    def __str__(self) -> str:
        return f"sum('{self.name})" if self.summed else f"'{self.name}"

    __repr__ = __str__


def _variable(name: str, summed: bool) -> KindVariable:
    return KindVariable(name, summed=summed)


def kind_of(kind: type[Kind], sizes: Iterable[Size | None]) -> Kind:
    """Build a kind from computed sizes without checks, so that a message can show a size below 1."""
    instance = object.__new__(kind)
    fill(instance, "sizes", _known(list(sizes)))
    return instance


def _known(sizes: list[Expression | None]) -> tuple[Expression | None, ...]:
    """Drop unknown sizes at the end: leaving a size out means the same as `?`."""
    while sizes and sizes[-1] is None:
        sizes.pop()
    return tuple(sizes)


def _size(value: SupportsIndex | str | Expression | None) -> Expression | None:
    if value is None or value == "?":
        return None
    if isinstance(value, str):
        return parse_size(value)
    return value if isinstance(value, Expression) else Size(value)


class AudioSignal(Kind, id="nm.AudioSignal", parameters=("rate",), linear=True):
    """Samples of a waveform between -1 and 1, at a rate in hertz."""


class Features(Kind, id="nm.Features", linear=True):
    """Real-valued features: the energies of a spectrogram, the hidden states of a network."""


class Logits(Kind, id="nm.Logits", linear=True):
    """Scores that a softmax turns into probabilities."""


class LogProbs(Kind, id="nm.LogProbs"):
    """Logarithms of probabilities that sum to one."""


class Probs(Kind, id="nm.Probs"):
    """Probabilities that sum to one."""


class Attention(Probs, id="nm.Attention"):
    """Attention weights of each output position over the input positions."""


class Loss(Kind, id="nm.Loss", linear=True):
    """A value to minimise in training."""


class Labels(Kind, id="nm.Labels", dtype="int", parameters=("classes",)):
    """Class indices from 0 up to the number of classes, which is the size; -1 where a position is left out."""


class TokenIds(Labels, id="nm.TokenIds"):
    """Token ids of a tokenizer, padding included; the size is that of the vocabulary."""


class NextTokenIds(Labels, id="nm.NextTokenIds"):
    """The token id that follows at each position, which a language model is to predict: the labels of its loss."""


class Lengths(Kind, id="nm.Lengths", dtype="int", parameters=("length",)):
    """The number of valid positions in each sample; the size is that of the axis they measure."""


class Index(Kind, id="nm.Index", dtype="int"):
    """Indices of samples in a data set."""


class Mask(Kind, id="nm.Mask", dtype="bool"):
    """True at valid positions, False at padding."""


class Text(Kind, id="nm.Text", dtype="object"):
    """Text, one string per sample."""


KINDS: tuple[type[Kind], ...] = (
    AudioSignal,
    Features,
    Logits,
    LogProbs,
    Probs,
    Attention,
    Loss,
    Labels,
    TokenIds,
    NextTokenIds,
    Lengths,
    Index,
    Mask,
    Text,
)
"""The kinds that nm-types declares; each can be named in a notation without its namespace."""
