"""Labels turn texts into ids and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_torch.common.errors import LabelError
from nm_torch.common.labels import ENGLISH, LabelVocabulary


@given(st.text(alphabet=ENGLISH))
def test_decoding_undoes_encoding(text: str) -> None:
    """Any text over the labels comes back as it was."""
    labels = LabelVocabulary(ENGLISH)

    assert labels.decode(labels.encode(text)) == text


def test_the_longest_label_is_taken_first() -> None:
    """Labels of several characters win over their beginnings."""
    labels = LabelVocabulary(["s", "h", "sh", "e"])

    assert labels.encode("she") == [2, 3]
    assert labels.decode([2, 3]) == "she"


def test_characters_outside_the_labels_are_named() -> None:
    """An error names the characters, once each, and what the labels are."""
    with pytest.raises(LabelError, match=r"^'é' \(U\+00E9\) of 'caéé' are not among the labels ' abc'"):
        LabelVocabulary(" abc").encode("caéé")


def test_characters_can_be_left_out() -> None:
    """Characters that no label covers disappear without leaving two spaces."""
    assert LabelVocabulary(ENGLISH).without_outside("two - three!") == "two three"
    assert LabelVocabulary(["ab", "c"]).outside("abxcb") == ["x", "b"]


@pytest.mark.parametrize("labels", ["", ["a", ""], "aba"])
def test_labels_that_cannot_be_told_apart_are_refused(labels: str | list[str]) -> None:
    """No labels, an empty one and one given twice are errors."""
    with pytest.raises(LabelError, match="at least one, none empty and none twice"):
        LabelVocabulary(labels)


@pytest.mark.parametrize("text", ["caf\u00e9", "cafe\u0301"])
@pytest.mark.parametrize(
    ("labels", "ids"),
    [("acf\u00e9", [1, 0, 2, 3]), (["a", "c", "f", "e\u0301"], [1, 0, 2, 3]), ("acfe\u0301", [1, 0, 2, 3, 4])],
)
def test_texts_and_labels_are_compared_in_composed_form(text: str, labels: str | list[str], ids: list[int]) -> None:
    """Either may be composed or not; where a mark is a label of its own, it goes on being one."""
    vocabulary = LabelVocabulary(labels)

    assert vocabulary.encode(text) == ids
    assert vocabulary.outside(text) == []
    assert vocabulary.without_outside(text + "x") == vocabulary.normalize(text)
    assert vocabulary.decode(ids) == "".join(vocabulary.labels[index] for index in ids)


def test_covered_texts_are_found_fast() -> None:
    """Each character must be a label by itself."""
    vocabulary = LabelVocabulary(["a", "é", "sh", "s"])

    assert [vocabulary.covers_each(text) for text in ("as", "", "aé", "sh", "aü", "é\ud800")] == [
        True, True, True, False, False, False
    ]  # fmt: skip


def test_ids_that_are_no_labels_are_refused() -> None:
    """The blank and padding cannot be decoded."""
    with pytest.raises(LabelError, match=r"from 0 to 3; given \[-1, 4\]"):
        LabelVocabulary(" abc").decode([0, 4, -1])
