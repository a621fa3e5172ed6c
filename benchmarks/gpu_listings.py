"""The listings that `gpu.py` trains: small corpora, the paper's graphs over them, and what a training leaves behind."""

import json
import random
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor, nn

import nm_asr
import nm_core
import nm_nlp

RATE = 16_000
PITCHES = {"a": 400.0, "b": 900.0, "c": 1800.0}
WORDS = [f"w{number}" for number in range(996)]


class LossCurve(nm_core.Callback):
    """Keeps the loss of each log point."""

    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_log(self, run: nm_core.Run, values: Mapping[str, float]) -> None:
        """Keep the loss."""
        self.losses.append(values["loss"])


def write_corpora(folder: Path, pairs: int) -> None:
    """Write 24 recordings of tones with their manifest, and made-up parallel text with its tokenizer."""
    stream, noise = random.Random(0), numpy.random.default_rng(11)
    seconds = numpy.arange(int(0.12 * RATE)) / RATE
    entries = []
    for number in range(24):
        text = "".join(stream.choices(list(PITCHES), k=stream.randint(2, 4)))
        sound = numpy.concatenate([numpy.sin(2 * numpy.pi * PITCHES[letter] * seconds) for letter in text])
        sound = 0.3 * sound + 0.01 * noise.normal(size=len(sound))
        with wave.open(str(folder / f"{number:02d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((sound * 32767).astype("<i2").tobytes())
        entries.append({"audio_filepath": f"{number:02d}.wav", "duration": len(sound) / RATE, "text": text})
    (folder / "tones.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    sentences = [stream.choices(WORDS[:50], k=stream.randint(4, 24)) for _ in range(pairs)]
    for side, step in (("source", 1), ("target", -1)):  # the translation of a sentence is the sentence backwards
        lines = [" ".join(sentence[::step]) for sentence in sentences]
        (folder / side).write_text("\n".join(lines) + "\n", encoding="utf-8")
    nm_nlp.WordTokenizer(WORDS).save(folder / "words.json")


class Speech:
    """The paper's first listing: log-mel features, a Jasper encoder, CTC."""

    optimizer: Mapping[str, Any] = {"name": "adam", "lr": 0.02}
    steps = 40

    def __init__(self, folder: Path, *, workers: int = 0, dropout: float = 0.0) -> None:
        labels = [" ", *PITCHES]
        blocks = [
            {"filters": 32, "kernel": 11, "stride": 2, "separable": True, "dropout": dropout},
            {"filters": 32, "kernel": 11, "separable": True, "residual": True, "dropout": dropout},
        ]
        self.data = nm_asr.AudioToTextDataLayer(
            manifest=str(folder / "tones.jsonl"), labels=labels, batch_size=8, workers=workers
        )
        encoder = nm_asr.JasperEncoder(feat_in=64, blocks=blocks, name="encoder")
        decoder = nm_asr.JasperDecoderForCTC(feat_in=32, num_classes=len(labels), name="decoder")
        self.modules: list[nn.Module] = [encoder, decoder]
        spec, spec_len, transcript, transcript_len = self.data()
        encoded, encoded_len = encoder(audio_signal=spec, length=spec_len)
        log_probs = decoder(encoder_output=encoded)
        self.loss = nm_asr.CTCLossNM()(
            log_probs=log_probs, targets=transcript, input_length=encoded_len, target_length=transcript_len
        )
        self.graph = nm_core.Graph({"log_probs": log_probs}, inputs={"spec": spec, "spec_len": spec_len})

    def prepare(self, factory: nm_core.NeuralModuleFactory) -> None:
        """Nothing to tie."""

    def example(self) -> dict[str, Tensor]:
        """Return inputs of the graph that is saved."""
        return {"spec": torch.linspace(-1, 1, 2 * 64 * 90).view(2, 64, 90), "spec_len": torch.tensor([90, 70])}


class Translation:
    """The paper's third listing: a Transformer with one embedding for targets and outputs."""

    optimizer: Mapping[str, Any] = {"name": "adam", "lr": 0.003}
    steps = 80

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 0,
        dropout: float = 0.0,
        hidden: int = 64,
        layers: int = 1,
        batch_tokens: int = 800,
    ) -> None:
        tokenizer = folder / "words.json"
        self.data = nm_nlp.TranslationDataLayer(
            source=folder / "source",
            target=folder / "target",
            source_tokenizer=tokenizer,
            batch_tokens=batch_tokens,
            workers=workers,
        )
        size = {"vocabulary_size": len(WORDS) + 4, "hidden_size": hidden}
        blocks = {"num_layers": layers, "num_heads": 4, "inner_size": 4 * hidden, "dropout": dropout}
        encoder = nm_nlp.TransformerEncoderNM(**size, **blocks, tokenizer=tokenizer, name="encoder")
        decoder = nm_nlp.TransformerDecoderNM(**size, **blocks, tokenizer=tokenizer, name="decoder")
        log_softmax = nm_nlp.TransformerLogSoftmaxNM(**size, name="log_softmax")
        self.modules: list[nn.Module] = [encoder, decoder, log_softmax]
        src, src_mask, tgt, tgt_mask, labels, _ = self.data()
        hidden_states = encoder(input_ids=src, input_mask_src=src_mask)
        states = decoder(
            input_ids_tgt=tgt, hidden_states_src=hidden_states, input_mask_src=src_mask, input_mask_tgt=tgt_mask
        )
        log_probs = log_softmax(hidden_states=states)
        self.loss = nm_nlp.PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1)(log_probs=log_probs, target_ids=labels)
        free = {"src": src, "src_mask": src_mask, "tgt": tgt, "tgt_mask": tgt_mask}
        self.graph = nm_core.Graph({"log_probs": log_probs}, inputs=free)

    def prepare(self, factory: nm_core.NeuralModuleFactory) -> None:
        """Tie the embedding of targets to the output layer."""
        factory.tie("decoder.embedding.weight", "log_softmax.weight")

    def example(self) -> dict[str, Tensor]:
        """Return inputs of the graph that is saved."""
        ids, mask = torch.arange(4, 24).view(2, 10), torch.ones(2, 10, dtype=torch.bool)
        return {"src": ids, "src_mask": mask, "tgt": ids.flip(1), "tgt_mask": mask}


@dataclass
class Trained:
    """A listing after a training, its losses by update, and its factory."""

    listing: Speech | Translation
    losses: list[float]
    factory: nm_core.NeuralModuleFactory

    def weights(self) -> list[Tensor]:
        """Return all weights and statistics, on the CPU."""
        return [tensor.detach().cpu() for module in self.listing.modules for tensor in module.state_dict().values()]

    def outputs(self) -> list[Tensor]:
        """Compute the log-probabilities of the example, on the CPU, one tensor for each sample."""
        records = self.factory.infer(self.listing.graph, inputs=self.listing.example())
        return [torch.as_tensor(value).cpu() for value in records.collect()["log_probs"]]


def train(
    listing: Speech | Translation,
    placement: str,
    *,
    steps: int = 10,
    log_every: int = 1,
    resume: str | None = None,
    callbacks: Sequence[nm_core.Callback] = (),
    **settings: Any,
) -> Trained:
    """Train a listing, by a factory with these settings."""
    factory = nm_core.NeuralModuleFactory(placement=placement, **settings)
    listing.prepare(factory)
    curve = LossCurve()
    factory.train(
        [listing.loss],
        callbacks=[curve, *callbacks],
        optimizer=dict(listing.optimizer),
        max_steps=steps,
        log_every=log_every,
        resume=resume,
    )
    return Trained(listing, curve.losses, factory)


def seeded(build: type[Speech] | type[Translation], folder: Path, **options: Any) -> Speech | Translation:
    """Build a listing whose first weights are always the same."""
    torch.manual_seed(0)
    return build(folder, **options)
