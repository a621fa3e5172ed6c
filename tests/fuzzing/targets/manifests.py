"""Manifests: lines with damage, read by the data layer of speech, and its first batches."""

import json
from itertools import islice
from pathlib import Path
from random import Random

from mutations import mutate_data, mutate_lines

import nm_asr
from targets.golden import GOLDEN, RECORDINGS, copy_golden

OPTIONS = {"labels": " abc", "sample_rate": 8000, "features": "audio", "batch_size": 3}


class Manifests:
    """A damaged manifest beside sound recordings, at times with odd parameters of the data layer."""

    def __init__(self, folder: Path) -> None:
        self.lines = [json.loads(line) for line in (GOLDEN / "tones.jsonl").read_text(encoding="utf-8").splitlines()]

    def run(self, random: Random, folder: Path) -> str:
        copy_golden(folder, *RECORDINGS)
        lines = [dict(random.choice(self.lines), speaker="s") for _ in range(random.randint(0, 8))]
        Path("m.jsonl").write_bytes(mutate_lines(random, lines))
        options = dict(OPTIONS, manifest="m.jsonl", bucketing=random.random() < 0.5, shuffle=random.random() < 0.5)
        if random.random() < 0.2:
            changed = mutate_data(random, options)
            options = changed if isinstance(changed, dict) else options
        layer = nm_asr.AudioToTextDataLayer(**{str(name): value for name, value in options.items()})
        for batch in islice(layer, 4):
            assert len(batch[0]) == len(batch[1]) > 0
            assert batch[0].isfinite().all()
        return "read"
