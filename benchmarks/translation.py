"""Training and translating: target tokens per second of a Transformer with 256 features and 3 + 3 layers.

Batches of about 2,000 target tokens, a vocabulary of 4,000, AdamW. The plain loop trains torch's `nn.Transformer` of
the same size on the same batches, already in memory; ours reads its data layer and goes through the engine. Both take
turns, so that a busy machine troubles both alike; on one thread the tokens per second of processor time hardly see
what else runs.

Use: `python benchmarks/translation.py [--threads 2] [--rounds 3] [--steps 20] [--output FILE]`. Sentences are made up,
with the lengths of image captions.
"""

import argparse
import json
import random
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

import nm_core
import nm_nlp
from nm_nlp.translation.beam import search_translations
from nm_torch.common.search import SearchOptions
from nm_torch.modes import evaluation_mode

VOCABULARY, SIZE, HEADS, INNER, LAYERS = 4000, 256, 8, 1024, 3
PAIRS, BATCH_TOKENS = 12_000, 2000


class Plain(nn.Module):
    """The model as most people write it."""

    def __init__(self) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(VOCABULARY, SIZE), nn.Embedding(VOCABULARY, SIZE)
        self.positions = nn.Parameter(torch.randn(256, SIZE) * 0.02)
        self.transformer = nn.Transformer(SIZE, HEADS, LAYERS, LAYERS, INNER, 0.1, batch_first=True, norm_first=True)
        self.project = nn.Linear(SIZE, VOCABULARY, bias=False)
        self.project.weight = self.target.weight
        self.loss = nn.CrossEntropyLoss(ignore_index=0, label_smoothing=0.1)

    def forward(self, src: Tensor, src_mask: Tensor, tgt: Tensor, tgt_mask: Tensor, labels: Tensor) -> Tensor:
        """Return the loss of a batch."""
        length = tgt.shape[1]
        states = self.transformer(
            self.source(src) + self.positions[: src.shape[1]],
            self.target(tgt) + self.positions[:length],
            tgt_mask=torch.ones(length, length, dtype=torch.bool).triu(1),
            src_key_padding_mask=~src_mask,
            tgt_key_padding_mask=~tgt_mask,
            memory_key_padding_mask=~src_mask,
        )
        return self.loss(self.project(states).flatten(0, 1), labels.flatten())


def write_corpus(folder: Path) -> None:
    """Write made-up parallel text with the lengths of image captions, and the tokenizer of both sides."""
    stream = random.Random(0)
    words = [f"w{number}" for number in range(VOCABULARY - 4)]
    source = [max(4.0, stream.lognormvariate(2.6, 0.35)) for _ in range(PAIRS)]
    for side, lengths in {"source": source, "target": [n * stream.uniform(0.85, 1.15) for n in source]}.items():
        lines = [" ".join(stream.choices(words, k=round(length))) for length in lengths]
        (folder / side).write_text("\n".join(lines) + "\n", encoding="utf-8")
    nm_nlp.WordTokenizer(words).save(folder / "words.json")


class Ours:
    """The listing's modules, trained by the engine."""

    def __init__(self, folder: Path) -> None:
        tokenizer = folder / "words.json"
        self.data = nm_nlp.TranslationDataLayer(
            source=folder / "source",
            target=folder / "target",
            source_tokenizer=tokenizer,
            batch_tokens=BATCH_TOKENS,
        )
        size = {"vocabulary_size": VOCABULARY, "hidden_size": SIZE}
        blocks = {"num_layers": LAYERS, "num_heads": HEADS, "inner_size": INNER, "tokenizer": tokenizer}
        encoder = nm_nlp.TransformerEncoderNM(**size, **blocks, name="encoder")
        decoder = nm_nlp.TransformerDecoderNM(**size, **blocks, name="decoder")
        log_softmax = nm_nlp.TransformerLogSoftmaxNM(**size, name="log_softmax")
        loss = nm_nlp.PaddedSmoothedCrossEntropyLossNM(label_smoothing=0.1)
        self.factory = nm_core.NeuralModuleFactory(placement="cpu")
        self.factory.tie("decoder.embedding.weight", "log_softmax.weight")
        src, src_mask, tgt, tgt_mask, labels, _ = self.data()
        hidden = encoder(input_ids=src, input_mask_src=src_mask)
        states = decoder(input_ids_tgt=tgt, hidden_states_src=hidden, input_mask_src=src_mask, input_mask_tgt=tgt_mask)
        self.loss = loss(log_probs=log_softmax(hidden_states=states), target_ids=labels)
        self.translator = nm_nlp.Translator(encoder, decoder, log_softmax)
        self.steps = 0

    def train(self, steps: int) -> None:
        """Go on for so many steps."""
        self.steps += steps
        self.factory.train([self.loss], optimizer={"name": "adamw", "lr": 1e-4}, max_steps=self.steps)


class Speed(NamedTuple):
    """Tokens per second of the clock, and of processor time over all threads."""

    clock: float
    processor: float


def timed(action: Callable[[], int]) -> Speed:
    """Return the speed of an action that returns its number of tokens."""
    clock, processor = time.perf_counter(), time.process_time()
    tokens = action()
    return Speed(tokens / (time.perf_counter() - clock), tokens / (time.process_time() - processor))


def training(folder: Path, rounds: int, steps: int) -> tuple[dict[str, list[Speed]], Ours]:
    """Return the speed of each round in target tokens, by system."""
    ours, plain = Ours(folder), Plain()
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-4)
    plan = ours.data.plan_epoch(0, 0)[: (rounds + 1) * steps]
    batches = [ours.data.load(indices)[:5] for indices in plan]

    def train_plain(first: int) -> int:
        for batch in batches[first : first + steps]:
            optimizer.zero_grad()
            plain(*batch).backward()
            optimizer.step()
        return tokens(first)

    def train_ours(first: int) -> int:
        ours.train(steps)
        return tokens(first)

    def tokens(first: int) -> int:
        return sum(int(batch[3].sum()) for batch in batches[first : first + steps])

    train_ours(0)
    train_plain(0)
    speeds: dict[str, list[Speed]] = {"nm-nlp": [], "plain nn.Transformer": []}
    for first in range(steps, (rounds + 1) * steps, steps):
        speeds["nm-nlp"].append(timed(partial(train_ours, first)))
        speeds["plain nn.Transformer"].append(timed(partial(train_plain, first)))
    return speeds, ours


def translating(ours: Ours, rounds: int) -> dict[str, list[Speed]]:
    """Return the speed of each round in tokens written: 16 for each of 128 sentences, and the end."""
    batch = ours.data.load(range(128))
    model = ours.translator

    def translate(beam_size: int) -> int:
        options = SearchOptions(bos=1, eos=2, forbidden=(0, 1, 3), beam_size=beam_size, min_length=16)
        with torch.inference_mode(), evaluation_mode(model.encoder):
            hidden = model.encoder(batch.src, batch.src_mask)
            found = search_translations(
                model.decoder, model.log_softmax, hidden, batch.src_mask, options, length_factor=0.0, length_extra=16
            )
        return sum(len(best[0].symbols) + 1 for best in found)

    return {
        f"nm-nlp, beam {beam_size}": [timed(partial(translate, beam_size)) for _ in range(rounds)]
        for beam_size in (1, 4)
    }


def main() -> None:
    """Print medians, and write all figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    warnings.filterwarnings("ignore", message="enable_nested_tensor")  # of the plain model
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_corpus(folder)
        trained, ours = training(folder, given.rounds, given.steps)
        written = translating(ours, given.rounds)
    print(f"target tokens, {given.threads} threads, median of {given.rounds} rounds of {given.steps} steps")
    print(f"{'':24} {'per second':>12} {'per second of processor time':>30}")
    for system, speeds in {**trained, **written}.items():
        clock, processor = (statistics.median(side) for side in zip(*speeds, strict=True))
        print(f"{system:24} {clock:12.0f} {processor:30.0f}")
    if given.output:
        command = (
            f"python benchmarks/translation.py --threads {given.threads} --rounds {given.rounds} --steps {given.steps}"
        )
        facts = {"command": command, "date": date.today().isoformat(), "torch": torch.__version__}
        figures = {
            system: {
                "tokens_per_second": [round(speed.clock) for speed in speeds],
                "tokens_per_processor_second": [round(speed.processor) for speed in speeds],
            }
            for system, speeds in {**trained, **written}.items()
        }
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps({**facts, "target_tokens": figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
