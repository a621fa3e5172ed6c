"""Kinds of values that speech recognition adds to those of nm-types."""

from nm_types import Text


class Hypothesis(Text, id="asr.Hypothesis"):
    """What a decoder heard in one utterance: text, tokens, words with their times, confidence.

    The values are `nm_asr.decoding.hypothesis.Hypothesis` objects; being a `Text`, it goes wherever text does.
    """
