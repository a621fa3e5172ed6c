"""Burdens on every listing: declarations that import packages which take long, or that print."""

from __future__ import annotations

from collections.abc import Collection, Mapping

_NAMES = """
IPython accelerate cv2 datasets jax librosa lightning matplotlib numba numpy onnx onnxruntime optuna pandas
pytorch_lightning requests sacrebleu scipy sentencepiece sklearn soundfile sqlalchemy sympy tensorboard tensorflow
tokenizers torch torchaudio torchvision transformers
"""
HEAVY = frozenset(_NAMES.split())
"""Packages whose import takes a good part of a second, or brings one that does."""

_MARK = "import time:"


def import_seconds(names: Collection[str], log: str) -> dict[str, float | None]:
    """Return the seconds that each package took to import, from what ``python -X importtime`` wrote."""
    seconds: dict[str, float | None] = dict.fromkeys(sorted(names))
    for line in log.splitlines():
        fields = line.removeprefix(_MARK).split("|")
        if line.startswith(_MARK) and len(fields) == 3 and fields[2].strip() in seconds:
            # the cumulative time: what a package imports is its own cost
            seconds[fields[2].strip()] = int(fields[1]) / 1e6
    return seconds


def without_times(log: str) -> list[str]:
    """Return the lines of such a log that are no times."""
    return [line for line in log.splitlines() if not line.startswith(_MARK)]


def describe_heavy(target: str, heavy: Mapping[str, float | None]) -> str:
    """Say which heavy packages the declaration ``target`` imports."""
    parts = [name if seconds is None else f"{name} ({seconds:.2f} s)" for name, seconds in heavy.items()]
    return (
        f"listing it imports {' and '.join(parts)}, which makes every listing slower. Its author can mend that: "
        f"{target.partition(':')[0]} and the packages above it import nothing but nm_core.plugins."
    )


def describe_output(target: str, output: str) -> str:
    """Say what a collection printed while it was read."""
    (first, *rest) = output.strip().splitlines() or [""]
    shown = f"{first[:100]!r}{f' and {len(rest)} lines more' if rest else ''}"
    return (
        f"reading it prints {shown}; that went to standard error, since results belong on standard output. Its author "
        f"can mend that: {target.partition(':')[0]} and what it points to print nothing when they are imported."
    )
