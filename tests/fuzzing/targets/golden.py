"""Small applications, data and checkpoints that cases begin with: those of the golden files."""

import shutil
from pathlib import Path

GOLDEN = Path(__file__).parents[2] / "golden" / "v0_1"


def copy_golden(folder: Path, *names: str) -> None:
    """Copy files and folders of the golden files into a folder."""
    for name in names:
        source, target = GOLDEN / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy2(source, target)


RECORDINGS = tuple(f"{number}.wav" for number in range(5))
SPEECH = ("speech.yaml", "tones.jsonl", *RECORDINGS)
TRANSLATION = ("translation_word.yaml", "text.en", "text.de", "words.json")
