"""Tokenizers take texts in one form."""

import pytest

from nm_torch.common.errors import TokenizerError
from nm_torch.common.tokenizers.texts import find_surrogate, prepare_text, prepare_texts


def test_texts_are_composed() -> None:
    """A byte order mark goes, accents join their letters."""
    assert prepare_text("\ufeffe\u0301\ufeff") == "é\ufeff"
    assert list(prepare_texts(["\ufeff", "e\u0301"])) == ["", "é"]


def test_half_a_pair_of_surrogates_is_found() -> None:
    """It is named with the number of its text."""
    assert (find_surrogate("a\ud83d"), find_surrogate("\U0001f600"), find_surrogate("a")) == ("\ud83d", "", "")
    with pytest.raises(TokenizerError, match=r"^text 2 holds U\+D83D"):
        list(prepare_texts(["a", "\ud83d"]))
