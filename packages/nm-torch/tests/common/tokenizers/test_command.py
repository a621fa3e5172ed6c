"""The command `nmod tokenizer`."""

from pathlib import Path

from click.testing import CliRunner

from nm_core.cli.output_file import OutputFileError
from nm_torch.common import load_tokenizer
from nm_torch.common.tokenizers.command import tokenizer


def test_a_tokenizer_is_trained_from_files(tmp_path: Path) -> None:
    """Both files are read, and the tokenizer is written where it was asked for."""
    for name, text in (("a.en", "one two\n"), ("a.de", "eins zwei\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    output = tmp_path / "made" / "words.json"

    result = CliRunner().invoke(
        tokenizer, ["train", "--kind", "word", "-o", str(output), str(tmp_path / "a.en"), str(tmp_path / "a.de")]
    )

    assert result.exit_code == 0, result.output
    assert "8 ids" in result.output
    assert load_tokenizer(output).vocabulary_size == 8
    shown = CliRunner().invoke(tokenizer, ["encode", str(output), "two eins six"])
    assert shown.output.splitlines()[1] == "two eins \N{DOUBLE QUESTION MARK}"


def test_an_older_tokenizer_is_not_overwritten_by_mistake(tmp_path: Path) -> None:
    """Models need the tokenizer that they were trained with: it is refused before the training, unless told."""
    (tmp_path / "a.en").write_text("one two", encoding="utf-8")
    output = tmp_path / "new" / "words.json"
    arguments = ["train", "--kind", "word", "-o", str(output), str(tmp_path / "a.en")]
    assert CliRunner().invoke(tokenizer, arguments).exit_code == 0
    before = output.read_bytes()
    (tmp_path / "a.en").write_text("three four five", encoding="utf-8")

    refused = CliRunner().invoke(tokenizer, arguments)

    assert isinstance(refused.exception, OutputFileError)
    assert "--overwrite" in str(refused.exception)
    assert output.read_bytes() == before
    assert CliRunner().invoke(tokenizer, [*arguments, "--overwrite"]).exit_code == 0
    assert output.read_bytes() != before
