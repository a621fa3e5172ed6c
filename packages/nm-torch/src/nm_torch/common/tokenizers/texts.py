"""The form in which tokenizers take texts: composed (NFC), without a byte order mark."""

from collections.abc import Iterable, Iterator

from nm_torch.common.errors import TokenizerError
from nm_torch.common.text_files import MARK, compose


def prepare_text(text: str) -> str:
    """Return a text in composed form (NFC), without a byte order mark before it."""
    return compose(text.removeprefix(MARK))


def prepare_texts(texts: Iterable[str]) -> Iterator[str]:
    """Yield texts to learn from in composed form (NFC), without byte order marks.

    Raises:
        TokenizerError: a text holds half of a pair of surrogates, which no file of a vocabulary can hold.
    """
    for number, text in enumerate(texts, start=1):
        half = find_surrogate(text)
        if half:
            raise TokenizerError(
                f"text {number} holds U+{ord(half):04X}, half of a pair of surrogates and no character: {text[:80]!r}\n"
                '  Read the text with encoding="utf-8", or repair the escapes that it came from.'
            )
        yield prepare_text(text)


def find_surrogate(text: str) -> str:
    """Return the first half of a pair of surrogates in a text, empty where there is none."""
    if text.isascii():
        return ""
    try:
        text.encode()  # in C, where a search character by character takes a hundred times as long
    except UnicodeEncodeError as error:
        return text[error.start]
    return ""
