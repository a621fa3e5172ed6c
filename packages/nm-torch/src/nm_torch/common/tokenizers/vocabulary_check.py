"""The tokenizer that a model keeps beside its weights."""

from pathlib import Path

from nm_torch.common.errors import TokenizerError
from nm_torch.common.tokenizers.files import load_tokenizer
from nm_torch.common.tokenizers.protocol import Tokenizer


def tokenizer_of_size(path: str | Path | None, vocabulary_size: int) -> Tokenizer | None:
    """Read a model's tokenizer, if it has one, and make sure that both agree about the vocabulary."""
    if path is None:
        return None
    tokenizer = load_tokenizer(path)
    if tokenizer.vocabulary_size != vocabulary_size:
        raise TokenizerError(
            f"vocabulary_size is {vocabulary_size}, and {path} has {tokenizer.vocabulary_size} ids.\n"
            f"  Give vocabulary_size={tokenizer.vocabulary_size}, or the tokenizer that the model was made for."
        )
    return tokenizer
