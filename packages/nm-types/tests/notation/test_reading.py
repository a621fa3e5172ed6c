"""The notations: one value from strings, dicts of axes and plain data; errors that point at the place."""

import pytest

from nm_types import (
    AxisType,
    BatchTag,
    ChannelTag,
    HeightTag,
    ImageEmbeddingTag,
    Labels,
    LogProbs,
    Loss,
    NeuralType,
    SpectrogramTag,
    TimeTag,
    TokenTag,
    TypeSyntaxError,
    UnknownNameError,
    WidthTag,
)
from nm_types.notation import check_input


class PhonemeTag(TokenTag, id="asr.Phoneme"):
    """A tag of a collection."""


class OtherPhonemeTag(TokenTag, id="other.Phoneme"):
    """A tag with the bare name of one of another collection."""


class OtherTimeTag(TokenTag, id="other.Time"):
    """A tag with the bare name of one of nm-types."""


def test_the_paper_declares_ports_with_axis_types() -> None:
    """The two port declarations of the paper are the string notation."""
    image = {0: AxisType(BatchTag), 1: AxisType(ChannelTag), 2: AxisType(HeightTag, 224), 3: AxisType(WidthTag, 224)}

    assert NeuralType(image) == NeuralType("B C H:224 W:224")
    assert NeuralType({0: AxisType(BatchTag), 1: AxisType(ImageEmbeddingTag)}) == NeuralType("Batch ImageEmbedding")
    spectrogram = {0: AxisType(BatchTag), 1: AxisType(SpectrogramTag, 64), 2: AxisType(TimeTag)}
    assert NeuralType(spectrogram) == NeuralType("B Spectrogram:64 T")
    assert NeuralType(spectrogram, kind=LogProbs) == NeuralType("B Spectrogram:64 T ; LogProbs")
    assert NeuralType(spectrogram, kind=Labels(29)) == NeuralType("B Spectrogram:64 T ; Labels(29)")
    assert NeuralType({}, kind=Loss) == NeuralType("; Loss")
    assert NeuralType({}) == NeuralType("{}")


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("B T:t C", "Batch Time:t Channel"),
        ("  B   T:t ;LogProbs ", "Batch Time:t ; LogProbs"),
        ("B nm.Time:t", "Batch Time:t"),
        ("{}", "{}"),
        ("; Loss", "; Loss"),
        ("B ; Labels( n )", "Batch ; Labels(n)"),
        ("B ; Labels()", "Batch ; Labels"),
        ("B ; Lengths((t+1)//2)", "Batch ; Lengths((t+1)//2)"),
        ("B Encoded:{d}*({k}-1) T:t//{s}", "Batch Encoded:{d}*({k}-1) Time:t//{s}"),
        ("B T:?", "Batch Time"),
        ("B:? T", "Batch:? Time"),
        ("object Text", "object Text"),
        ("list[object Text]", "list[object Text]"),
        ("list[list[B T:t ; Labels]]", "list[list[Batch Time:t ; Labels]]"),
        ("list[{}]", "list[{}]"),
        ("*s 'A:{d}", "*s 'A:{d}"),
        ("B 'A<=Channel:n_i T", "Batch 'A<=Channel:n_i Time"),
        ("*a 'A<=Channel:sum(n_i) *b", "*a 'A<=Channel:sum(n_i) *b"),
    ],
)
def test_a_type_prints_in_its_string_form(written: str, printed: str) -> None:
    """The text of a type is its notation, and reads back to an equal type with an equal hash (law 12)."""
    type = NeuralType(written)

    assert str(type) == printed
    assert repr(type) == f'NeuralType("{printed}")'
    assert NeuralType(str(type)) == type
    assert hash(NeuralType(str(type))) == hash(type)
    assert NeuralType.from_dict(type.to_dict()) == type


def test_plain_data_has_qualified_ids() -> None:
    """The data form is for files and tools."""
    type = NeuralType("B Spectrogram:64 T:t ; Labels(n)")

    assert type.to_dict() == {
        "axes": [{"tag": "nm.Batch"}, {"tag": "nm.Spectrogram", "size": 64}, {"tag": "nm.Time", "size": "t"}],
        "values": {"kind": "nm.Labels", "sizes": ["n"]},
    }
    assert NeuralType("{}").to_dict() == {}


def test_foreign_tags_come_from_an_explicit_scope() -> None:
    """A collection's tag is understood where it is given, bare or qualified, and printed qualified."""
    type = NeuralType("B Phoneme:u", tags=[PhonemeTag])

    assert str(type) == "Batch asr.Phoneme:u"
    assert NeuralType(str(type), tags=[PhonemeTag]) == type
    assert NeuralType.from_dict(type.to_dict(), tags=[PhonemeTag]) == type
    with pytest.raises(UnknownNameError, match=r"asr\.Phoneme"):
        NeuralType("B asr.Phoneme:u")


def test_a_bare_name_of_two_collections_is_an_error() -> None:
    """Both ids are named; the qualified form is understood."""
    with pytest.raises(UnknownNameError, match=r"asr\.Phoneme or\s+other\.Phoneme"):
        NeuralType("B Phoneme", tags=[PhonemeTag, OtherPhonemeTag])
    assert str(NeuralType("B asr.Phoneme", tags=[PhonemeTag, OtherPhonemeTag])) == "Batch asr.Phoneme"


def test_a_bare_name_of_nm_types_keeps_its_meaning() -> None:
    """A collection's tag of that name is written qualified (laws 12 and 14)."""
    for text in ("B Time", "B nm.Time", "B T"):
        assert NeuralType(text, tags=[OtherTimeTag]) == NeuralType("B T")
    assert str(NeuralType("B other.Time", tags=[OtherTimeTag])) == "Batch other.Time"


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("B Spectrgram:64", "NM002", 'Did you mean "Spectrogram"'),
        ("B ; Logprobs", "NM003", 'Did you mean "LogProbs"'),
        ("", "NM001", "it is empty"),
        ("B spec", "NM001", "begins with a capital word"),
        ("B T:0", "NM001", "at least 1, got 0"),
        ("B T:t+", "NM001", "it ends where"),
        ("B T:t%2", "NM001", '"%" has no place'),
        ("B T:-1", "NM001", 'missing before "-"'),
        ("B T:t//u", "NM001", "never by an unknown"),
        ("B T:", "NM001", 'missing after ":"'),
        ("B T ;", "NM001", 'missing after ";"'),
        ("B ; Text", "NM001", 'write "object Text"'),
        ("object LogProbs", "NM001", "kind of tensors"),
        ("B ; labels", "NM001", "is no kind of values"),
        ("B ; Labels(1,2)", "NM004", "has 1 sizes"),
        ("*s *t *u", "NM001", "one row"),
        ("*s B T *t", "NM001", "one row"),
        ("*a B *b C *d", "NM001", "one row"),
        ("*S", "NM001", "a star and a lowercase name"),
        ("B 'a", "NM001", "begins with a capital word"),
        ("B 'A<=Chanel", "NM002", 'Did you mean "Channel"'),
        ("list[B T", "NM001", "begins with a capital word"),
    ],
)
def test_wrong_notations_are_pointed_at(written: str, code: str, words: str) -> None:
    """The error has a code, shows the text with a mark under the place, and says what is wrong."""
    with pytest.raises(TypeSyntaxError) as caught:
        NeuralType(written)

    message = str(caught.value)
    assert words in message
    assert caught.value.code == code
    assert f'    "{written}"\n' in message
    assert "^" in message


@pytest.mark.parametrize("written", ["*s *t", "*s 'A *t", "list[*s *t]"])
def test_an_output_may_have_rows_that_no_input_can_have(written: str) -> None:
    """Inputs decide the rows of an output; two rows of an input need an axis between them that its tag tells."""
    type = NeuralType(written)

    assert NeuralType(str(type)) == NeuralType.from_dict(type.to_dict()) == type
    with pytest.raises(TypeSyntaxError, match="an input has one row; two only around one axis"):
        check_input(type)
    check_input(NeuralType("*s 'A<=Channel *t"))


@pytest.mark.parametrize("axes", [{1: AxisType(BatchTag)}, {0: BatchTag}, {0: "B"}])
def test_wrong_axes_are_refused(axes: object) -> None:
    """Positions count from zero, and every axis is an AxisType."""
    with pytest.raises(TypeSyntaxError, match=r"NeuralType\(\{...\}\)"):
        NeuralType(axes)  # type: ignore[arg-type]


def test_other_wrong_arguments_are_refused() -> None:
    """No tag, a kind twice, something else than a type."""
    with pytest.raises(TypeSyntaxError, match="expected a tag class"):
        AxisType(LogProbs)  # type: ignore[arg-type]
    with pytest.raises(TypeSyntaxError, match="given twice"):
        NeuralType("B ; Loss", kind=LogProbs)
    with pytest.raises(TypeSyntaxError, match="expected a string"):
        NeuralType(3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        {"tags": []},
        {"axes": [], "list": {}},
        {"axes": "B T"},
        {"axes": [{"size": 3}]},
        {"axes": [{"tag": "nm.Time", "size": [3]}]},
        {"axes": [{"tag": "nm.Time", "length": 3}]},
        {"axes": [{"row": 3}]},
        {"axes": [], "values": {"kind": "nm.Text"}},
        {"values": {"kind": "nm.Labels"}},
        {"values": {"sizes": []}},
        {"values": {"kind": "nm.Labels", "sizes": 3}},
        "B T",
    ],
)
def test_wrong_data_is_refused(data: object) -> None:
    """Files are read from strangers: whatever is not of the form is an error of ours."""
    with pytest.raises(TypeSyntaxError):
        NeuralType.from_dict(data)  # type: ignore[arg-type]


def test_what_is_written_by_strangers_is_bounded() -> None:
    """Neither long notations nor deep lists cost time or stack without end."""
    deep: dict[str, object] = {}
    for _ in range(5000):
        deep = {"list": deep}

    for wrong in ("list[" * 5000 + "]" * 5000, "B T:" + "(" * 5000, "B " * 5000):
        with pytest.raises(TypeSyntaxError):
            NeuralType(wrong)
    with pytest.raises(TypeSyntaxError):
        NeuralType.from_dict(deep)
    assert NeuralType("list[" * 100 + "{}" + "]" * 100).is_list


class Whole:
    """A whole number of another library, such as numpy.int64."""

    def __index__(self) -> int:
        return 4


def test_whole_numbers_of_other_libraries_are_sizes() -> None:
    """Of axes and of kinds: what counts in Python counts here."""
    assert AxisType(ChannelTag, Whole()) == AxisType(ChannelTag, 4)
    assert NeuralType({0: AxisType(BatchTag)}, kind=Labels(Whole())) == NeuralType("B ; Labels(4)")


@pytest.mark.parametrize("size", [256 / 2, 2.5, True, [4], object()])
def test_what_is_no_whole_number_is_no_size(size: object) -> None:
    """Never a name of its own; a float is told how to divide."""
    for make in (lambda: AxisType(ChannelTag, size), lambda: Labels(size)):  # type: ignore[arg-type]
        with pytest.raises(TypeSyntaxError, match="is no size") as caught:
            make()
        assert ("//" in str(caught.value)) is isinstance(size, float)
