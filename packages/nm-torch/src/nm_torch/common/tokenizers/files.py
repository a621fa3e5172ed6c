"""Training and loading tokenizers of every kind."""

import codecs
import json
from collections.abc import Iterable
from inspect import signature
from pathlib import Path
from typing import Any

from nm_torch.common.errors import TokenizerError
from nm_torch.common.tokenizers.character import CharacterTokenizer
from nm_torch.common.tokenizers.protocol import Tokenizer
from nm_torch.common.tokenizers.sentencepiece import SentencePieceTokenizer
from nm_torch.common.tokenizers.word import WordTokenizer

KINDS: dict[str, Any] = {
    "sentencepiece": SentencePieceTokenizer,
    "character": CharacterTokenizer,
    "word": WordTokenizer,
}


def load_tokenizer(path: str | Path) -> Tokenizer:
    """Load a tokenizer from its file: a JSON vocabulary of characters or words, or a sentencepiece model.

    Raises:
        TokenizerError: there is no such file, or it holds no tokenizer.

    Example:
        >>> train_tokenizer("word", ["ein Satz"]).save("words.json")
        >>> load_tokenizer("words.json").encode("ein Satz")
        [5, 4]
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TokenizerError(
            f"the tokenizer {path} cannot be read: {error.strerror}.\n"
            f"  Train one first: nmod tokenizer train --output {path} TEXT_FILE..."
        ) from error
    data = data.removeprefix(codecs.BOM_UTF8)
    return _parse_json(path, data) if data[:1] == b"{" else _parse_model(path, data)


def _parse_json(path: Path, data: bytes) -> Tokenizer:
    try:
        content = json.loads(data)
    except ValueError as error:
        raise TokenizerError(f"the tokenizer {path} is no valid JSON: {error}.\n  Train it again.") from error
    kind = content.get("tokenizer") if isinstance(content, dict) else None
    if kind not in ("character", "word"):
        raise TokenizerError(
            f'{path} holds no tokenizer: "tokenizer" is {kind!r}, expected "character" or "word".\n'
            "  Train one: nmod tokenizer train --help"
        )
    tokenizer: Tokenizer = KINDS[kind].from_content(path, content)
    return tokenizer


def _parse_model(path: Path, data: bytes) -> Tokenizer:
    try:
        return SentencePieceTokenizer(data)
    except (RuntimeError, OSError) as error:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise TokenizerError(
                f"the tokenizer {path} is written in UTF-16.\n"
                f"  Convert it: iconv -f UTF-16 -t UTF-8 {path} > converted.json"
            ) from error
        raise TokenizerError(
            f"{path} is neither a JSON vocabulary nor a sentencepiece model.\n"
            "  Train a tokenizer: nmod tokenizer train --help"
        ) from error


def train_tokenizer(kind: str, texts: Iterable[str], **options: Any) -> Tokenizer:
    """Train a tokenizer by the name of its kind: "sentencepiece", "character" or "word".

    Args:
        kind: the name.
        texts: the texts to learn from.
        options: those of the kind's own `train`, for example `vocabulary_size`.

    Raises:
        TokenizerError: there is no such kind or option, or the texts are too few.
    """
    if kind not in KINDS:
        raise TokenizerError(f"there is no tokenizer {kind!r}; there are {', '.join(KINDS)}.")
    train = KINDS[kind].train
    allowed = set(signature(train).parameters) - {"texts"}
    if not allowed.issuperset(options):
        unknown = ", ".join(sorted(set(options) - allowed))
        raise TokenizerError(f"the {kind} tokenizer has no option {unknown}; it has {', '.join(sorted(allowed))}.")
    tokenizer: Tokenizer = train(texts, **options)
    return tokenizer
