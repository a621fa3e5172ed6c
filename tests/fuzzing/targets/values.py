"""Values given to a loaded application: arrays of other ranks, sizes and types, lists, and what is no value."""

import contextlib
import io
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy
import torch
from mutations import choose_value

import nm_core
from targets.golden import GOLDEN

TYPES = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool", "complex64", "object", "str")


class Values:
    """`infer` and `transcribe` give finite results, or refuse what they are given."""

    def __init__(self, folder: Path) -> None:
        self.app = nm_core.load_application(GOLDEN / "saved" / "speech")

    def run(self, random: Random, folder: Path) -> str:
        with contextlib.redirect_stderr(io.StringIO()):
            if random.random() < 0.5:
                return self._transcribe(random)
            batch, time = random.choice((1, 2, 3)), random.choice((0, 1, 100, 4000))
            inputs: dict[str, Any] = {
                "audio": _choose_value(random, (batch, time)),
                "length": _choose_lengths(random, batch, time),
            }
            if random.random() < 0.1:
                inputs[random.choice(("audio", "lenght", "", "class"))] = inputs.pop(random.choice(("audio", "length")))
            records = self.app.infer("listen", **inputs).collect()
        assert set(records) == {"text", "log_probs"}
        return "inferred"

    def _transcribe(self, random: Random) -> str:
        shape = random.choice(((4000,), (0,), (1,), (2, 4000), (4000, 2), (1, 4000), (2, 2), (3, 3, 3), ()))
        result = self.app.transcribe(
            _choose_value(random, shape),
            **(
                {"sample_rate": random.choice((8000, 16000, 16000, choose_value(random)))}
                if random.random() < 0.7
                else {}
            ),
        )
        for hypothesis in result if isinstance(result, list) else [result]:
            confidence = getattr(hypothesis, "confidence", None)
            assert confidence is None or math.isfinite(confidence), "a confidence that is not finite"
        return "transcribed"


def _choose_value(random: Random, shape: tuple[int, ...]) -> Any:
    if random.random() < 0.15:
        return choose_value(random)
    if random.random() < 0.2:
        shape = random.choice((shape[::-1], (*shape, 1), shape[1:], (*shape[:-1], 7)))
    values = numpy.random.default_rng(random.randrange(1000)).normal(scale=0.1, size=shape)
    if random.random() < 0.2 and values.size:
        values.flat[random.randrange(values.size)] = random.choice((math.nan, math.inf, 1e30, -1e39))
    with numpy.errstate(all="ignore"):
        array = values.astype(random.choice(TYPES) if random.random() < 0.4 else "float32")
    match random.randrange(5):
        case 0 if array.dtype.kind in "fiub":
            return torch.from_numpy(array)
        case 1:
            return array.tolist()
        case 2:
            return [array]
        case _:
            return array


def _choose_lengths(random: Random, batch: int, time: int) -> Any:
    lengths: Any = [random.choice((time, max(time - 1, 0))) for _ in range(batch)]
    if random.random() < 0.3:
        lengths = random.choice(
            ([time + 1] * batch, [-1] * batch, [0] * batch, [time] * (batch + 1), [time + 0.5] * batch)
        )
    if random.random() < 0.2:
        return choose_value(random)
    return random.choice((lengths, numpy.array(lengths), torch.tensor(lengths), tuple(lengths)))
