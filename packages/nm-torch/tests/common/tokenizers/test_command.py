"""The command `nmod tokenizer`."""

from pathlib import Path

from click.testing import CliRunner

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
