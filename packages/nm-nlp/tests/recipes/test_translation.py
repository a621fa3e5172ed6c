"""The recipe `translation`: what is chosen follows from the text, and what is odd in the text is said."""

from pathlib import Path

import pytest

from nm_core import check_file
from nm_core.plugins import Collections
from nm_core.scaffold import RecipeRequest, RecipeResult, ScaffoldError, find_recipe, write_application
from nm_nlp.errors import TokenizerError
from nm_nlp.recipes.translation import make_application

WORDS = ("snow", "dog", "house", "river", "green", "walks", "sees", "under")
SENTENCES = [" ".join(WORDS[(n * k) % 8] for k in (1, 3, 5, 7)) + f" {n}" for n in range(60)]


def write_pair(
    folder: Path, name: str, sentences: list[str], ends: tuple[str, str] = (".en", ".de")
) -> tuple[Path, Path]:
    """Write sentences and what stands for their translations; return both files."""
    paths = folder / f"{name}{ends[0]}", folder / f"{name}{ends[1]}"
    paths[0].write_text("".join(f"{line}\n" for line in sentences), encoding="utf-8")
    paths[1].write_text("".join(f"{line[::-1]}\n" for line in sentences), encoding="utf-8")
    return paths


def make(folder: Path, sentences: list[str], **options: str) -> RecipeResult:
    """Make the application for sentences."""
    train = write_pair(folder, "all", sentences)
    return make_application(RecipeRequest(name="mine", folder=folder / "mine", train=train, options=options))


def test_the_vocabulary_is_that_of_the_tokenizer(tmp_path: Path) -> None:
    """Word pieces are learnt from the text that is left to learn from, as many as it has."""
    result = make(tmp_path, SENTENCES)

    name = result.application["params"]["tokenizer"]
    assert name == "pieces.model"
    assert isinstance(result.files[name], bytes)
    assert any(f"has {result.application['params']['vocabulary']} ids" in fact for fact in result.facts)
    assert set(result.files) == {"train.en", "train.de", "dev.en", "dev.de", name}


def test_a_text_of_a_few_words_is_cut_into_characters(tmp_path: Path) -> None:
    """Two sentences hold no word pieces."""
    result = make(tmp_path, ["ab", "ba b"])

    assert result.application["params"]["tokenizer"] == "characters.json"
    assert result.application["params"]["batch_tokens"] < 2000
    assert any("Only 1 pairs" in line for line in result.warnings)


def test_odd_pairs_are_counted(tmp_path: Path) -> None:
    """Empty sides, and sentences beyond the longest that is learnt from."""
    warnings = make(tmp_path, [*SENTENCES, "", " ".join(SENTENCES)]).warnings

    assert any("1 pairs with an empty side" in line for line in warnings)
    assert any("1 pairs with more than 100 tokens" in line for line in warnings)


def test_a_vocabulary_that_is_asked_for_is_not_changed(tmp_path: Path) -> None:
    """It is an error where the text does not have so many pieces, and no other number."""
    assert make(tmp_path, SENTENCES, vocabulary="70").application["params"]["vocabulary"] == 70
    with pytest.raises(TokenizerError, match="50000"):
        make(tmp_path, SENTENCES, vocabulary="50000")
    for options in ({"vocabulary": "many"}, {"size": "huge"}):
        with pytest.raises(ScaffoldError, match="Expected"):
            make(tmp_path, SENTENCES, **options)


@pytest.mark.parametrize("size", ["small", "medium", "large"])
@pytest.mark.parametrize(
    ("sets", "ends"), [((), (".txt", ".txt2")), (("dev",), (".en", ".de")), (("dev", "test"), ("", ""))]
)
def test_what_is_written_has_no_problems(
    tmp_path: Path, sets: tuple[str, ...], ends: tuple[str, str], size: str
) -> None:
    """Every size and any of the data sets give an application that `nmod check` passes."""
    ends = ends if any(ends) else ("-source", "-target")
    files = {name: write_pair(tmp_path, name, SENTENCES, ends) for name in ("train", *sets)}
    request = RecipeRequest(name="mine", folder=tmp_path / "mine", options={"size": size}, **files)

    written = write_application(find_recipe(Collections.load(), "nlp.translation"), request)

    report = check_file(written.file)
    assert report.ok, str(report)
