"""Translation of image captions: `examples/translation.yaml` on Multi30k, scored on the Flickr test set of 2016.

Use: `python benchmarks/multi30k.py FOLDER [--epochs 10] [--work-dir runs/multi30k] [--resume] [--output FILE]`. The
folder holds train, val and test_2016_flickr, each as .en and .de. Scores are sacreBLEU's on plain text, with their
signatures; those that papers give for tokenised or lowercased text are other numbers.
"""

import argparse
import json
import time
from datetime import date
from pathlib import Path
from typing import Any

import torch

import nm_nlp
from nm_core import load_application
from nm_core.callbacks import ProgressCallback

EXAMPLE = Path(__file__).parent.parent / "examples" / "translation.yaml"
VOCABULARY = 4000


def lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def train(folder: Path, work_dir: Path, epochs: int | None, resume: bool) -> tuple[Any, dict[str, Any]]:
    """Train the tokenizer and the application to the end; return it with what the training says."""
    work_dir.mkdir(parents=True, exist_ok=True)
    pieces = work_dir / "pieces.model"
    texts = lines(folder / "train.en") + lines(folder / "train.de")
    nm_nlp.train_tokenizer("sentencepiece", texts, vocabulary_size=VOCABULARY).save(pieces)
    paths = {
        "train_source": folder / "train.en",
        "train_target": folder / "train.de",
        "valid_source": folder / "val.en",
        "valid_target": folder / "val.de",
        "tokenizer": pieces,
    }
    changes = {name: str(path.resolve()) for name, path in paths.items()}
    application = load_application(EXAMPLE, changes=changes, work_dir=work_dir)
    start = time.process_time()
    options: dict[str, Any] = {} if epochs is None else {"max_epochs": epochs}
    result = application.train(also=[ProgressCallback()], resume="auto" if resume else None, **options)
    if result.reason != "finished":
        raise SystemExit(f"{result.reason} after {result.step} updates; --resume goes on from there")
    since = " since resuming" if resume else ""
    facts = {
        "updates": result.step,
        "epochs": result.epoch,
        f"seconds{since}": round(result.seconds),
        f"processor_seconds{since}": round(time.process_time() - start),
        "loss": dict(result.losses),
        "valid": application.eval(),
    }
    application.save(work_dir / "application")
    return application, facts


def score(application: Any, folder: Path, beam_size: int) -> dict[str, Any]:
    """Return BLEU and chrF of the test set with their signatures, and the speed."""
    source, references = (lines(folder / f"test_2016_flickr.{language}") for language in ("en", "de"))
    start = time.perf_counter()
    hypotheses = application.translate(source, beam_size=beam_size)
    seconds = time.perf_counter() - start
    found: dict[str, Any] = {"sentences_per_second": round(len(source) / seconds, 1)}
    for metric in (nm_nlp.BLEU(), nm_nlp.ChrF()):
        metric.update(hypotheses=hypotheses, references=references)
        ((name, value),) = metric.compute().items()
        found[name] = {"score": round(value, 2), "signature": metric.signature}
    return found


def main() -> None:
    """Train, score and print; write the figures where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--work-dir", type=Path, default=Path("runs/multi30k"))
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint of the work directory")
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    application, facts = train(given.folder, given.work_dir, given.epochs, given.resume)
    modules = (application.modules[name] for name in ("encoder", "decoder", "log_softmax"))
    weights = {id(weight): weight.numel() for module in modules for weight in module.parameters()}
    asked = "" if given.epochs is None else f" --epochs {given.epochs}"
    results = {
        "command": f"python benchmarks/multi30k.py FOLDER{asked}",
        "date": date.today().isoformat(),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "parameters": sum(weights.values()),
        "training": facts,
        "greedy": score(application, given.folder, 1),
        "beam 4": score(application, given.folder, 4),
    }
    print(json.dumps(results, indent=2))
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
