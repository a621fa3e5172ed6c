"""Word pieces learned from text, through the sentencepiece library."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nm_torch.common.errors import TokenizerError

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor


class SentencePieceTokenizer:
    """Word pieces of a sentencepiece model (Kudo and Richardson 2018, arXiv 1808.06226).

    Models trained here have padding at 0, beginning at 1, end at 2 and unknown at 3. A special id that a model from
    elsewhere lacks is placed above its pieces.

    Args:
        model: the content of a model file.

    Raises:
        TokenizerError: the library sentencepiece is not installed; the extra `nm-torch[sentencepiece]` brings it.

    Example:
        >>> tokenizer = SentencePieceTokenizer.train(["ein Satz", "noch ein Satz"] * 9, vocabulary_size=16)
        >>> tokenizer.decode(tokenizer.encode("ein Satz"))
        'ein Satz'
    """

    def __init__(self, model: bytes) -> None:
        self._model = model
        self._processor: SentencePieceProcessor = _import_sentencepiece().SentencePieceProcessor(model_proto=model)
        pieces = self._processor.get_piece_size()
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
            texts: the texts to learn from, usually the training text of both languages.
            vocabulary_size: the number of ids, the four special ones included.
            model_type: the method.
            character_coverage: share of the characters that the pieces cover; lower it for large alphabets.
            byte_fallback: write characters that the pieces lack as bytes instead of the unknown id.
        """
        trainer, model = _import_sentencepiece().SentencePieceTrainer, io.BytesIO()
        try:
            trainer.train(
                sentence_iterator=iter(texts),
                model_writer=model,
                vocab_size=vocabulary_size,
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
            raise TokenizerError(
                f"sentencepiece could not learn {vocabulary_size} pieces from these texts: {error}\n"
                "  With little text, ask for fewer pieces; with many characters, for more pieces or a lower coverage."
            ) from error
        return cls(model.getvalue())

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text."""
        ids: list[int] = self._processor.encode(text)
        return ids

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of many texts."""
        ids: list[list[int]] = self._processor.encode(list(texts))
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


def _import_sentencepiece() -> Any:
    try:
        return import_module("sentencepiece")
    except ImportError as error:
        raise TokenizerError(
            "a sentencepiece tokenizer needs the library sentencepiece.\n"
            '  Install it with: python -m pip install "nm-torch[sentencepiece]"'
        ) from error
