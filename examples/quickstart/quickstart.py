"""From nothing to a speech recogniser: synthesise, connect, draw, train, measure, save, transcribe.

Run it with `tox run -e quickstart`, or, where `nm-asr[quickstart]` is installed, with `python quickstart.py`.
It needs no download and no GPU. One synthesiser speaks, in many voices, with pauses, rooms and noise: the recogniser
shows the way and hears such voices, but hardly people, whom it has never heard.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

import torch

import nm_asr
from nm_asr.data.corpus import synthesize_corpus
from nm_core import Graph, NeuralModuleFactory, NeuralTypeError, inputs, load_application
from nm_core.drawing import svg
from nm_torch.callbacks import EvaluationCallback, ProgressCallback

LABELS = " abcdefghijklmnopqrstuvwxyz"
BANDS = 64
FILTERS = 128
BLOCKS = [
    {"filters": FILTERS, "kernel": 11, "stride": 2, "separable": True},
    {"filters": FILTERS, "kernel": 11, "repeat": 2, "separable": True, "residual": True},
    {"filters": FILTERS, "kernel": 13, "repeat": 2, "separable": True, "residual": True},
    {"filters": FILTERS, "kernel": 15, "repeat": 2, "separable": True, "residual": True},
]
MASKS = {"freq_masks": 1, "freq_width": 8, "time_masks": 1, "time_width": 0.05}


def main() -> None:
    """Run all steps; each prints what it did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("runs/quickstart"), help="where everything is written")
    parser.add_argument("--seed", type=int, default=0, help="initial weights, order of the data, augmentation")
    parser.add_argument("--epochs", type=int, default=6, help="passes over the training data")
    parser.add_argument("--utterances", type=int, default=9600, help="recordings to train on")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    torch.set_num_threads(max(1, (os.cpu_count() or 2) - 1))  # one core reads ahead, the others compute

    title("1. Speak: ten digits and twenty command words, by a synthesiser in many voices")
    start = time.perf_counter()
    corpus = synthesize_corpus(folder / "corpus", train_utterances=arguments.utterances)
    print(f"{corpus.seconds / 60:.0f} minutes of speech in {time.perf_counter() - start:.0f} seconds;", end=" ")
    print(f"{len(corpus.train_voices)} voices to learn from, {len(corpus.test_voices)} others to be tested on")

    title("2. Connect: every port has a type, and every connection is checked where it is made")
    factory = NeuralModuleFactory(seed=arguments.seed, work_dir=folder)
    data = {"labels": LABELS, "features": "audio"}
    train_data = factory.create(
        "asr.AudioToTextDataLayer",
        name="train_data",
        manifest=str(corpus.train),
        batch_size=32,
        shuffle=True,
        bucketing=True,
        workers=1,
        augmentation=[{"type": "speed", "low": 0.9, "high": 1.1}],
        **data,
    )
    test_data = factory.create("asr.AudioToTextDataLayer", name="test_data", manifest=str(corpus.test), **data)
    front_end = factory.create("asr.AudioToMelSpectrogramPreprocessor", name="front_end", n_mels=BANDS)
    augmentation = factory.create("asr.SpectrogramAugmentation", name="augmentation", **MASKS)
    encoder = factory.create("asr.JasperEncoder", name="encoder", feat_in=BANDS, blocks=BLOCKS)
    decoder = factory.create("asr.JasperDecoderForCTC", name="decoder", feat_in=FILTERS, num_classes=len(LABELS))
    ctc_loss = factory.create("asr.CTCLossNM", name="ctc_loss")
    greedy = factory.create("asr.GreedyCTCDecoder", name="greedy", labels=LABELS)

    audio, audio_len, transcript, transcript_len = train_data()
    spec, spec_len = front_end(audio=audio, length=audio_len)
    augmented = augmentation(spec=spec, length=spec_len)
    encoded, encoded_len = encoder(audio_signal=augmented, length=spec_len)
    log_probs = decoder(encoder_output=encoded)
    loss = ctc_loss(log_probs=log_probs, targets=transcript, input_length=encoded_len, target_length=transcript_len)

    graph = Graph({"loss": loss}, name="train")
    for tensor in (tensor for call in graph.calls for tensor in call.tensors()):
        print(f"  {tensor.name:26} {tensor.type}")
    print("\nA mistake on purpose: the encoder halves the frames, and the loss is given the lengths from before.\n")
    try:
        ctc_loss(log_probs=log_probs, targets=transcript, input_length=spec_len, target_length=transcript_len)
    except NeuralTypeError as error:
        print(error)

    def recognise(audio, length):
        spec, spec_len = front_end(audio=audio, length=length)
        encoded, encoded_len = encoder(audio_signal=spec, length=spec_len)
        return greedy(log_probs=decoder(encoder_output=encoded), length=encoded_len)

    heard = test_data()
    hypotheses = recognise(heard[0], heard[1])
    word_errors = nm_asr.WordErrorRate(hypotheses=hypotheses, references=heard[2], labels=LABELS)

    title("3. Draw")
    picture = folder / "train.svg"
    picture.write_text(svg(graph), encoding="utf-8")
    print(f"the graph above as a picture: {picture}")

    title("4. Train")
    result = factory.train(
        [loss],
        callbacks=[ProgressCallback(), EvaluationCallback(word_errors, every_epochs=2, name="unheard voices")],
        optimizer={"name": "adamw", "lr": 0.01, "betas": [0.9, 0.98], "weight_decay": 0.01},
        policy={"name": "cosine", "warmup_ratio": 0.1},
        gradient_clip_norm=5.0,
        max_epochs=arguments.epochs,
        restart=True,  # run again, it moves the earlier run aside, to runs/quickstart/earlier-1
    )
    print(f"{result.step} updates in {result.seconds:.0f} seconds, the evaluations included")

    title("5. Measure: on voices it never heard")
    scores = factory.eval(word_errors)
    print(f"word error rate {100 * scores['wer']:.2f} % over {scores['words']:.0f} words")

    title("6. Save: one folder that holds everything it needs")
    free = inputs(audio="B T:t ; AudioSignal(16000)", length="B ; Lengths(t)")
    infer = Graph({"hypotheses": recognise(free.audio, free.length)}, name="infer")
    saved = factory.save(folder / "application", graphs={"infer": infer})
    print(saved)

    title("7. Use: three recordings it never heard")
    application = load_application(saved)
    for line in corpus.test.read_text(encoding="utf-8").splitlines()[:3]:
        entry = json.loads(line)
        recording = corpus.test.parent / entry["audio_filepath"]
        hypothesis = application.transcribe(recording)
        print(f"{recording}  (said: {entry['text']})")
        for word in hypothesis.words:
            print(f"  {word.start:5.2f} to {word.end:5.2f} s  {word.text:10} {100 * word.confidence:3.0f} %")

    title("Next")
    nmod = os.path.relpath(Path(sys.executable).with_name("nmod"))
    print("The same from the command line, or with a recording of yours:")
    print(f"  {nmod} infer {saved} {recording}")
    print("What else is installed, and what the encoder can be told:")
    print(f"  {nmod} modules\n  {nmod} modules asr.JasperEncoder")
    print("Train on recordings of your own, from a file: docs/getting-started.md")


def title(text: str) -> None:
    """Print the title of a step."""
    print(f"\n=== {text}\n", flush=True)


if __name__ == "__main__":
    main()
