"""Word pieces: training, round trips, files, and models from elsewhere."""

import copy
import io
from pathlib import Path
from typing import Any

import pytest
import sentencepiece

from nm_torch.common import SentencePieceTokenizer, load_tokenizer, train_tokenizer
from nm_torch.common.errors import LeftOutWarning, TokenizerError

TEXTS = [
    f"{first} {second} geht {third}mal um den See."
    for first in ("Anna", "Ben", "Carla")
    for second in ("und Max", "allein", "mit Ida")
    for third in ("ein", "zwei", "fünf")
]


@pytest.fixture(scope="module")
def tokenizer() -> SentencePieceTokenizer:
    """Return a tokenizer of thirty pieces."""
    return SentencePieceTokenizer.train(TEXTS, vocabulary_size=30)


def test_text_comes_back(tokenizer: SentencePieceTokenizer) -> None:
    """A text of known characters comes back, without padding, beginnings and ends."""
    for text, ids in zip(TEXTS, tokenizer.encode_all(TEXTS), strict=True):
        assert ids == tokenizer.encode(text)
        assert all(4 <= index < 30 for index in ids)
        assert tokenizer.decode([tokenizer.bos_id, *ids, tokenizer.eos_id, tokenizer.pad_id]) == text


def test_special_ids_are_those_of_all_tokenizers(tokenizer: SentencePieceTokenizer) -> None:
    """Padding 0, beginning 1, end 2, unknown 3; the size is what was asked for."""
    assert (tokenizer.pad_id, tokenizer.bos_id, tokenizer.eos_id, tokenizer.unknown_id) == (0, 1, 2, 3)
    assert tokenizer.vocabulary_size == 30
    assert tokenizer.unknown_id in tokenizer.encode("漢")


def test_training_is_reproducible(tokenizer: SentencePieceTokenizer) -> None:
    """The same texts give the same model."""
    second = train_tokenizer("sentencepiece", TEXTS, vocabulary_size=30)

    assert second.encode_all(TEXTS) == tokenizer.encode_all(TEXTS)


def test_bytes_stand_for_what_pieces_lack() -> None:
    """With byte fallback a foreign character comes back."""
    loaded = SentencePieceTokenizer.train(TEXTS, vocabulary_size=300, byte_fallback=True, model_type="bpe")

    assert loaded.decode(loaded.encode("漢")) == "漢"


def test_a_file_and_a_copy_keep_everything(tokenizer: SentencePieceTokenizer, tmp_path: Path) -> None:
    """The file is a sentencepiece model; a deep copy works on its own."""
    tokenizer.save(tmp_path / "pieces.model")

    loaded = load_tokenizer(tmp_path / "pieces.model")

    assert loaded.encode_all(TEXTS) == tokenizer.encode_all(TEXTS)
    assert copy.deepcopy(tokenizer).encode_all(TEXTS) == tokenizer.encode_all(TEXTS)
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "pieces.model"))
    assert theirs.encode(TEXTS) == tokenizer.encode_all(TEXTS)


def test_a_model_without_padding_gets_an_id_above_its_pieces() -> None:
    """Special ids that a model from elsewhere lacks are placed above its pieces, and vanish from text."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXTS), model_writer=model, vocab_size=30, bos_id=-1, minloglevel=2
    )

    loaded = SentencePieceTokenizer(model.getvalue())

    assert loaded.vocabulary_size == 32
    assert {loaded.pad_id, loaded.bos_id} == {30, 31}
    assert loaded.decode([loaded.bos_id, *loaded.encode(TEXTS[0]), loaded.pad_id]) == TEXTS[0]
    with pytest.raises(TokenizerError, match="32"):
        loaded.decode([32])


def test_long_texts_are_learned_from() -> None:
    """A text of more than 4,192 bytes is not left out."""
    loaded = SentencePieceTokenizer.train(["ab " * 5000 + "z"], vocabulary_size=8, model_type="char")

    assert loaded.unknown_id not in loaded.encode("zab")


def test_texts_that_the_trainer_leaves_out_are_counted() -> None:
    """The trainer needs one character for itself; a warning says how many texts have it."""
    with pytest.warns(LeftOutWarning, match="^2 texts hold ▅ and were left out"):
        SentencePieceTokenizer.train([*TEXTS, "a ▅", "▅"], vocabulary_size=30)


def test_texts_have_one_form(tokenizer: SentencePieceTokenizer) -> None:
    """A byte order mark, a decomposed letter and a tab change nothing; NUL and half a surrogate pair are unknown."""
    assert tokenizer.encode("\ufefffu\u0308nf") == tokenizer.encode("fünf")
    assert tokenizer.encode_all(["Ben\tallein"]) == [tokenizer.encode("Ben allein")]
    assert tokenizer.encode("B\ud800").count(tokenizer.unknown_id) == 1
    assert tokenizer.encode("\0")[-1] == tokenizer.unknown_id


def test_more_pieces_than_the_text_has_is_an_error() -> None:
    """The message asks for fewer pieces."""
    with pytest.raises(TokenizerError, match="fewer pieces"):
        SentencePieceTokenizer.train(["a b"], vocabulary_size=5000)


def test_options_are_those_of_the_kind() -> None:
    """An unknown kind and an unknown option are named, with what there is."""
    with pytest.raises(TokenizerError, match="sentencepiece, character, word"):
        train_tokenizer("syllable", TEXTS)
    with pytest.raises(TokenizerError, match=r"no option model_type.*min_count, vocabulary_size"):
        train_tokenizer("character", TEXTS, model_type="bpe")


def test_a_file_that_is_no_tokenizer_is_an_error(tmp_path: Path) -> None:
    """A missing file and a file of other things are told apart, and both messages say how to train."""
    (tmp_path / "text.txt").write_text("no model at all", encoding="utf-8")
    with pytest.raises(TokenizerError, match="neither"):
        load_tokenizer(tmp_path / "text.txt")
    (tmp_path / "empty.model").write_bytes(b"")
    with pytest.raises(TokenizerError, match="no pieces"):
        load_tokenizer(tmp_path / "empty.model")
    with pytest.raises(TokenizerError, match="cannot be read: No such file"):
        load_tokenizer(tmp_path / "missing.model")


@pytest.mark.parametrize("size", [4, -5, 2.5, True])
def test_a_vocabulary_has_room_for_pieces(size: Any) -> None:
    """Four ids have a meaning of their own; the library would fail with a condition of its code."""
    with pytest.raises(TokenizerError, match=r"vocabulary_size is a whole number above 4"):
        SentencePieceTokenizer.train(["hello world"], vocabulary_size=size)


@pytest.mark.parametrize("texts", [[], ["", "  "]])
def test_nothing_can_be_learned_from_no_text(texts: list[str]) -> None:
    """An empty file is said to be empty."""
    with pytest.raises(TokenizerError, match="There is no text to learn pieces from"):
        SentencePieceTokenizer.train(texts, vocabulary_size=20)
