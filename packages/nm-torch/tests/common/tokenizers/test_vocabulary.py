"""Tokenizers of characters and words: round trips, order, files and errors."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_torch.common import CharacterTokenizer, WordTokenizer, load_tokenizer
from nm_torch.common.errors import TokenizerError
from nm_torch.common.tokenizers.word import JOINER, REPLACEMENT

texts = st.text(max_size=40)
spaced = st.lists(st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=8), max_size=6).map(
    " ".join
)


@given(texts)
def test_characters_come_back(text: str) -> None:
    """A text of known characters comes back as it was, in composed form and without a byte order mark."""
    tokenizer = CharacterTokenizer.train([text])

    assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text.removeprefix("\ufeff"))


@given(spaced)
def test_words_and_marks_come_back(text: str) -> None:
    """A text of known words, marks and single spaces comes back as it was, in composed form."""
    tokenizer = WordTokenizer.train([text])

    assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text).replace(JOINER, REPLACEMENT)


@given(texts)
def test_ids_are_within_the_vocabulary(text: str) -> None:
    """Whatever the text, ids are below the size; what is unknown has the id for that."""
    for tokenizer in (CharacterTokenizer(["a", "b"]), WordTokenizer(["a", "b"])):
        ids = tokenizer.encode(text)
        assert all(0 <= index < tokenizer.vocabulary_size for index in ids)
        assert tokenizer.encode_all([text, text]) == [ids, ids]


def test_punctuation_stands_apart_from_words() -> None:
    """Words and marks are symbols of their own and remember whether a space stood between."""
    tokenizer = WordTokenizer.train(["Don't go, Ann ."])

    symbols = [tokenizer.symbols[index] for index in tokenizer.encode("Don't go, Ann .")]

    assert symbols == ["Don", JOINER + "'", JOINER + "t", "go", JOINER + ",", "Ann", "."]


@pytest.mark.parametrize(
    "text",
    [
        "हिन्दी भाषा",
        "كِتَابٌ جَمِيل",
        "می\u200cخواهم بروم",
        "שָׁלוֹם עולם",
        "தமிழ் மொழி",
        "क्\u200dष x",
        "x\u0301 y",
        "e\u0301te\u0301 là",
    ],
)
def test_marks_belong_to_words(text: str) -> None:
    """Vowel signs, vowel points, accents that no character has, and joiners are parts of their words."""
    assert WordTokenizer.train([text]).split(text) == unicodedata.normalize("NFC", text).split()


def test_marks_without_a_letter_stay_with_what_is_before_them() -> None:
    """A mark after a punctuation mark or a symbol is part of it; alone it is a symbol; none is lost."""
    text = "\u0301a !\u0301 \u2764\ufe0f"
    tokenizer = WordTokenizer.train([text])

    assert tokenizer.split(text) == ["\u0301", JOINER + "a", "!\u0301", "\u2764\ufe0f"]
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_vocabularies_of_0_1_split_as_they_did(tmp_path: Path) -> None:
    """A file of version 1 keeps marks as symbols of their own, also when it is written again."""
    path = tmp_path / "words.json"
    content = {"tokenizer": "word", "version": 1, "lowercase": False, "symbols": ["ह", JOINER + "ि"]}
    path.write_text(json.dumps(content), encoding="utf-8")

    old = load_tokenizer(path)
    assert old.encode("हि") == [4, 5]
    old.save(path)

    assert json.loads(path.read_text(encoding="utf-8")) == content
    WordTokenizer(["हि"]).save(path)
    assert json.loads(path.read_text(encoding="utf-8"))["version"] == 2
    assert load_tokenizer(path).encode("हि") == [4]


@pytest.mark.parametrize("kind", [CharacterTokenizer, WordTokenizer])
def test_a_byte_order_mark_is_no_symbol(kind: type[CharacterTokenizer | WordTokenizer], tmp_path: Path) -> None:
    """Neither in texts to learn from nor in texts to encode, nor before a vocabulary."""
    tokenizer = kind.train(["\ufeffab"])
    tokenizer.save(tmp_path / "plain.json")
    (tmp_path / "marked.json").write_bytes("\ufeff".encode() + (tmp_path / "plain.json").read_bytes())

    assert not any("\ufeff" in symbol for symbol in tokenizer.symbols)
    assert load_tokenizer(tmp_path / "marked.json").encode("\ufeffab") == tokenizer.encode("ab")


def test_a_vocabulary_in_utf_16_is_told(tmp_path: Path) -> None:
    """The message says how to convert it."""
    (tmp_path / "wide.json").write_text('{"tokenizer": "word"}', encoding="utf-16")
    with pytest.raises(TokenizerError, match=r"written in UTF-16\.\n.*iconv"):
        load_tokenizer(tmp_path / "wide.json")


def test_half_of_a_surrogate_pair_is_no_character() -> None:
    """It cannot be learned, and is unknown when it is encoded."""
    with pytest.raises(TokenizerError, match=r"text 2 holds U\+DC80, half of a pair"):
        WordTokenizer.train(["a", "b\udc80"])
    tokenizer = CharacterTokenizer("ab")
    assert tokenizer.encode("a\ud800") == [4, tokenizer.unknown_id]


@pytest.mark.parametrize("text", ["a\tb", "a\r\nb", "a\u2028b", "a\u00a0b", " a b "])
def test_any_space_separates_words(text: str) -> None:
    """Tabs, line ends, separators and spaces that do not break are spaces; a NUL is a symbol."""
    assert WordTokenizer(()).split(text) == ["a", "b"]
    assert WordTokenizer(()).split("a\0") == ["a", JOINER + "\0"]
    assert WordTokenizer(()).encode("") == []


def test_frequent_symbols_come_first_and_ties_are_settled() -> None:
    """Ids follow falling frequency, then code points; rare symbols fall out."""
    tokenizer = CharacterTokenizer.train(["bbb", "ac", "d"], vocabulary_size=7)

    assert tokenizer.symbols == ("<pad>", "<s>", "</s>", "<unk>", "b", "a", "c")
    assert CharacterTokenizer.train(["bbb", "ac"], min_count=2).symbols[4:] == ("b",)
    assert WordTokenizer.train(["The the"], lowercase=True).symbols[4:] == ("the",)


def test_special_ids_are_left_out_of_text() -> None:
    """Padding, beginnings and ends vanish; an unknown id is visible."""
    tokenizer = CharacterTokenizer(["a"])

    assert tokenizer.decode([1, 4, 3, 4, 2, 0, 0]) == "a\N{DOUBLE QUESTION MARK}a"
    assert (tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id, tokenizer.unknown_id) == (0, 1, 2, 3)


@pytest.mark.parametrize("tokenizer", [CharacterTokenizer("aä\n"), WordTokenizer(["a", "Ä"], lowercase=True)])
def test_a_file_keeps_everything(tokenizer: CharacterTokenizer | WordTokenizer, tmp_path: Path) -> None:
    """The tokenizer that a file gives encodes as the one that wrote it."""
    tokenizer.save(tmp_path / "tokenizer.json")

    loaded = load_tokenizer(tmp_path / "tokenizer.json")

    assert type(loaded) is type(tokenizer)
    assert loaded.encode("aä\nÄ a?") == tokenizer.encode("aä\nÄ a?")
    assert loaded.vocabulary_size == tokenizer.vocabulary_size


def test_a_foreign_id_is_an_error() -> None:
    """An id beyond the vocabulary means another tokenizer, and the message says so."""
    with pytest.raises(TokenizerError, match="another tokenizer"):
        CharacterTokenizer("ab").decode([6])


def test_a_symbol_stands_once() -> None:
    """A doubled symbol is named."""
    with pytest.raises(TokenizerError, match="'a' stands in it twice"):
        CharacterTokenizer("aba")


def test_a_vocabulary_has_room_for_symbols() -> None:
    """A vocabulary of special symbols alone is refused."""
    with pytest.raises(TokenizerError, match="no room"):
        WordTokenizer.train(["a"], vocabulary_size=4)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "no valid JSON"),
        ('{"tokenizer": "syllable"}', "syllable"),
        ('{"tokenizer": "word", "version": 1, "symbols": []}', "lowercase"),
        ('{"tokenizer": "character", "version": 2, "symbols": []}', "version"),
        ('{"tokenizer": "character", "version": 1, "symbols": [1]}', "list of strings"),
    ],
)
def test_a_damaged_file_is_an_error(content: str, message: str, tmp_path: Path) -> None:
    """Each message says what the file lacks."""
    path = tmp_path / "tokenizer.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(TokenizerError, match=message):
        load_tokenizer(path)


def test_files_are_plain_json(tmp_path: Path) -> None:
    """A vocabulary can be read by people and by other programs."""
    CharacterTokenizer("aä").save(tmp_path / "tokenizer.json")

    content = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))

    assert content == {"tokenizer": "character", "version": 1, "symbols": ["a", "ä"]}
