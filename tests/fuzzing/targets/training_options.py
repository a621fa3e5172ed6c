"""The options of training, in Python: values of other types, out of range, and names that nothing has."""

import contextlib
import io
from pathlib import Path
from random import Random
from typing import Any

from mutations import choose_value, mutate_data

import nm_core
from toys import Perceptron, Points, SquaredError

OPTIONS: dict[str, Any] = {
    "optimizer": {"name": "adam", "lr": 0.01, "betas": [0.9, 0.99]},
    "policy": {"name": "cosine", "warmup_steps": 1, "horizon": 4},
    "max_steps": 2,
    "max_epochs": 1,
    "batches_per_step": 2,
    "gradient_clip_norm": 1.0,
    "log_every": 1,
    "non_finite": "skip",
    "callbacks": [],
}
SETTINGS: dict[str, Any] = {
    "backend": "torch",
    "placement": "cpu",
    "precision": "fp32",
    "seed": 0,
    "strategy": "single",
}


class TrainingOptions:
    """A small training with damaged options: it trains, or is refused with one of our own errors."""

    def __init__(self, folder: Path) -> None:
        pass

    def run(self, random: Random, folder: Path) -> str:
        settings = _damage(random, SETTINGS) if random.random() < 0.3 else SETTINGS
        options = _damage(random, OPTIONS)
        if options.get("max_epochs") is None or options.get("max_epochs") != 1:
            options["max_steps"] = 2  # a training that has no end is asked for, and not what is looked for
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            factory = nm_core.NeuralModuleFactory(**settings)
            data = Points(count=6)
            x, y = data()
            loss = SquaredError()(y=Perceptron()(x=x), target=y)
            factory.train([loss] if random.random() < 0.9 else choose_value(random), **options)
        return "trained"


def _damage(random: Random, options: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in options.items() if random.random() < 0.7}
    changed = mutate_data(random, kept)
    return {str(name): value for name, value in changed.items()} if isinstance(changed, dict) else dict(kept)
