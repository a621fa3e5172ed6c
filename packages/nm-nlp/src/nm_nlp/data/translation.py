"""The data layer of translation: parallel text in micro-batches of token ids.

Legend: B sentences, S source positions, T target positions.
"""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Unpack

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor

from nm_core import ModuleOptions, NonNegativeInt, PositiveInt, Range
from nm_core.symbols.ports import PortSpec, ports
from nm_nlp.data.batch import make_mask, pad_ids
from nm_nlp.data.parallel_text import Ids, TokenStore, check_line_counts, filter_pairs
from nm_nlp.data.text_lines import warn_of_composed
from nm_nlp.errors import LeftOutWarning, ParallelTextError, TokenizerError
from nm_torch.common.tokenizers.files import load_tokenizer
from nm_torch.data import Batching, DataLayer, check_limits
from nm_torch.data.shared_array import SharedArray


class SentencePair(NamedTuple):
    """The token ids of one line of both files, and its number, counted from 0."""

    source: Ids
    target: Ids
    line: int


class TranslationBatch(NamedTuple):
    """Token ids of both sides with their masks, the next target token at each position, and line numbers."""

    src: Any
    src_mask: Any
    tgt: Any
    tgt_mask: Any
    labels: Any
    sent_ids: Any


class TranslationDataLayer(DataLayer[TranslationBatch]):
    r"""A data layer of parallel text: two text files whose lines are translations of each other.

    Every source ends with the end symbol; `tgt` begins with the beginning symbol and `labels` ends with the end symbol,
    so that `labels` is `tgt` one position later. All are int64, padded on the right with the tokenizer's padding id;
    masks are boolean, true at real tokens; `sent_ids` are line numbers in the files, counted from 0.

    Batches hold `batch_size` pairs, or as many as `batch_tokens` allows: pairs times the longer side of the longest
    pair, end symbol included. With `bucketing` pairs of like length stand together.

    Args:
        source: file of source sentences, one a line, UTF-8.
        target: file of their translations.
        source_tokenizer: file of the source's tokenizer.
        target_tokenizer: file of the target's tokenizer; that of the source where not given.
        batch_size: pairs of a batch, at most.
        batch_tokens: size of a padded batch on its longer side, at most, in tokens.
        shuffle: another order in each epoch.
        bucketing: put pairs of like length together.
        max_length: leave out pairs with a side of more tokens.
        max_ratio: leave out pairs whose longer side has more than so many times the tokens of the shorter one.
        source_vocabulary: the number of source ids that the model is made for; checked against the tokenizer, and part
            of the type of `src`. Where it is not given, a graph still holds all its uses to one number.
        target_vocabulary: the same for the target.
        workers: processes that read ahead.

    Attributes:
        filtered: the numbers of pairs that were kept and left out; pairs with an empty side are always left out. A
            warning gives them, too.

    Raises:
        ParallelTextError: a file cannot be read, the files differ in their number of lines, or nothing is left.
        TokenizerError: a tokenizer cannot be read or is not of the size given.

    Example:
        >>> from nm_nlp import train_tokenizer
        >>> for language, text in (("en", "one two\ntwo\n"), ("de", "eins zwei\nzwei\n")):
        ...     _ = Path(f"text.{language}").write_text(text)
        ...     train_tokenizer("word", text.splitlines()).save(f"{language}.json")
        >>> layer = TranslationDataLayer(
        ...     source="text.en",
        ...     target="text.de",
        ...     source_tokenizer="en.json",
        ...     target_tokenizer="de.json",
        ...     batch_size=2,
        ... )
        >>> pairs = [layer.sample(index, numpy.random.default_rng(0)) for index in range(len(layer))]
        >>> src, src_mask, tgt, tgt_mask, labels, sent_ids = layer.collate(pairs)
        >>> src, sent_ids
        (tensor([[5, 4, 2],
                [4, 2, 0]]), tensor([0, 1]))
    """

    input_ports = ports()
    output_ports = ports(
        src="B SourceToken:s ; TokenIds(source_vocabulary)",
        src_mask="B SourceToken:s ; Mask",
        tgt="B TargetToken:t ; TokenIds(target_vocabulary)",
        tgt_mask="B TargetToken:t ; Mask",
        labels="B TargetToken:t ; NextTokenIds(target_vocabulary)",
        sent_ids="B ; Index",
    )
    asset_params: ClassVar[tuple[str, ...]] = ("source_tokenizer", "target_tokenizer")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[PortSpec, PortSpec]:
        """Return the ports, with the sizes of vocabularies where given; a shared tokenizer has one size for both."""
        source, target = params["source_vocabulary"], params["target_vocabulary"]
        if params["target_tokenizer"] is None:
            source = target = source or target or "source_vocabulary"
        # a name where no number is known: a graph still holds all its uses to one size
        source, target = source or "source_vocabulary", target or "target_vocabulary"
        sized = ports(
            src=f"B SourceToken:s ; TokenIds({source})",
            tgt=f"B TargetToken:t ; TokenIds({target})",
            labels=f"B TargetToken:t ; NextTokenIds({target})",
        )
        return ports(), PortSpec({**TranslationDataLayer.output_ports, **sized}.values())

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check the limits of batches."""
        check_limits("batch_tokens", params)

    def __init__(
        self,
        *,
        source: str | Path,
        target: str | Path,
        source_tokenizer: str | Path,
        target_tokenizer: str | Path | None = None,
        batch_size: PositiveInt | None = None,
        batch_tokens: PositiveInt | None = None,
        shuffle: bool = True,
        bucketing: bool = True,
        max_length: NonNegativeInt | None = None,
        max_ratio: Annotated[float, Range(ge=1)] | None = None,
        source_vocabulary: PositiveInt | None = None,
        target_vocabulary: PositiveInt | None = None,
        workers: NonNegativeInt = 0,
        **options: Unpack[ModuleOptions],
    ) -> None:
        batching = Batching(batch_size=batch_size, batch_tokens=batch_tokens, shuffle=shuffle, bucketing=bucketing)
        super().__init__(batching=batching, workers=workers, **options)
        self.source_tokenizer = load_tokenizer(source_tokenizer)
        self.target_tokenizer = load_tokenizer(target_tokenizer) if target_tokenizer else self.source_tokenizer
        _check_vocabulary("source_vocabulary", source_vocabulary, self.source_tokenizer.vocabulary_size)
        _check_vocabulary("target_vocabulary", target_vocabulary, self.target_tokenizer.vocabulary_size)
        self._source = TokenStore.encode(source, self.source_tokenizer)
        self._target = TokenStore.encode(target, self.target_tokenizer)
        check_line_counts(source, len(self._source), target, len(self._target))
        self._source_path = source
        warn_of_composed(source, self._source.composed)
        warn_of_composed(target, self._target.composed)
        source_lengths, target_lengths = self._source.lengths, self._target.lengths
        lines, self.filtered = filter_pairs(source_lengths, target_lengths, max_length=max_length, max_ratio=max_ratio)
        self._lines = SharedArray(lines)
        if not self.filtered.kept:
            raise ParallelTextError(
                f"{source} and {target} give no sentence pairs: {self.filtered}.\n"
                "  Check the files, and the limits max_length and max_ratio."
            )
        if self.filtered.kept < self.filtered.pairs:
            warnings.warn(f"{source}, {target}: {self.filtered}.", LeftOutWarning, stacklevel=3)
        # + 1: both sides are one symbol longer in a batch
        self._longer = SharedArray(numpy.maximum(source_lengths, target_lengths)[lines] + 1)

    def __len__(self) -> int:
        return len(self._lines)

    def size_of(self, index: int) -> float:
        """Return the tokens of the longer side, the end symbol included."""
        return float(self._longer.values[index])

    def sample_sizes(self) -> NDArray[numpy.float64]:
        """Return the tokens of the longer side of every pair, the end symbol included."""
        return self._longer.values.astype(numpy.float64)

    def sample_name(self, index: int) -> str:
        """Return the file and the line of the source sentence of a pair."""
        return f"{self._source_path}:{int(self._lines.values[index]) + 1}"

    def sample(self, index: int, random: numpy.random.Generator) -> SentencePair:
        """Return the token ids of a pair."""
        line = int(self._lines.values[index])
        return SentencePair(self._source[line], self._target[line], line)

    def collate(self, samples: Sequence[SentencePair]) -> tuple[Tensor, ...]:
        """Pad pairs to one batch: ids int64 [B, S] and [B, T], boolean masks of these shapes, line numbers [B]."""
        source, target = self.source_tokenizer, self.target_tokenizer
        src_BS = pad_ids([pair.source for pair in samples], source.pad_id, after=source.eos_id)
        # the decoder reads tgt and predicts labels: the same tokens, one position apart
        tgt_BT = pad_ids([pair.target for pair in samples], target.pad_id, before=target.bos_id)
        labels_BT = pad_ids([pair.target for pair in samples], target.pad_id, after=target.eos_id)
        return (
            src_BS,
            make_mask([len(pair.source) + 1 for pair in samples]),
            tgt_BT,
            make_mask([len(pair.target) + 1 for pair in samples]),
            labels_BT,
            torch.tensor([pair.line for pair in samples]),
        )


def _check_vocabulary(name: str, expected: int | None, given: int) -> None:
    if expected is not None and expected != given:
        raise TokenizerError(
            f"{name} is {expected}, and the tokenizer has {given} ids.\n"
            f"  Give {name}={given} and a model of that size, or the tokenizer that the model was made for."
        )
