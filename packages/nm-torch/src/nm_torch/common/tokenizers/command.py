"""The command `nmod tokenizer`: train a tokenizer on text files, and try it on a text."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from nm_core.cli.output import json_option, print_json
from nm_core.cli.output_file import try_file, write_file
from nm_torch.common.text_files import read_lines
from nm_torch.common.tokenizers.files import KINDS, load_tokenizer, train_tokenizer


@click.group()
def tokenizer() -> None:
    """Train tokenizers and try them.

    \b
    nmod tokenizer train train.de train.en -o shared.model --vocabulary-size 8000
    nmod tokenizer encode shared.model "ein Satz"

    Next: an application names the file as the parameter tokenizer of its data layers.
    """


@tokenizer.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--output", "-o", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--kind", type=click.Choice(list(KINDS)), default="sentencepiece", show_default=True)
@click.option("--vocabulary-size", type=int, help="Ids, the four special ones included.")
@click.option("--model-type", type=click.Choice(["unigram", "bpe"]), help="The method of sentencepiece.")
@click.option("--lowercase", is_flag=True, help="Fold words to lower case.")
@click.option("--overwrite", is_flag=True, help="Replace the file that is there.")
@json_option
def train(
    files: tuple[Path, ...],
    output: Path,
    kind: str,
    vocabulary_size: int | None,
    model_type: str | None,
    lowercase: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Train a tokenizer on UTF-8 text files, one sentence a line.

    Give the training text of both languages for one vocabulary.
    """
    # What was trained with an older tokenizer cannot be used with another one.
    advice = "Models that were trained with it need it. Name another file, or give --overwrite."
    try_file(output, replaces=lambda head: overwrite, advice=advice)
    values = {"vocabulary_size": vocabulary_size, "model_type": model_type, "lowercase": lowercase or None}
    options: dict[str, Any] = {name: value for name, value in values.items() if value is not None}
    trained = train_tokenizer(kind, _read_all(files), **options)
    write_file(output, trained.save)
    if as_json:
        print_json({"file": str(output), "kind": kind, "vocabulary_size": trained.vocabulary_size})
    else:
        click.echo(f"{output}: a {kind} tokenizer with {trained.vocabulary_size} ids.")


@tokenizer.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("text")
@json_option
def encode(file: Path, text: str, as_json: bool) -> None:
    """Show the ids of a text, and the text decoded from them."""
    loaded = load_tokenizer(file)
    ids = loaded.encode(text)
    if as_json:
        print_json({"ids": list(map(int, ids)), "text": loaded.decode(ids)})
        return
    click.echo(" ".join(map(str, ids)))
    click.echo(loaded.decode(ids))


def _read_all(files: tuple[Path, ...]) -> Iterator[str]:
    for file in files:
        yield from read_lines(file)
