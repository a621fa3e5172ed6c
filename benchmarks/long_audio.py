"""Peak memory and time of transcribing long recordings, window by window and whole.

Each measurement is a process of its own, so that peaks do not mix. Without an application an untrained recogniser of
the quickstart's size is measured; without recordings, synthesised noise. Recordings are repeated to the length asked
for.

    python benchmarks/long_audio.py --minutes 10 60 --application runs/quickstart/application fsdd/wav/*.wav
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import torch

import nm_asr
from nm_asr.data.audio import read_audio
from nm_core import Graph, NeuralModuleFactory, inputs, load_application

RATE = 16000
LABELS = " abcdefghijklmnopqrstuvwxyz"
BLOCKS = [
    {"filters": 128, "kernel": 11, "stride": 2, "separable": True},
    {"filters": 128, "kernel": 11, "repeat": 2, "separable": True, "residual": True},
    {"filters": 128, "kernel": 13, "repeat": 2, "separable": True, "residual": True},
    {"filters": 128, "kernel": 15, "repeat": 2, "separable": True, "residual": True},
]


def main() -> None:
    """Measure in processes and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", type=Path, nargs="*", help="repeated, in this order")
    parser.add_argument("--application", type=Path, help="a saved application that transcribes")
    parser.add_argument("--minutes", type=float, nargs="+", default=[10.0, 60.0])
    parser.add_argument("--whole", action="store_true", help="without windows too, to compare the texts")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure is not None:
        measure(**arguments.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        application = arguments.application or save_untrained(Path(folder))
        for minutes in arguments.minutes:
            path = Path(folder) / f"{minutes:g}.flac"
            write_recording(path, arguments.recordings, minutes)
            texts = {}
            for window in [120.0, None] if arguments.whole else [120.0]:
                settings = {
                    "application": str(application),
                    "path": str(path),
                    "window": window,
                    "threads": arguments.threads,
                }
                command = [sys.executable, __file__, "--measure", json.dumps(settings)]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                record = json.loads(done.stdout.splitlines()[-1])
                texts[window] = record.pop("text")
                print(f"{minutes:g} minutes, {'windows' if window else 'whole'}: {json.dumps(record)}", flush=True)
            if len(texts) == 2:
                metric = nm_asr.WordErrorRate(labels=LABELS)
                metric.update_texts([texts[120.0]], [texts[None]])
                print(f"  words of the windows that differ from the whole: {100 * metric.compute()['wer']:.2f} %")


def measure(application: str, path: str, window: float | None, threads: int) -> None:
    """Transcribe in this process and print the peak of its memory and its speed."""
    torch.set_num_threads(threads)
    recogniser = load_application(application, placement="cpu")
    rate = 8000 if "8000" in str(next(iter(recogniser.graph_of("transcribe").inputs.values())).type) else RATE
    recogniser.transcribe(np.zeros(rate, np.float32))  # what is loaded at the first call is no part of the speed
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, busy = time.perf_counter(), time.process_time()
    hypothesis = recogniser.transcribe(path, window_seconds=window or float("inf"))
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    minutes = soundfile.info(path).duration / 60
    record = {
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "before_mib": round(before),
        "seconds_per_minute": round(seconds / minutes, 4),
        "processor_seconds_per_minute": round(busy / minutes, 4),
        "words": len(hypothesis.words),
        "text": hypothesis.text,
    }
    print(json.dumps(record))


def write_recording(path: Path, recordings: list[Path], minutes: float) -> None:
    """Write recordings with pauses between them, again and again, until the length is reached."""
    random = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        number, rest = 0, round(minutes * 60 * RATE)
        while rest > 0:
            samples = (
                read_audio(recordings[number % len(recordings)], RATE)
                if recordings
                else 0.1 * random.standard_normal(RATE).astype(np.float32)
            )
            part = np.concatenate([samples, 1e-3 * random.standard_normal(RATE // 4).astype(np.float32)])[:rest]
            file.write(part)
            number, rest = number + 1, rest - len(part)


def save_untrained(folder: Path) -> Path:
    """Save a recogniser of the quickstart's size that has learned nothing."""
    factory = NeuralModuleFactory(placement="cpu", seed=0)
    free = inputs(audio=f"B T:t ; AudioSignal({RATE})", length="B ; Lengths(t)")
    spec, spec_len = nm_asr.AudioToMelSpectrogramPreprocessor()(audio=free.audio, length=free.length)
    encoded, encoded_len = nm_asr.JasperEncoder(feat_in=64, blocks=BLOCKS)(audio_signal=spec, length=spec_len)
    log_probs = nm_asr.JasperDecoderForCTC(feat_in=128, num_classes=len(LABELS))(encoder_output=encoded)
    hypotheses = nm_asr.GreedyCTCDecoder(labels=LABELS)(log_probs=log_probs, length=encoded_len)
    return factory.save(folder / "application", graphs={"infer": Graph({"hypotheses": hypotheses}, name="infer")})


if __name__ == "__main__":
    main()
