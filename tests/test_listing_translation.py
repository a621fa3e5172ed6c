"""The paper's third listing, translation with a Transformer, as it is written there."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest

import nm_core
import nm_nlp
from nm_core import Callback, Run

DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
}


class LossCurve(Callback):
    """Keeps what each log point says."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, run: Run, values: Mapping[str, float]) -> None:
        self.losses.append(values["loss"])


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of numbers spelt digit by digit in two languages, with word pieces for both."""
    folder = tmp_path_factory.mktemp("numbers")
    stream = random.Random(5)
    written = [[stream.randrange(10) for _ in range(stream.randint(1, 4))] for _ in range(400)]
    texts = []
    for language, words in DIGITS.items():
        lines = [" ".join(words[digit] for digit in number) for number in written]
        (folder / f"train.{language}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        texts += lines
    nm_nlp.train_tokenizer("sentencepiece", texts, vocabulary_size=40).save(folder / "pieces.model")
    return folder


def test_the_listing_trains(numbers: Path, tmp_path: Path) -> None:
    """Names, ports and order of outputs are the paper's; the loss halves, and the saved model translates."""
    size = {"vocabulary_size": 40, "hidden_size": 32}
    blocks = {"num_layers": 1, "num_heads": 4, "inner_size": 64, "dropout": 0.0}
    tokenizer = numbers / "pieces.model"
    curve = LossCurve()

    nf = nm_core.NeuralModuleFactory(placement="cpu")
    train_data_layer = nm_nlp.TranslationDataLayer(
        source=numbers / "train.en",
        target=numbers / "train.de",
        source_tokenizer=tokenizer,
        batch_tokens=400,
        source_vocabulary=40,
        target_vocabulary=40,
    )
    encoder = nm_nlp.TransformerEncoderNM(**size, **blocks, tokenizer=tokenizer, name="encoder")
    decoder = nm_nlp.TransformerDecoderNM(**size, **blocks, tokenizer=tokenizer, name="decoder")
    log_softmax = nm_nlp.TransformerLogSoftmaxNM(**size, name="log_softmax")
    loss = nm_nlp.PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1)
    nf.tie("decoder.embedding.weight", "log_softmax.weight")

    src, src_mask, tgt, tgt_mask, labels, sent_ids = train_data_layer()  # noqa: RUF059
    src_hiddens = encoder(input_ids=src, input_mask_src=src_mask)
    tgt_hiddens = decoder(input_ids_tgt=tgt, hidden_states_src=src_hiddens, input_mask_src=src_mask, input_mask_tgt=tgt_mask)  # noqa: E501 # fmt: skip
    log_probs = log_softmax(hidden_states=tgt_hiddens)
    train_loss = loss(log_probs=log_probs, target_ids=labels)

    result = nf.train(
        tensors_to_optimize=[train_loss],
        callbacks=[curve],
        optimizer={"name": "adam", "lr": 0.01},
        max_steps=100,
        log_every=10,
    )

    assert result.step == 100
    assert curve.losses[-1] < curve.losses[0] / 2
    assert decoder.embedding.weight is log_softmax.weight
    graph = nm_core.Graph(
        {"log_probs": log_probs}, inputs={"src": src, "src_mask": src_mask, "tgt": tgt, "tgt_mask": tgt_mask}
    )
    saved = nf.save(tmp_path / "numbers", graphs={"infer": graph})
    application = nm_core.load_application(saved, placement="cpu")
    live = nm_nlp.Translator(encoder, decoder, log_softmax)
    sentences = ["one two", "seven three nine", "four"]
    assert application.translate(sentences) == live.translate(sentences)
    assert application.translate("seven three nine", beam_size=1) == live.translate(["seven three nine"], beam_size=1)
