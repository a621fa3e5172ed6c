"""The translation data layer: what is in a batch, its types, its errors."""

from pathlib import Path
from typing import Any

import pytest
import torch
from nm_nlp_samples import Corpus

from nm_nlp import TranslationDataLayer, load_tokenizer
from nm_nlp.errors import LeftOutWarning, ParallelTextError, TokenizerError


def layer(corpus: Corpus, **changes: Any) -> TranslationDataLayer:
    """Return a data layer over the corpus."""
    return TranslationDataLayer(**{**corpus._asdict(), "batch_tokens": 40, **changes})


def test_a_batch_holds_its_sentences(corpus: Corpus) -> None:
    """Ids, masks and line numbers of every batch are those of the files; labels are the target one position later."""
    source, target = (path.read_text(encoding="utf-8").splitlines() for path in corpus[:2])
    english, german = (load_tokenizer(path) for path in corpus[2:])
    lines = []

    for batch in layer(corpus):
        assert {batch.src.dtype, batch.tgt.dtype, batch.labels.dtype, batch.sent_ids.dtype} == {torch.int64}
        assert {batch.src_mask.dtype, batch.tgt_mask.dtype} == {torch.bool}
        for row, line in enumerate(batch.sent_ids.tolist()):
            assert batch.src[row][batch.src_mask[row]].tolist() == [*english.encode(source[line]), english.eos_id]
            assert batch.tgt[row][batch.tgt_mask[row]].tolist() == [german.bos_id, *german.encode(target[line])]
            assert batch.labels[row][batch.tgt_mask[row]].tolist() == [*german.encode(target[line]), german.eos_id]
        for ids, mask in ((batch.src, batch.src_mask), (batch.tgt, batch.tgt_mask), (batch.labels, batch.tgt_mask)):
            assert (ids[~mask] == 0).all()
            assert not (mask[:, :-1] < mask[:, 1:]).any(), "padding stands on the right"
        lines += batch.sent_ids.tolist()

    assert sorted(lines) == list(range(60))


def test_batches_keep_to_their_tokens_and_are_of_like_length(corpus: Corpus) -> None:
    """No padded batch is larger than asked for, and bucketing leaves little padding."""
    shapes = [(batch.src.shape, int(batch.src_mask.sum())) for batch in layer(corpus).epoch(seed=1, epoch=3)]

    assert all(shape.numel() <= 40 for shape, _ in shapes)
    assert sum(real for _, real in shapes) > 0.9 * sum(shape.numel() for shape, _ in shapes)


def test_batches_by_number_in_the_order_of_the_files(corpus: Corpus) -> None:
    """Without shuffling and bucketing lines come as they stand."""
    batches = list(layer(corpus, batch_tokens=None, batch_size=7, shuffle=False, bucketing=False))

    assert [int(line) for batch in batches for line in batch.sent_ids] == list(range(60))
    assert [len(batch.src) for batch in batches] == [7] * 8 + [4]


def test_sizes_of_vocabularies_are_part_of_the_types(corpus: Corpus) -> None:
    """Given sizes are in the types and checked against the tokenizers; ungiven ones have a name."""
    assert str(layer(corpus).outputs["src"].type) == "Batch SourceToken:s ; TokenIds(source_vocabulary)"
    assert str(layer(corpus).outputs["labels"].type) == "Batch TargetToken:t ; NextTokenIds(target_vocabulary)"
    typed = layer(corpus, source_vocabulary=10, target_vocabulary=10)
    assert str(typed.outputs["labels"].type) == "Batch TargetToken:t ; NextTokenIds(10)"
    with pytest.raises(TokenizerError, match="target_vocabulary is 11, and the tokenizer has 10 ids"):
        layer(corpus, target_vocabulary=11)


def test_samples_are_named_by_their_lines(corpus: Corpus) -> None:
    """Messages call a pair by the line of its source, as editors count."""
    data = layer(corpus)
    assert data.sample_name(4) == f"{corpus.source}:5"


def test_left_out_pairs_are_counted(corpus: Corpus, tmp_path: Path) -> None:
    """Filters say how many pairs they left out; a layer that nothing is left of is an error."""
    target = tmp_path / "target"
    lines = corpus.target.read_text(encoding="utf-8").splitlines()
    target.write_text("\n".join(["", *lines[1:]]) + "\n", encoding="utf-8")

    with pytest.warns(LeftOutWarning, match="51 of 60 pairs kept; left out: 1 with an empty side, 8 too long"):
        limited = layer(corpus, target=target, max_length=6)

    assert (limited.filtered.pairs, limited.filtered.empty, limited.filtered.too_long) == (60, 1, 8)
    assert len(limited) == 51
    assert sorted(int(i) for batch in limited for i in batch.sent_ids)[0] == 1
    with pytest.raises(ParallelTextError, match=r"60 too long.*\n.*max_length"):
        layer(corpus, max_length=0)


def test_files_of_unlike_length_are_an_error(corpus: Corpus, tmp_path: Path) -> None:
    """The message says both numbers of lines."""
    shorter = tmp_path / "shorter.de"
    shorter.write_text("null\neins\n", encoding="utf-8")
    with pytest.raises(ParallelTextError, match=r"text.en has 60 lines and .*shorter.de has 2"):
        layer(corpus, target=shorter)


def test_one_tokenizer_may_serve_both_sides(corpus: Corpus) -> None:
    """Without a target tokenizer that of the source reads both files."""
    shared = layer(corpus, target=corpus.source, target_tokenizer=None)

    batch = next(iter(shared))
    assert torch.equal(batch.src, batch.labels)
