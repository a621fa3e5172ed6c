"""Tags: nominal, single parents, equal by id and chain."""

import copy
import pickle
from typing import Any

import pytest

from nm_types import (
    TAGS,
    BatchTag,
    ChannelTag,
    DefinitionError,
    EmbeddingTag,
    EncodedTag,
    NeuralType,
    SpectrogramTag,
    Tag,
    TimeTag,
    TokenTag,
    WordEmbeddingTag,
)


def make(name: str, parent: type[Tag], id: str) -> Any:
    """A tag as a module that is loaded once more would declare it."""
    return type(Tag)(name, (parent,), {"__module__": __name__}, id=id)


def test_word_embeddings_are_embeddings_and_not_the_other_way_round() -> None:
    """The paper's example of is-a."""
    assert WordEmbeddingTag.is_a(EmbeddingTag)
    assert WordEmbeddingTag.is_a(ChannelTag)
    assert not EmbeddingTag.is_a(WordEmbeddingTag)
    assert not TimeTag.is_a(ChannelTag)


def test_the_same_declaration_twice_is_one_tag() -> None:
    """A tag is its id and its chain of parents, not the class object."""
    first, second = make("PhonemeTag", TokenTag, "asr.Phoneme"), make("PhonemeTag", TokenTag, "asr.Phoneme")
    other = make("PhonemeTag", TimeTag, "asr.Phoneme")

    assert first is not second
    assert first == second
    assert hash(first) == hash(second)
    assert first != other
    assert NeuralType("B Phoneme", tags=[first]) == NeuralType("B Phoneme", tags=[second])


def test_the_nearest_common_ancestor() -> None:
    """A join climbs to the first tag that is above both, and to none across trees."""
    assert SpectrogramTag.join(EncodedTag) == ChannelTag
    assert WordEmbeddingTag.join(EmbeddingTag) == EmbeddingTag
    assert SpectrogramTag.join(TimeTag) is None
    assert ChannelTag.parent is None
    assert SpectrogramTag.parent == ChannelTag


def test_a_tag_has_one_parent() -> None:
    """Two parents are an error that names them."""
    with pytest.raises(DefinitionError, match="TimeTag, ChannelTag") as caught:
        type(Tag)("Both", (TimeTag, ChannelTag), {"__module__": "m"}, id="m.Both")
    assert caught.value.code == "NM004"


@pytest.mark.parametrize("id", ["Phoneme", "asr.phoneme", "asr.", "a.b.C", ""])
def test_an_id_is_a_namespace_and_a_capital_word(id: str) -> None:
    """Anything else is refused when the tag is declared."""
    with pytest.raises(DefinitionError, match="is no id"):
        make("PhonemeTag", TokenTag, id)


def test_a_tag_cannot_take_the_id_of_its_ancestor() -> None:
    """Two tags of one chain are two."""
    with pytest.raises(DefinitionError, match="its own ancestor"):
        make("TimeTag", TimeTag, "nm.Time")


def test_the_default_id_is_the_package_and_the_name() -> None:
    """Without an id the top-level package is the namespace."""
    tag: Any = type(Tag)("PhonemeTag", (TokenTag,), {"__module__": "speech.tags"})

    assert tag.id == "speech.Phoneme"
    assert tag.text == "speech.Phoneme"
    assert tag.name == "Phoneme"


def test_tags_have_no_instances() -> None:
    """A tag is its class; the error says how to write an axis."""
    with pytest.raises(DefinitionError, match=r"AxisType\(BatchTag\)"):
        BatchTag()


def test_tags_survive_copies_and_pickles() -> None:
    """They are classes, found by name."""
    assert copy.deepcopy(TimeTag) is TimeTag
    assert pickle.loads(pickle.dumps(TimeTag)) is TimeTag


def test_every_tag_is_documented_and_has_its_own_name() -> None:
    """The catalogue of nm-types has no doubles and no gaps."""
    assert len({tag.id for tag in TAGS}) == len(TAGS)
    assert all(tag.__doc__ and tag.id.startswith("nm.") and tag.__name__ == f"{tag.name}Tag" for tag in TAGS)
