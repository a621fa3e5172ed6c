"""Saved applications with damage, folders and archives, which are used."""

import shutil
from pathlib import Path
from random import Random

from mutations import mutate_bytes

from targets.commands import run_command
from targets.golden import RECORDINGS, copy_golden
from targets.sealed import damage_folder


class SavedApplications:
    """A damaged application is checked, drawn or run on a recording."""

    def __init__(self, folder: Path) -> None:
        copy_golden(folder, "saved/speech")
        self.archive = Path(shutil.make_archive(str(folder / "saved" / "speech"), "zip", folder / "saved" / "speech"))

    def run(self, random: Random, folder: Path) -> str:
        copy_golden(folder, *RECORDINGS)
        application = folder / ("a.zip" if random.random() < 0.3 else "a")
        if application.suffix:
            application.write_bytes(mutate_bytes(random, self.archive.read_bytes()))
        else:
            shutil.copytree(self.archive.with_suffix(""), application)
            damage_folder(random, application)
        command = random.choice((["check"], ["draw"], ["infer"], ["infer"], ["infer"]))
        words = ["0.wav", "1.wav"] if command == ["infer"] else []
        return run_command([*command, str(application), *words])
