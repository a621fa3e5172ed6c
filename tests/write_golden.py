"""Write what the installed version makes of the applications of a folder: data, weights, checkpoints and results.

    python tests/write_golden.py /data/golden/v0_1

`tests/golden/README.md` says when, and what comes of it.
"""

import io
import json
import math
import platform
import shutil
import sys
import wave
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import sentencepiece
import torch
from safetensors.torch import save_file
from torch import Tensor

import nm_asr
import nm_core
import nm_nlp
import nm_torch
import nm_types
from golden_modules import GoldenPlugin
from nm_core import Application, load_application
from nm_core.application import check_file
from nm_core.plugins import Collections

RATE = 8000
PITCHES = {"a": 400.0, "b": 800.0, "c": 1600.0}
TEXTS = ("a", "ab", "cab c", "bca", "c ab")
NUMBERS = {"en": ["one", "two", "three", "four"], "de": ["eins", "zwei", "drei", "vier"]}
TOKENIZERS = {"words.json": "word", "characters.json": "character", "pieces.model": "sentencepiece"}
SENTENCES = ["one two", "four four three one", "", "nine one"]

FOLDERS = ("attention", "modules", "speech", "stopping", "train_sgd", "translation_word")
ARCHIVES = ("speech", "train_adamw", "translation_character", "translation_sentencepiece", "translation_word")
"""Applications that are saved, as folders and as archives."""

UNTRAINED = ("gpu", "gpu_tf32", "further")

RESUMED_FROM = {"speech": 38, "modules": 4, "translation_word": 58}
"""The update of the checkpoint that is kept; 2 where not given."""

WITHOUT_CHECKPOINT = ("translation_character", "translation_sentencepiece")

GROUPS = ("backends", "callbacks", "commands", "metrics", "optimizers", "policies", "tasks", "tokenizers")


def load_golden(path: Path, **settings: Any) -> Application:
    """Load an application that may use the modules of `golden_modules`, for a processor."""
    if path.stem.startswith("gpu"):
        settings |= {"precision": "fp32", "strategy": "single"}
    collections = Collections.load({"golden": GoldenPlugin()})
    return load_application(path, collections=collections, placement="cpu", **settings)


def notes_of(path: Path) -> list[str]:
    """Return what a check of an application notes, each with its line.

    Raises:
        ApplicationFileError: the application has problems.
    """
    report = check_file(path, collections=Collections.load({"golden": GoldenPlugin()}))
    report.raise_if_bad()
    return [note.removeprefix(f"{path}:") for note in report.notes]


def environment() -> dict[str, Any]:
    """Return what decides the last bit of a sum."""
    model = [line for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")]
    return {
        "torch": torch.__version__,
        "machine": platform.machine(),
        "processor": model[0].partition(":")[2].strip() if model else platform.processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "threads": torch.get_num_threads(),
    }


def inputs_of(name: str) -> dict[str, dict[str, Any]]:
    """Return values for the free inputs of an application's graphs, as plain data."""
    random = numpy.random.default_rng(0)

    def numbers(*shape: int) -> Any:
        return random.normal(size=shape).round(2).tolist()

    if name == "modules":
        spec = {"spec": numbers(2, 8, 11)}
        turned = {"spec": numpy.transpose(spec["spec"], (0, 2, 1)).tolist()}
        moved = {"spec": numpy.transpose(spec["spec"], (2, 0, 1)).tolist()}
        return {"infer": {**spec, "length": [11, 7]}, "cast": turned, "cast_here": moved}
    if name == "attention":
        targets = [[0, 1, 2], [3, 2, -1]]
        return {"infer": {"spec": numbers(2, 8, 9), "length": [9, 6], "targets": targets}}
    if name == "stopping":
        return {"infer": {"spec": numbers(2, 6, 9), "length": [9, 6]}}
    if name == "further":
        return {"infer": {"x": numbers(2, 3, 8)}}
    if name.startswith("train_"):
        return {"infer": {"x": numbers(3, 2)}}
    if name.startswith("translation_"):
        ones = [[1, 1, 1], [1, 1, 0]]
        texts = {"src": [[4, 5, 2], [6, 2, 0]], "src_mask": ones, "tgt": [[1, 4, 6], [1, 5, 0]], "tgt_mask": ones}
        return {"predict": texts}
    return {}


def results_of(name: str, app: Application, data: Path) -> dict[str, Any]:
    """Return what an application gives for the inputs of `inputs_of` and, where it has a verb, for recordings or text.

    Args:
        name: the application's name.
        app: the application.
        data: the folder with the recordings.
    """
    results: dict[str, Any] = {}
    for graph, values in inputs_of(name).items():
        tensors = {key: torch.tensor(value) for key, value in values.items()}
        collected = app.infer(graph, **tensors).collect()
        results[graph] = {key: [_plain(value) for value in row] for key, row in collected.items()}
    if name == "speech":
        heard = app.transcribe([data / f"{number}.wav" for number in range(len(TEXTS))])
        results["transcribe"] = [
            {
                "text": each.text,
                "tokens": [[token.id, token.text] for token in each.tokens],
                "words": [[word.text, word.start, word.end, word.confidence] for word in each.words],
                "confidence": each.confidence,
                "unit": each.unit,
            }
            for each in heard
        ]
    if name.startswith("translation_"):
        results["translate"] = app.translate(SENTENCES, beam_size=2)
    return results


def weights_of(app: Application) -> dict[str, Tensor]:
    """Return every weight and buffer by its full name; tied weights stand under each of their names."""
    return {
        f"{name}.{weight}": value.detach().clone()
        for name, module in app.factory.modules.items()
        if isinstance(module, torch.nn.Module)
        for weight, value in module.state_dict().items()
        if isinstance(value, Tensor)
    }


def registered_names() -> dict[str, Any]:
    """Return the names that files and programs use: ids, verbs, commands, codes and public names of the packages."""
    collections = Collections.load()
    kinds: tuple[Any, ...] = collections.kinds()
    tags: tuple[Any, ...] = collections.tags()
    packages = (nm_types, nm_core, nm_torch, nm_torch.common, nm_asr, nm_nlp)
    return {
        "modules": sorted(collections.versioned(id) for id in collections.modules),
        **{group: sorted(collections.names(group)) for group in GROUPS},
        "kinds": sorted(id for kind in kinds for id in (kind.id, *kind.formerly)),
        "tags": sorted(id for tag in tags for id in (tag.id, *tag.formerly)),
        "codes": sorted(nm_types.CODES),
        "public": {package.__name__: sorted(package.__all__) for package in packages},
    }


def write_data(folder: Path) -> None:
    """Write recordings in which each letter is a tone, parallel text, and a tokenizer of each kind."""
    random = numpy.random.default_rng(11)
    seconds = numpy.arange(int(0.08 * RATE)) / RATE
    lines = []
    for number, text in enumerate(TEXTS):
        tones = [numpy.sin(2 * math.pi * PITCHES.get(letter, 0.0) * seconds) for letter in text]
        samples = 0.3 * numpy.concatenate(tones) + 0.01 * random.normal(size=len(text) * len(seconds))
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes((samples * 32767).astype("<i2").tobytes())
        lines.append({"audio_filepath": f"{number}.wav", "duration": len(samples) / RATE, "text": text})
    _write_lines(folder / "tones.jsonl", map(json.dumps, lines))
    sentences = [random.integers(4, size=random.integers(1, 6)).tolist() for _ in range(12)]
    texts = {
        language: [" ".join(words[number] for number in sentence) for sentence in sentences]
        for language, words in NUMBERS.items()
    }
    for language, translated in texts.items():
        _write_lines(folder / f"text.{language}", translated)
    encoded = {}
    for file_name, kind in TOKENIZERS.items():
        learned = texts["en"] + texts["de"]
        tokenizer = train_pieces(learned) if kind == "sentencepiece" else nm_nlp.train_tokenizer(kind, learned)
        tokenizer.save(folder / file_name)
        ids = [list(map(int, tokenizer.encode(sentence))) for sentence in SENTENCES]
        encoded[file_name] = {"ids": ids, "texts": [tokenizer.decode(row) for row in ids]}
    _write_json(folder / "tokenizers.json", encoded)


def train_pieces(texts: list[str]) -> Any:
    """Return a sentencepiece tokenizer without the table of normalisations, which is 240 kB."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=24,
        normalization_rule_name="identity",
        pad_id=0,
        bos_id=1,
        eos_id=2,
        unk_id=3,
        minloglevel=2,
    )
    return nm_nlp.SentencePieceTokenizer(model.getvalue())


def write_application(folder: Path, name: str) -> None:
    """Train an application; keep a checkpoint, the last weights, what was saved and what that gives."""
    run = folder / "run" / name
    app = load_golden(Path(f"{name}.yaml"), work_dir=run)
    recorded: dict[str, Any] = {"notes": notes_of(Path(f"{name}.yaml"))}
    if name not in UNTRAINED:
        ended = app.train()
        recorded["train"] = {"step": ended.step, "epoch": ended.epoch, "reason": ended.reason}
        save_file({key: value.contiguous() for key, value in weights_of(app).items()}, f"ends/{name}.safetensors")
        if name not in WITHOUT_CHECKPOINT:
            (checkpoint,) = (run / "checkpoints").glob(f"*-step-{RESUMED_FROM.get(name, 2)}")
            shutil.copytree(checkpoint, folder / "checkpoints" / name)
        if app.entry.eval is not None:
            recorded["scores"] = app.eval()
        if name in FOLDERS:
            app.save(f"saved/{name}")
        if name in ARCHIVES:
            app.save(f"saved/{name}.zip")
    recorded["results"] = results_of(name, app, folder)
    _write_json(folder / "results" / f"{name}.json", recorded)


def main() -> None:
    """Write everything; `further` comes last, since it begins with what the others saved."""
    folder = Path(sys.argv[1]).resolve()
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    for part in ("checkpoints", "ends", "results", "run", "saved"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir()
    write_data(folder)
    _write_json(folder / "names.json", registered_names())
    _write_json(folder / "environment.json", environment())
    for name in sorted(names, key=lambda name: name == "further"):
        write_application(folder, name)
    for written in ("run", "events", "lines.jsonl"):
        path = folder / written
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, Tensor) else value


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _write_lines(path: Path, lines: Any) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_json(path: Path, data: Mapping[str, Any] | Sequence[Any]) -> None:
    path.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
