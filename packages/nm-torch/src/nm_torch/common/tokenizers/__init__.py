"""Tokenizers: sentencepiece, characters and words under one protocol."""

from nm_torch.common.tokenizers.character import CharacterTokenizer
from nm_torch.common.tokenizers.files import load_tokenizer, train_tokenizer
from nm_torch.common.tokenizers.protocol import Tokenizer
from nm_torch.common.tokenizers.sentencepiece import SentencePieceTokenizer
from nm_torch.common.tokenizers.word import WordTokenizer

__all__ = [
    "CharacterTokenizer",
    "SentencePieceTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "load_tokenizer",
    "train_tokenizer",
]
