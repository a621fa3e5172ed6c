"""compare: the paper's table, the cases known to go wrong elsewhere, and the table of directions."""

import pytest

from nm_types import Comparison, NeuralType, TokenTag, compare, refines
from nm_types.relations import examine

SAME, LESS, GREATER = Comparison.SAME, Comparison.LESS, Comparison.GREATER
DIM, TRANSPOSE, INCOMPATIBLE = Comparison.DIM_INCOMPATIBLE, Comparison.TRANSPOSE_SAME, Comparison.INCOMPATIBLE


@pytest.mark.parametrize(
    ("output", "input", "result"),
    [
        ("B Channel", "B Spectrogram", GREATER),
        ("B Spectrogram", "B Channel", LESS),
        ("B Spectrogram", "B Encoded", INCOMPATIBLE),
        ("B Spectrogram", "Spectrogram B", TRANSPOSE),
        ("B Spectrogram:64", "B Channel:40", DIM),
        ("B Spectrogram:64", "{}", SAME),
    ],
)
def test_table_1_of_the_paper(output: str, input: str, result: Comparison) -> None:
    """The six results, to the letter (Kuchaiev et al. 2019, table 1)."""
    assert NeuralType(output).compare(NeuralType(input)) is result


@pytest.mark.parametrize(
    ("output", "input", "result"),
    [
        ("ProcessedTime Channel", "Time Spectrogram", INCOMPATIBLE),
        ("T T B", "T B B", INCOMPATIBLE),
        ("T B C", "C B H", INCOMPATIBLE),
        ("T:5 B C", "T:6 B C:3", DIM),
        ("B C", "B C:64", SAME),
        ("T:5 T:7", "T:6 T:7", DIM),
        ("T:5 T:7", "T:7 T:5", DIM),
        ("T:5 T:7 B", "B T:7 T:5", TRANSPOSE),
        ("T:5 T:7 B", "B T:7 T:6", INCOMPATIBLE),
        ("T:5 C B", "B T:6 C", INCOMPATIBLE),
    ],
)
def test_cases_that_other_implementations_get_wrong(output: str, input: str, result: Comparison) -> None:
    """Mixed directions, different multisets, mismatches before unknown axes, sizes of permuted axes."""
    assert NeuralType(output).compare(NeuralType(input)) is result


@pytest.mark.parametrize(
    ("output", "input", "result"),
    [
        ("{}", "B C", GREATER),
        ("{}", "{}", SAME),
        ("object Text", "{}", SAME),
        ("B C", "B C T", INCOMPATIBLE),
        ("B C", "object Text", INCOMPATIBLE),
        ("object Text", "list[object Text]", INCOMPATIBLE),
        ("list[B Spectrogram]", "list[B Channel]", LESS),
        ("list[B C]", "list[{}]", SAME),
        ("; Loss", "; Loss", SAME),
        ("; Loss", "{}", SAME),
        ("B C ; Logits", "B C ; LogProbs", INCOMPATIBLE),
        ("B C ; Logits", "B C", SAME),
        ("B C", "B C ; Logits", SAME),
        ("B ; TokenIds", "B ; Labels", LESS),
        ("B ; Labels", "B ; TokenIds", GREATER),
        ("B Channel ; TokenIds", "B Spectrogram ; Labels", INCOMPATIBLE),
        ("B Spectrogram ; Labels", "B Channel ; TokenIds", INCOMPATIBLE),
        ("B ; Labels(29)", "B ; Labels(30)", DIM),
        ("B ; Labels(29)", "B ; Labels", SAME),
        ("B ; AudioSignal(8000)", "B ; AudioSignal(16000)", DIM),
        ("B ; TokenIds(29)", "B ; Labels(30)", DIM),
        ("T B ; Labels(29)", "B T ; Labels(30)", INCOMPATIBLE),
        ("T B ; TokenIds", "B T ; Labels", INCOMPATIBLE),
        ("T B ; Labels", "B T", TRANSPOSE),
    ],
)
def test_kinds_and_forms_count_too(output: str, input: str, result: Comparison) -> None:
    """The kind of values is one more axis; root, objects and lists are forms of their own."""
    assert compare(NeuralType(output), NeuralType(input)) is result


@pytest.mark.parametrize(
    ("output", "input", "result"),
    [
        ("T:t C:t", "T:t C:t", SAME),
        ("T:t", "T:u", SAME),
        ("T:t", "T:t+1", DIM),
        ("T:2*t", "T:2*u+1", DIM),
        ("T:t//2", "T:t", DIM),
        ("T:(t+1)//2", "T:t", SAME),
        ("T:{n}", "T:{n}", SAME),
        ("T:{n}", "T:5", SAME),
        ("B:? T", "B:3 T", SAME),
        ("*s C", "*s C", SAME),
        ("*s C", "B C", INCOMPATIBLE),
        ("'A<=Spectrogram", "Channel", LESS),
        ("Channel", "'A<=Spectrogram", GREATER),
        ("'A<=Spectrogram", "Time", INCOMPATIBLE),
        ("Time", "'A<=Spectrogram", INCOMPATIBLE),
        ("'A<=Channel", "Spectrogram", INCOMPATIBLE),
        ("'A", "'A", SAME),
        ("'A", "'C", INCOMPATIBLE),
        ("'A", "Channel", INCOMPATIBLE),
    ],
)
def test_sizes_and_variables_in_a_bare_comparison(output: str, input: str, result: Comparison) -> None:
    """A name means one size on both sides; only what is provably different clashes."""
    assert compare(NeuralType(output), NeuralType(input)) is result


def test_the_details_name_the_axes_at_fault() -> None:
    """What messages need: the reason and the places."""
    assert examine(NeuralType("B C:5 T:7"), NeuralType("B C:6 T:7")).axes == (1,)
    assert examine(NeuralType("B C T"), NeuralType("B Spectrogram T")).reason == "tags"
    assert examine(NeuralType("B C T"), NeuralType("T C B")).reason == "order"
    assert examine(NeuralType("B ; Logits"), NeuralType("B ; Mask")).reason == "kind"
    assert examine(NeuralType("B"), NeuralType("object Text")).reason == "form"


def test_accepted_results() -> None:
    """The same or less may connect; greater and the rest may not."""
    assert [result.fits for result in Comparison] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("left", "right", "answer"),
    [
        ("B Spectrogram:64", "B Channel", True),
        ("B Channel", "B Spectrogram:64", False),
        ("B C:64", "B C:40", False),
        ("B C ; LogProbs", "B C", True),
        ("B C", "B C ; LogProbs", False),
        ("B ; TokenIds(29)", "B ; Labels(29)", True),
        ("B ; TokenIds", "B ; Labels(29)", False),
        ("B:3", "B", True),
        ("B", "B:?", True),
        ("B:?", "B", False),
        ("list[B T:3]", "list[B T]", True),
        ("object Text", "{}", True),
        ("{}", "object Text", False),
        ("B T", "B", False),
    ],
)
def test_refinement(left: str, right: str, answer: bool) -> None:
    """Everything of the left type is also of the right one."""
    assert refines(NeuralType(left), NeuralType(right)) is answer
    assert NeuralType(left).refines(NeuralType(right)) is answer


def test_a_new_leaf_tag_changes_no_old_result() -> None:
    """Declaring a tag leaves every old comparison as it was (law 14)."""
    old = [NeuralType(text) for text in ("B T", "B Token", "T B", "B Spectrogram", "B Channel")]
    before = [one.compare(other) for one in old for other in old]

    class PhonemeTag(TokenTag, id="asr.Phoneme"):
        """A tag that did not exist before."""

    new = NeuralType("B Phoneme", tags=[PhonemeTag])
    assert [one.compare(other) for one in old for other in old] == before
    assert new.compare(NeuralType("B Token")) is LESS
    assert NeuralType("B Token").compare(new) is GREATER
