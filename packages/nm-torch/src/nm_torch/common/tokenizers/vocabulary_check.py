"""The agreement of a model and its tokenizer about the size of the vocabulary."""

from pathlib import Path

from nm_torch.common.errors import TokenizerError
from nm_torch.common.tokenizers.files import load_tokenizer
from nm_torch.common.tokenizers.protocol import Tokenizer


def load_model_tokenizer(path: str | Path | None, vocabulary_size: int) -> Tokenizer | None:
    """Load the tokenizer that a model keeps beside its weights; None where it keeps none.

    Raises:
        TokenizerError: it has another number of ids than the model.
    """
    if path is None:
        return None
    tokenizer = load_tokenizer(path)
    if tokenizer.vocabulary_size != vocabulary_size:
        raise TokenizerError(
            f"vocabulary_size is {vocabulary_size}, and {path} has {tokenizer.vocabulary_size} ids.\n"
            f"  Give vocabulary_size={tokenizer.vocabulary_size}, or the tokenizer that the model was made for."
        )
    return tokenizer
