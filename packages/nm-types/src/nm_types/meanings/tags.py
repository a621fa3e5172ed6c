"""Tags, the meanings of axes: nominal, with a single parent; collections add theirs by subclassing."""

from __future__ import annotations

from typing import ClassVar

from nm_types.errors import DefinitionError
from nm_types.frames import boundary
from nm_types.meanings.nominal import Nominal, declare


class Tag(metaclass=Nominal):
    """The meaning of an axis; subclass to declare a tag, with an id in your collection's namespace.

    `class PhonemeTag(TokenTag, id="asr.Phoneme"): ...` is printed `asr.Phoneme` and accepted wherever a `Token` is.
    A tag is its class; it has no instances.

    Example:
        >>> class PhonemeTag(TokenTag, id="asr.Phoneme"): ...
        >>> PhonemeTag.is_a(TokenTag), PhonemeTag.text
        (True, 'asr.Phoneme')

    Attributes:
        id: the qualified id, `asr.Phoneme`.
        chain: the ids from the root down to this tag; equality and hash use it.
        short: a one-letter alias in the string notation, or nothing.
        formerly: ids that the tag had before, which notations may still name.
        meaning: what sizes of such axes measure: the id at the top of the tree, `nm.Channel` of `nm.Spectrogram`; below
            it, behind a `>`, that of a tag whose sizes are never those of its siblings.
    """

    id: ClassVar[str] = "Tag"
    chain: ClassVar[tuple[str, ...]] = ("Tag",)
    meaning: ClassVar[str] = ""
    short: ClassVar[str] = ""
    formerly: ClassVar[tuple[str, ...]] = ()

    @boundary
    def __init_subclass__(
        cls, *, id: str | None = None, short: str = "", formerly: tuple[str, ...] = (), own_size: bool = False
    ) -> None:
        declare(cls, "Tag", id, formerly)
        cls.short = short
        above = cls.__bases__[0].meaning or cls.id  # type: ignore[attr-defined]
        cls.meaning = f"{above}>{cls.id}" if own_size else above

    def __init__(self) -> None:
        name = type(self).__name__
        raise DefinitionError(f"{name} is a tag and has no instances: write AxisType({name}).")


class BatchTag(Tag, id="nm.Batch", short="B"):
    """The samples of a batch; without a size, all batch axes of one call are of one size."""


class TimeTag(Tag, id="nm.Time", short="T"):
    """Steps in time: samples of a signal or frames of a spectrogram."""


class ProcessedTimeTag(TimeTag, id="nm.ProcessedTime"):
    """Steps in time after a network has changed their rate."""


class TokenTag(Tag, id="nm.Token"):
    """Positions in a sequence of symbols: characters, word pieces, labels of a transcript."""


class SourceTokenTag(TokenTag, id="nm.SourceToken", own_size=True):
    """Positions in the sequence that a model reads, such as the sentence to translate."""


class TargetTokenTag(TokenTag, id="nm.TargetToken", own_size=True):
    """Positions in the sequence that a model writes, such as the translation; never as many as it reads."""


class ChannelTag(Tag, id="nm.Channel", short="C"):
    """Features of one position, of any meaning."""


class SpectrogramTag(ChannelTag, id="nm.Spectrogram"):
    """The frequency bands of a spectrogram."""


class EmbeddingTag(ChannelTag, id="nm.Embedding"):
    """A learned vector for something."""


class WordEmbeddingTag(EmbeddingTag, id="nm.WordEmbedding"):
    """A learned vector for a word."""


class ImageEmbeddingTag(EmbeddingTag, id="nm.ImageEmbedding"):
    """A learned vector for an image."""


class EncodedTag(ChannelTag, id="nm.Encoded"):
    """Features computed by an encoder."""


class ClassTag(Tag, id="nm.Class"):
    """One entry for each class of a classifier, or each symbol of a vocabulary."""


class HeightTag(Tag, id="nm.Height", short="H"):
    """Rows of an image."""


class WidthTag(Tag, id="nm.Width", short="W"):
    """Columns of an image."""


TAGS: tuple[type[Tag], ...] = (
    BatchTag,
    TimeTag,
    ProcessedTimeTag,
    TokenTag,
    SourceTokenTag,
    TargetTokenTag,
    ChannelTag,
    SpectrogramTag,
    EmbeddingTag,
    WordEmbeddingTag,
    ImageEmbeddingTag,
    EncodedTag,
    ClassTag,
    HeightTag,
    WidthTag,
)
"""The tags that nm-types declares; each can be named in a notation without its namespace."""
