"""Embeddings of token ids, scaled to unit variance, plus those of positions.

Legend: T positions, D model size, N rows that are decoded in parallel.
"""

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from nm_core.errors import did_you_mean
from nm_torch.common.blocks import ACTIVATIONS
from nm_torch.common.content_attention import check_heads
from nm_torch.common.errors import OptionError, SequenceLengthError
from nm_torch.common.positions import LearnedPositions, SinusoidalPositions

Positions = Literal["sinusoidal", "learned"]


def check_transformer(params: Mapping[str, Any]) -> None:
    """Check that the parameters of an encoder or decoder fit each other.

    Raises:
        OptionError: heads do not share the channels evenly, an unknown activation, or learned positions without number.
    """
    check_heads(params["hidden_size"], params["num_heads"], "num_heads")
    if params["activation"] not in ACTIVATIONS:
        expected = f"{', '.join(ACTIVATIONS)}; given was {params['activation']!r}"
        raise OptionError(f"activation must be one of {expected}.{did_you_mean(params['activation'], ACTIVATIONS)}")
    if params["positions"] == "learned" and params["max_sequence_length"] is None:
        raise OptionError("learned positions need a number of positions.\n  Give max_sequence_length.")


def check_length(length: int, most: int | None) -> None:
    """Refuse a sequence of more tokens than a module was made for.

    Raises:
        SequenceLengthError: it is longer.
    """
    if most is not None and length > most:
        raise SequenceLengthError(
            f"a sequence has {length} tokens, and max_sequence_length={most}.\n"
            "  Leave out longer sentences (max_length of the data layer), or raise max_sequence_length."
        )


def make_positions(positions: str, size: int, max_sequence_length: int | None) -> nn.Module:
    """Make the encoding of positions, "sinusoidal" or "learned".

    Raises:
        OptionError: another name, or learned positions without their number.
    """
    if positions == "sinusoidal":
        return SinusoidalPositions(size)
    if positions != "learned":
        raise OptionError(f'positions must be "sinusoidal" or "learned"; given was {positions!r}.')
    if max_sequence_length is None:
        raise OptionError("learned positions need a number of positions.\n  Give max_sequence_length.")
    return LearnedPositions(size, max_sequence_length)


def make_embedding(vocabulary_size: int, size: int) -> nn.Embedding:
    """Make an embedding whose entries have the variance 1 / size, so that it may also project to logits."""
    embedding = nn.Embedding(vocabulary_size, size)
    nn.init.normal_(embedding.weight, std=size**-0.5)
    return embedding


def embed(ids: Tensor, embedding: nn.Embedding, positions_TD: Tensor) -> Tensor:
    """Return embeddings of token ids, scaled to unit variance, plus those of their positions."""
    # the variance 1 / size suits a tied projection; features have variance 1, of the order of the positions
    return embedding(ids) * embedding.embedding_dim**0.5 + positions_TD.to(embedding.weight.dtype)
