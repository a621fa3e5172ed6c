"""The quickstart's recogniser on pauses and on real recordings.

Word error rates of a saved application: on voices held out, with a pause between all words; the same without rooms,
noise and telephone bands; and on the recordings of manifests, such as those of the Free Spoken Digit Dataset.

    python benchmarks/quickstart.py runs/quickstart/application fsdd/test.jsonl
"""

import argparse
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nm_asr
from nm_asr.data.corpus import synthesize_corpus
from nm_core import load_application
from nm_core.application import Application

LABELS = " abcdefghijklmnopqrstuvwxyz'"
PAUSES = (0.1, 0.5)
SPOKEN = {"pauses of 0.1 to 0.5 s": {}, "the same, recorded cleanly": {"conditions": ()}}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("application", type=Path, help="a saved application")
    parser.add_argument("manifests", type=Path, nargs="*", help="recordings and what was said")
    parser.add_argument("--utterances", type=int, default=300, help="synthesised for each test")
    arguments = parser.parse_args()
    application = load_application(arguments.application, placement="cpu")
    for title, settings in SPOKEN.items():
        with tempfile.TemporaryDirectory() as folder:
            # the quickstart's seed, so that the same voices are held out
            corpus = synthesize_corpus(
                folder,
                train_utterances=1,
                test_utterances=arguments.utterances,
                pauses=PAUSES,
                pause_probability=1.0,
                **settings,
            )
            report(title, measure(application, corpus.test))
    for manifest in arguments.manifests:
        report(str(manifest), measure(application, manifest))


def measure(application: Application, manifest: Path) -> Mapping[str, Any]:
    """Return the word error rate of all and of each speaker, and the commonest confusions."""
    utterances = nm_asr.read_manifest(manifest)
    hypotheses = application.transcribe([utterance.path for utterance in utterances])
    texts = [(hypothesis.text, utterance.text) for hypothesis, utterance in zip(hypotheses, utterances, strict=True)]
    speakers = {utterance.speaker for utterance in utterances}
    by_speaker = {
        speaker: error_rate([text for text, u in zip(texts, utterances, strict=True) if u.speaker == speaker])["wer"]
        for speaker in (sorted(filter(None, speakers)) if len(speakers) <= 10 else ())
    }
    confusions = Counter((said, heard) for heard, said in texts if heard != said)
    return error_rate(texts) | {"speakers": by_speaker, "confusions": confusions.most_common(6)}


def error_rate(texts: list[tuple[str, str]]) -> dict[str, float]:
    """Return the word error rate of pairs of hypothesis and reference, with its counts."""
    metric = nm_asr.WordErrorRate(labels=LABELS)
    metric.update_texts(*zip(*texts, strict=True))
    return metric.compute()


def report(title: str, scores: Mapping[str, Any]) -> None:
    """Print the scores of one test."""
    print(f"{title}: word error rate {100 * scores['wer']:.2f} % over {scores['words']:.0f} words", flush=True)
    for speaker, rate in scores["speakers"].items():
        print(f"  {speaker}: {100 * rate:.1f} %")
    for (said, heard), count in scores["confusions"]:
        print(f"  {count} times: said {said!r}, heard {heard!r}")


if __name__ == "__main__":
    main()
