"""Checkpoints with damage, from which a training goes on."""

from pathlib import Path
from random import Random

from targets.commands import run_command
from targets.golden import SPEECH, copy_golden
from targets.sealed import damage_folder


class Checkpoints:
    """A training goes on from a damaged checkpoint, which is found or named; it may only be refused or be right."""

    def __init__(self, folder: Path) -> None:
        pass

    def run(self, random: Random, folder: Path) -> str:
        copy_golden(folder, *SPEECH, "checkpoints/speech")
        checkpoint = folder / "checkpoints" / "speech"
        damage_folder(random, checkpoint)
        return run_command(
            ["train", "speech.yaml", "--resume", str(checkpoint), "--work-dir", "run", "--max-steps", "39", "--quiet"]
        )
