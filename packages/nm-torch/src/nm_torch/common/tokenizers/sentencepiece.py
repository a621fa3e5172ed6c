"""Word pieces learned from text, through the sentencepiece library."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nm_torch.common.errors import LeftOutWarning, TokenizerError
from nm_torch.common.tokenizers.texts import find_surrogate, prepare_text, prepare_texts

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

_RESERVED = "\N{LOWER FIVE EIGHTHS BLOCK}"
"""The character that the trainer keeps for what is unknown: it leaves out every text that has it."""

_SPECIAL = 4
"""Padding, begin, end and the unknown piece."""
_LONGEST = 1 << 30
"""Bytes of the longest text to learn from. The trainer's own limit, 4,192, leaves out longer ones without a word."""


class SentencePieceTokenizer:
    """Word pieces of a sentencepiece model (Kudo and Richardson 2018, arXiv 1808.06226).

    Models trained here have padding at 0, beginning at 1, end at 2 and unknown at 3. A special id that a model from
    elsewhere lacks is placed above its pieces.

    Args:
        model: the content of a model file.

    Raises:
        TokenizerError: the model has no pieces, or the library sentencepiece is not installed; the extra
            `nm-torch[sentencepiece]` brings it.

    Example:
        >>> tokenizer = SentencePieceTokenizer.train(["ein Satz", "noch ein Satz"] * 9, vocabulary_size=16)
        >>> tokenizer.decode(tokenizer.encode("ein Satz"))
        'ein Satz'
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._processor: SentencePieceProcessor = _import_sentencepiece().SentencePieceProcessor(model_proto=model)
        pieces = self._processor.get_piece_size()
        if not pieces:  # the library takes an empty model, and fails when it is used
            raise TokenizerError(
                "the sentencepiece model has no pieces.\n  Train it again: nmod tokenizer train --help"
            )
        ids = [self._processor.pad_id(), self._processor.bos_id(), self._processor.eos_id(), self._processor.unk_id()]
        self._pieces = pieces
        for index, value in enumerate(ids):  # -1 where the model has no such id
            if value < 0:
                ids[index] = pieces
                pieces += 1
        self.vocabulary_size: int = pieces
        self.pad_id, self.bos_id, self.eos_id, self.unknown_id = ids

    @classmethod
    def train(
        cls,
        texts: Iterable[str],
        *,
        vocabulary_size: int = 8000,
        model_type: Literal["unigram", "bpe", "char", "word"] = "unigram",
        character_coverage: float = 1.0,
        byte_fallback: bool = False,
    ) -> SentencePieceTokenizer:
        """Learn word pieces from texts.

        Args:
            texts: the texts to learn from, usually the training text of both languages, of any length. Those that
                hold ▅, which the trainer needs for itself, are left out, and a warning says how many.
            vocabulary_size: the number of ids, the four special ones included.
            model_type: the method.
            character_coverage: share of the characters that the pieces cover; lower it for large alphabets.
            byte_fallback: write characters that the pieces lack as bytes instead of the unknown id.
        """
        if isinstance(vocabulary_size, bool) or not isinstance(vocabulary_size, int) or vocabulary_size <= _SPECIAL:
            raise TokenizerError(
                f"vocabulary_size is a whole number above {_SPECIAL}, the ids with a meaning of their own,"
                f" and {vocabulary_size!r} was given."
            )
        trainer, model = _import_sentencepiece().SentencePieceTrainer, io.BytesIO()
        usable = _UsableTexts(texts)
        try:
            trainer.train(
                sentence_iterator=iter(usable),
                model_writer=model,
                vocab_size=vocabulary_size,
                max_sentence_length=_LONGEST,
                model_type=model_type,
                character_coverage=character_coverage,
                byte_fallback=byte_fallback,
                pad_id=0,
                bos_id=1,
                eos_id=2,
                unk_id=3,
                minloglevel=2,  # errors only: the trainer writes pages to standard error
            )
        except (RuntimeError, OSError) as error:
            if usable.number == 0:
                raise TokenizerError("There is no text to learn pieces from: all that was given is empty.") from error
            raise TokenizerError(
                f"sentencepiece could not learn {vocabulary_size} pieces from these texts: {error}\n"
                "  With little text, ask for fewer pieces; with many characters, for more pieces or a lower coverage."
            ) from error
        if usable.left_out:
            warnings.warn(
                f"{usable.left_out} texts hold {_RESERVED} and were left out of the training of word pieces.",
                LeftOutWarning,
                stacklevel=2,
            )
        return cls(model.getvalue())

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        ids: list[int] = self._processor.encode(_make_encodable(text))
        return ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many texts."""
        ids: list[list[int]] = self._processor.encode([_make_encodable(text) for text in texts])
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Return the text of ids, without padding, beginnings and ends.

        Raises:
            TokenizerError: an id is not in the vocabulary.
        """
        silent = {self.pad_id, self.bos_id, self.eos_id}
        pieces = [int(index) for index in ids if index not in silent]
        foreign = [index for index in pieces if not 0 <= index < self._pieces]
        if foreign:
            raise TokenizerError(
                f"{foreign[0]} is no id of this vocabulary, which has {self.vocabulary_size}.\n"
                "  The ids come from another tokenizer: give the one that the model was trained with."
            )
        text: str = self._processor.decode(pieces)
        return text

    def save(self, path: str | Path) -> None:
        """Write the model as a file that sentencepiece and `load_tokenizer` read."""
        Path(path).write_bytes(self._model)

    # the processor cannot be pickled or copied, the bytes of its model can
    def __reduce__(self) -> tuple[type[SentencePieceTokenizer], tuple[bytes]]:
        return type(self), (self._model,)


class _UsableTexts:
    """Texts that the trainer does not leave out, the number of those that are not empty, and that of the others."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = texts
        self.left_out = 0
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for text in prepare_texts(self._texts):
            if _RESERVED in text:
                self.left_out += 1
            else:
                self.number += bool(text.strip())
                yield text


def _make_encodable(text: str) -> str:
    """Return a text that the library can take, in which half of a pair of surrogates is an unknown character."""
    text = prepare_text(text)
    if not find_surrogate(text):
        return text
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\N{REPLACEMENT CHARACTER}", _RESERVED)  # which no vocabulary has


def _import_sentencepiece() -> Any:
    try:
        return import_module("sentencepiece")
    except ImportError as error:
        raise TokenizerError(
            "a sentencepiece tokenizer needs the library sentencepiece.\n"
            '  Install it with: python -m pip install "nm-torch[sentencepiece]"'
        ) from error
