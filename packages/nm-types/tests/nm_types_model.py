"""Types told a second time: plain models of declared types, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from nm_types_sizes import solutions

from nm_types import Kind, Labels, Logits, NeuralType, Tag, Text, TimeTag, TokenTag


class PhonemeTag(TokenTag, id="asr.Phoneme"):
    """A tag of a collection."""


class StressTag(PhonemeTag, id="prosody.Stress"):
    """A tag of another collection, below a tag of the first."""


class BeatTag(Tag, id="music.Beat"):
    """A tag of a collection with no parent in nm-types."""


class HopTag(TimeTag, id="music.Hop"):
    """A tag of a collection below one of nm-types."""


class Phonemes(Labels, id="asr.Phonemes"):
    """A kind of a collection."""


class Grid(Kind, id="music.Grid", dtype="int", parameters=("bars", "beats")):
    """A kind of a collection with two sizes."""


class Calibrated(Logits, id="music.Calibrated"):
    """A kind of a collection below one without sizes."""


class Hypothesis(Text, id="asr.Hypothesis"):
    """An object kind of a collection."""


TAGS = (PhonemeTag, StressTag, BeatTag, HopTag)
KINDS = (Phonemes, Grid, Calibrated, Hypothesis)
PARENTS = {
    "ProcessedTime": "Time", "music.Hop": "Time", "Spectrogram": "Channel", "Encoded": "Channel",
    "Embedding": "Channel", "WordEmbedding": "Embedding", "asr.Phoneme": "Token", "prosody.Stress": "asr.Phoneme",
    "TokenIds": "Labels", "asr.Phonemes": "Labels", "Attention": "Probs", "music.Calibrated": "Logits",
    "asr.Hypothesis": "Text",
}  # fmt: skip
TOPS = ("Batch", "Time", "Channel", "Token", "Class", "music.Beat")
PARAMETERS = {"Labels": 1, "TokenIds": 1, "asr.Phonemes": 1, "Lengths": 1, "AudioSignal": 1, "music.Grid": 2}
FAMILIES = {"Labels": "int", "Lengths": "int", "music.Grid": "int", "Mask": "bool", "Index": "int", "Text": "object"}
TENSOR_KINDS = (
    "Logits", "LogProbs", "Probs", "Attention", "Mask", "Labels", "TokenIds", "Lengths", "AudioSignal",
    "asr.Phonemes", "music.Grid", "music.Calibrated",
)  # fmt: skip


def chain(name: str) -> list[str]:
    """A tag or a kind and all above it."""
    found = [name]
    while found[-1] in PARENTS:
        found.append(PARENTS[found[-1]])
    return found


def below(name: str) -> list[str]:
    """A tag or a kind and those right below it."""
    return [name, *(child for child, parent in PARENTS.items() if parent == name)]


def family(kind: str) -> str:
    """The family of the numbers of a kind."""
    return FAMILIES.get(chain(kind)[-1], "float")


@dataclass(frozen=True)
class Model:
    """A tensor type: a tag, a variable or a row for each axis with the text of its size, and a kind with its sizes."""

    axes: tuple[tuple[str, str | None], ...]
    kind: str | None = None
    sizes: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        axes = " ".join(tag if size is None else f"{tag}:{size}" for tag, size in self.axes)
        if self.kind is None:
            return axes
        sizes = ",".join("?" if size is None else size for size in self.sizes)
        return f"{axes} ; {self.kind}({sizes})".strip() if sizes else f"{axes} ; {self.kind}".strip()

    @property
    def type(self) -> NeuralType:
        """The same as the type system reads it."""
        return NeuralType(str(self), tags=TAGS, kinds=KINDS)

    @property
    def rows(self) -> list[int]:
        """The places of its rows."""
        return [place for place, (tag, _) in enumerate(self.axes) if tag.startswith("*")]


def belongs(value: Model, port: Model) -> bool:
    """Whether a value with a number for every size is of the type of a port, for some numbers of the port's names."""
    if port.kind is not None and (value.kind is None or port.kind not in chain(value.kind)):
        return False
    of_kind = [(text, int(size)) for text, size in zip(port.sizes, value.sizes, strict=False) if text and size]
    return any(
        next(solutions([*asked, *of_kind], 60), None) is not None
        for asked in _axis_texts(value.axes, port)
        if asked is not None
    )


def tags_fit(tags: Sequence[str], port: Model) -> bool:
    """Whether axes with some tags, in this order, are what a port asks for, for some way of laying its rows."""
    return any(asked is not None for asked in _axis_texts([(tag, "1") for tag in tags], port))


def _axis_texts(axes: Sequence[tuple[str, str | None]], port: Model) -> list[list[tuple[str, int]] | None]:
    """What a port asks of some axes, for every way in which its rows may take some of them."""
    left = len(axes) - len(port.axes) + len(port.rows)
    if left < 0 or (not port.rows and left):
        return []
    lengths = product(range(left + 1), repeat=len(port.rows))
    return [_asked(axes, port, own) for own in lengths if sum(own) == left or not port.rows]


def _asked(axes: Sequence[tuple[str, str | None]], port: Model, lengths: Sequence[int]) -> list[tuple[str, int]] | None:
    asked: list[tuple[str, int]] = []
    met: dict[str, str] = {}
    place, row = 0, 0
    for tag, size in port.axes:
        if tag.startswith("*"):
            place, row = place + lengths[row], row + 1
            continue
        own, number = axes[place][0], int(axes[place][1] or 0)
        name, _, bound = tag.partition("<=")
        if tag.startswith("'"):
            common = next((one for one in chain(own) if one in chain(met.get(name, own))), None)
            if common is None or (bound and bound not in chain(own)):
                return None
            met[name] = common
        elif tag not in chain(own):
            return None
        if size is None and tag == "Batch":
            asked.append(("batch__", number))
        elif size not in (None, "?"):
            asked.append((str(size), number))
        place += 1
    return asked
