"""The recipe `translation`: a Transformer for parallel text of one's own, with a tokenizer trained on it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from nm_core.scaffold import Content, RecipeRequest, RecipeResult, ScaffoldError
from nm_nlp.errors import TokenizerError
from nm_nlp.recipes.parallel_data import ParallelData, write_lines
from nm_nlp.recipes.translator_parts import (
    ADVICE,
    COMMENTS,
    SIZES,
    list_graphs,
    list_metrics,
    list_modules,
    list_training,
)
from nm_torch.common.tokenizers.files import train_tokenizer
from nm_torch.common.tokenizers.protocol import Tokenizer

_VOCABULARIES = ((100_000, 8000), (10_000, 4000), (2_000, 2000), (500, 1000), (0, 400), (0, 200), (0, 100), (0, 60))
"""How many pairs a vocabulary needs, largest first; those at the end are for tiny texts."""
_BATCH_TOKENS = 2000
_LONGEST = 100
_FEW = 1000


def make_application(request: RecipeRequest) -> RecipeResult:
    """Look at the text, train a tokenizer and make the application.

    Raises:
        ParallelTextError, TokenizerError, ScaffoldError: the text cannot be used, or an option has no meaning.
    """
    train = ParallelData.read(request.train)
    dev, test = (ParallelData.read(paths) if paths else None for paths in (request.dev, request.test))
    facts, warnings = [f"{len(train):,} pairs of lines to learn from."], []
    for data in (train, dev, test):
        if data is not None and data.empty:
            warnings.append(f"{data.paths[0]}: {data.empty:,} pairs with an empty side are left out.")
    held_out_N = train.set_aside() if dev is None else numpy.zeros(len(train), bool)
    paths, files = _place_files(request, train, held_out_N)
    count = len(train) - int(held_out_N.sum())
    if dev is None:
        facts.append(
            f"{len(train) - count:,} of them are set aside as {paths['dev_source']} and {paths['dev_target']}: those "
            "whose sources have the lowest checksums. Equal sources are never parted."
        )
    name, tokenizer, content = _train_tokenizer(request, list(train.texts(~held_out_N)), count)
    facts.append(f"{name} has {tokenizer.vocabulary_size} ids for both languages, learnt from the text.")
    sizes = _measure(train, tokenizer)
    size = _choose_size(request, count)
    facts.append(f"The model is {size}; there are {', '.join(SIZES)} (--option size=NAME).")
    batch_tokens = min(_BATCH_TOKENS, max(int(sizes.max()), int(sizes.sum()) // 4))
    if batch_tokens < _BATCH_TOKENS:
        warnings.append(f"The text is so small that a batch has {batch_tokens} tokens only.")
    if count < _FEW:
        warnings.append(f"Only {count} pairs to learn from: a translator needs tens of thousands.")
    long = int((sizes > _LONGEST + 1).sum())
    if long:
        warnings.append(f"{long:,} pairs with more than {_LONGEST} tokens on a side are left out of the training.")
    scored = ["dev"] if test is None else ["dev", "test"]
    _, model = SIZES[size]
    params = {
        **paths,
        "tokenizer": name,
        "vocabulary": tokenizer.vocabulary_size,
        "batch_tokens": batch_tokens,
        **model,
    }
    application: dict[str, Any] = {
        "nm": "app/1",
        "description": f"{request.name}: translation with a {size} Transformer.",
        "requires": {"nm-nlp": ">=0.1"},
        "seed": 0,
        "params": params,
        "modules": list_modules(["train", *scored], _LONGEST),
        "graphs": list_graphs(scored),
        "tasks": {"translate": "infer"},
        "tie": [["encoder.embedding.weight", "decoder.embedding.weight", "log_softmax.weight"]],
        "train": list_training(size, count),
        "eval": {"metrics": list_metrics(scored[-1])},
    }
    return RecipeResult(
        application=application,
        comments=COMMENTS,
        files={**files, name: content},
        facts=tuple(facts),
        warnings=tuple(warnings),
        advice=ADVICE,
    )


def _place_files(
    request: RecipeRequest, train: ParallelData, held_out_N: NDArray[numpy.bool_]
) -> tuple[dict[str, str], dict[str, Content]]:
    """Return the parameters that name text, and the files that are written where a part is set aside."""
    sides = ("source", "target")
    paths: dict[str, str] = {}
    files: dict[str, Content] = {}
    for name, data_paths in (("train", request.train), ("dev", request.dev), ("test", request.test)):
        # dev and test may be left out, and then have no paths for either side
        for side, path in zip(sides, data_paths, strict=bool(data_paths)):
            paths[f"{name}_{side}"] = request.path_from_folder(path)
    if not request.dev:
        ends = _choose_suffixes(train.paths)
        for side, end, lines in zip(sides, ends, (train.source, train.target), strict=True):
            for name, chosen_N in (("train", ~held_out_N), ("dev", held_out_N)):
                paths[f"{name}_{side}"] = f"{name}{end}"
                files[f"{name}{end}"] = write_lines(lines, chosen_N)
    names = [f"{name}_{side}" for name in ("train", "dev", "test") for side in sides]
    return {name: _escape(paths[name]) for name in names if name in paths}, files


def _choose_suffixes(paths: Sequence[Path]) -> tuple[str, str]:
    source, target = (path.suffix for path in paths)
    differ = source != target and source and target and not {source, target} & {".yaml", ".model", ".json"}
    return (source, target) if differ else (".source", ".target")


def _train_tokenizer(request: RecipeRequest, texts: list[str], count: int) -> tuple[str, Tokenizer, bytes]:
    """Return the file, the tokenizer and its content: word pieces, or characters where the text is too small."""
    option = request.options.get("vocabulary")
    if option is not None and not (option.isascii() and option.isdigit() and int(option) > 0):
        raise ScaffoldError(f"--option vocabulary={option} is no number of word pieces.\n  Expected one such as 8000.")
    sizes = [int(option)] if option else [size for pairs, size in _VOCABULARIES if count >= pairs]
    for size in sizes:
        try:
            tokenizer = train_tokenizer("sentencepiece", texts, vocabulary_size=size)
        except TokenizerError:
            if option:
                raise
            continue  # so many pieces are not in the text
        return "pieces.model", tokenizer, _read_saved(tokenizer)
    tokenizer = train_tokenizer("character", texts)
    return "characters.json", tokenizer, _read_saved(tokenizer)


def _read_saved(tokenizer: Tokenizer) -> bytes:
    with tempfile.TemporaryDirectory(prefix="nmod-new-") as folder:
        path = Path(folder, "tokenizer")
        tokenizer.save(path)
        return path.read_bytes()


def _measure(train: ParallelData, tokenizer: Tokenizer) -> NDArray[numpy.int64]:
    """Return the tokens of the longer side of each pair, its end included, int64 [N]."""
    lengths_NS = [
        [len(tokenizer.encode(lines[line])) for line in range(len(lines))] for lines in (train.source, train.target)
    ]
    return numpy.asarray(lengths_NS, numpy.int64).max(axis=0) + 1


def _choose_size(request: RecipeRequest, count: int) -> str:
    option = request.options.get("size")
    if option is not None and option not in SIZES:
        raise ScaffoldError(f"--option size={option}: there is no such size.\n  Expected {' or '.join(SIZES)}.")
    return option or next(size for size, (pairs, _) in SIZES.items() if count <= pairs)


def _escape(text: str) -> str:
    """Return a text as it stands in an application, where a dollar sign begins the name of a parameter."""
    return f"${text}" if text.startswith("$") else text
