"""Tokenizers: sentencepiece, characters and words under one protocol."""

from nm_nlp.tokenizers.character import CharacterTokenizer
from nm_nlp.tokenizers.loading import load_tokenizer, train_tokenizer
from nm_nlp.tokenizers.protocol import Tokenizer
from nm_nlp.tokenizers.sentencepiece import SentencePieceTokenizer
from nm_nlp.tokenizers.word import WordTokenizer

__all__ = [
    "CharacterTokenizer",
    "SentencePieceTokenizer",
    "Tokenizer",
    "WordTokenizer",
    "load_tokenizer",
    "train_tokenizer",
]
