"""The graphs of the paper's listings and of the examples are decided while they are built: nothing is left to a run."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import nm_asr
import nm_nlp
from nm_core import Graph, check_file
from nm_core.drawing import Mark, Sketch
from nm_core.graphs.open_checks import checks
from nm_torch import lower
from nm_torch.common import DecoderRNN, SequenceLoss

EXAMPLES = Path(__file__).parent.parent / "examples"
LABELS = [" ", "a", "b", "c"]


def recognition(attention: bool, tones: Path) -> Graph:
    """The first listing, with CTC, or the second, with attention."""
    data_layer = nm_asr.AudioToTextDataLayer(manifest=str(tones), labels=LABELS, batch_size=8)
    encoder = nm_asr.JasperEncoder(feat_in=64, blocks=[{"filters": 32, "kernel": 11, "stride": 2, "separable": True}])
    spec, spec_len, transcript, transcript_len = data_layer()
    encoded, encoded_len = encoder(audio_signal=spec, length=spec_len)
    if attention:
        connected = nm_asr.JasperRNNConnector(in_channels=32, out_channels=48)(tensor=encoded)
        decoder = DecoderRNN(num_labels=len(LABELS), encoder_size=48, hidden_size=48, dropout=0.0)
        log_probs, _ = decoder(targets=transcript, encoder_outputs=connected)
        return Graph(SequenceLoss()(log_probs=log_probs, targets=transcript))
    log_probs = nm_asr.JasperDecoderForCTC(feat_in=32, num_classes=len(LABELS))(encoder_output=encoded)
    loss = nm_asr.CTCLossNM()
    return Graph(loss(log_probs=log_probs, targets=transcript, input_length=encoded_len, target_length=transcript_len))


def translation(folder: Path) -> Graph:
    """The third listing."""
    lines = ["one two", "three four five", "six seven", "eight nine zero ten"] * 8
    for language in ("en", "de"):
        (folder / f"train.{language}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    tokenizer = folder / "pieces.model"
    nm_nlp.train_tokenizer("sentencepiece", lines, vocabulary_size=24).save(tokenizer)
    size = {"vocabulary_size": 24, "hidden_size": 16}
    blocks = {"num_layers": 1, "num_heads": 2, "inner_size": 32, "dropout": 0.0}
    data_layer = nm_nlp.TranslationDataLayer(
        source=folder / "train.en",
        target=folder / "train.de",
        source_tokenizer=tokenizer,
        batch_tokens=100,
        source_vocabulary=24,
        target_vocabulary=24,
    )
    encoder = nm_nlp.TransformerEncoderNM(**size, **blocks, tokenizer=tokenizer, name="encoder")
    decoder = nm_nlp.TransformerDecoderNM(**size, **blocks, tokenizer=tokenizer, name="decoder")
    src, src_mask, tgt, tgt_mask, labels, _ = data_layer()
    hidden = decoder(
        input_ids_tgt=tgt,
        hidden_states_src=encoder(input_ids=src, input_mask_src=src_mask),
        input_mask_src=src_mask,
        input_mask_tgt=tgt_mask,
    )
    log_probs = nm_nlp.TransformerLogSoftmaxNM(**size, name="log_softmax")(hidden_states=hidden)
    return Graph(nm_nlp.PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1)(log_probs=log_probs, target_ids=labels))


@pytest.mark.parametrize(
    "build",
    [
        lambda tones, folder: recognition(False, tones),
        lambda tones, folder: recognition(True, tones),
        lambda tones, folder: translation(folder),
    ],
    ids=["ctc", "attention", "translation"],
)
def test_a_listing_lowers_to_the_calls_of_its_modules_and_no_check(
    build: Callable[[Path, Path], Graph], tones: Path, tmp_path: Path
) -> None:
    """Count 0: no edge is open, no code compares or measures anything, and each module is called once."""
    graph = build(tones, tmp_path)
    plan = graph.plan()

    code = str(type(lower(plan)).__doc__)

    assert checks(plan) == {}
    assert "shape_checks" not in code
    assert len(re.findall(r"\.(compute|summed)\(", code)) == len(plan.framework)
    assert {edge.mark for edge in Sketch.of(graph).edges} == {Mark.PLAIN}


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("**/*.yaml")), ids=lambda path: path.stem)
def test_an_example_leaves_nothing_to_check(file: Path) -> None:
    """`nmod check` has nothing to note about its connections."""
    assert check_file(file).notes == ()
