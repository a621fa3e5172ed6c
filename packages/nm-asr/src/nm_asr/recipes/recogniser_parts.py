"""The parts of a recogniser with CTC as plain data: modules, graphs, training and scores."""

from collections.abc import Mapping, Sequence
from typing import Any

FRAME = 0.02
"""Seconds of a frame of the encoders below: a hop of 10 ms, and a stride of 2."""

_UPDATES = 8000

SIZES: Mapping[str, tuple[float, int, Any]] = {
    # up to how many hours, the features of its last block, its blocks
    "small": (
        5.0,
        128,
        [
            {"filters": 128, "kernel": 11, "stride": 2, "separable": True},
            *(
                {"filters": 128, "kernel": k, "repeat": 2, "separable": True, "residual": True, "dropout": "$dropout"}
                for k in (11, 13, 15)
            ),
        ],
    ),
    "medium": (200.0, 1024, "quartznet_5x5"),
    "large": (float("inf"), 1024, "quartznet_15x5"),
}


_GRAPHS: dict[str, Any] = {
    "acoustic": {
        "inputs": {"spec": "B Spectrogram:{bands} T:t", "length": "B ; Lengths(t)"},
        "calls": [
            {"call": "encoder", "inputs": {"audio_signal": "spec", "length": "length"}},
            {"call": "decoder", "inputs": {"encoder_output": "encoder.encoded"}},
        ],
        "outputs": {"log_probs": "decoder.output", "length": "encoder.encoded_len"},
    },
    "train": {
        "calls": [
            {"call": "train_data"},
            {"call": "preprocessor", "inputs": {"audio": "train_data.spec", "length": "train_data.spec_len"}},
            {"call": "spec_augment", "inputs": {"spec": "preprocessor.spec", "length": "preprocessor.spec_len"}},
            {"call": "acoustic", "inputs": {"spec": "spec_augment.augmented", "length": "preprocessor.spec_len"}},
            {
                "call": "ctc_loss",
                "inputs": {
                    "log_probs": "acoustic.log_probs",
                    "targets": "train_data.transcript",
                    "input_length": "acoustic.length",
                    "target_length": "train_data.transcript_len",
                },
            },
        ],
        "outputs": {"loss": "ctc_loss.loss"},
    },
    "infer": {
        "inputs": {"audio": "B T:t ; AudioSignal({sample_rate})", "length": "B ; Lengths(t)"},
        "calls": [
            {"call": "preprocessor", "inputs": {"audio": "audio", "length": "length"}},
            {"call": "acoustic", "inputs": {"spec": "preprocessor.spec", "length": "preprocessor.spec_len"}},
            {"call": "text", "inputs": {"log_probs": "acoustic.log_probs", "length": "acoustic.length"}},
        ],
        "outputs": {"hypotheses": "text.hypotheses"},
    },
}


def list_modules(size: str, labels: int, sets: Sequence[str], *, lowercase: bool) -> dict[str, Any]:
    """Return the modules of a recogniser.

    Args:
        size: of the encoder.
        labels: the number of labels.
        sets: the data sets: train, dev and perhaps test.
        lowercase: whether transcripts are folded to lower case.
    """
    _, features, blocks = SIZES[size]
    common: dict[str, Any] = {
        "labels": "$labels",
        "sample_rate": "$sample_rate",
        "features": "audio",
        "batch_size": "$batch_size",
    }
    if lowercase:
        common["lowercase"] = True
    layers: dict[str, Any] = {
        f"{name}_data": {
            "type": "asr.AudioToTextDataLayer",
            "params": {"manifest": f"${name}_manifest", **common},
        }
        for name in sets
    }
    layers["train_data"]["params"] |= {
        "shuffle": True,
        "bucketing": True,
        "augmentation": [
            {"type": "speed", "low": 0.9, "high": 1.1},
            {"type": "shift", "low": -0.03, "high": 0.03},
            {"type": "noise", "low": 10, "high": 40},
        ],
    }
    return layers | {
        "preprocessor": {
            "type": "asr.AudioToMelSpectrogramPreprocessor",
            "params": {"sample_rate": "$sample_rate", "n_mels": "$bands"},
        },
        "spec_augment": {
            "type": "asr.SpectrogramAugmentation",
            "params": {"freq_masks": 1, "freq_width": 6, "time_masks": 1, "time_width": 0.05},
        },
        "encoder": {"type": "asr.JasperEncoder", "params": {"feat_in": "$bands", "blocks": blocks}},
        "decoder": {"type": "asr.JasperDecoderForCTC", "params": {"feat_in": features, "num_classes": labels}},
        "ctc_loss": {"type": "asr.CTCLossNM"},
        "text": {"type": "asr.GreedyCTCDecoder", "params": {"labels": "$labels", "frame_seconds": FRAME}},
        # graphs used as modules: each is written once
        "acoustic": {"graph": "acoustic"},
        "recogniser": {"graph": "infer"},
    }


def list_graphs(scored: Sequence[str]) -> dict[str, Any]:
    """Return the graphs of a recogniser, with one for each data set that is scored."""
    return _GRAPHS | {
        name: {
            "calls": [
                {"call": f"{name}_data"},
                {"call": "recogniser", "inputs": {"audio": f"{name}_data.spec", "length": f"{name}_data.spec_len"}},
            ],
            "outputs": {"hypotheses": "recogniser.hypotheses", "transcript": f"{name}_data.transcript"},
        }
        for name in scored
    }


def list_training(size: str, count: int, batch_size: int, score: str) -> dict[str, Any]:
    """Return how a recogniser is trained on so many utterances; the best by a score on dev is kept."""
    adamw = {"name": "adamw", "lr": 0.01, "betas": [0.9, 0.98], "weight_decay": 0.01}
    novograd = {"name": "novograd", "lr": 0.01, "betas": [0.95, 0.5], "weight_decay": 0.001}
    epochs = min(max(20, round(_UPDATES * batch_size / count)), 100)
    return {
        "optimize": ["train.loss"],
        "optimizer": adamw if size == "small" else novograd,
        "policy": {"name": "cosine", "warmup_ratio": 0.05},
        "max_epochs": epochs,
        "gradient_clip_norm": 5.0,
        "log_every": 20,
        "callbacks": [
            {"type": "evaluation", "params": {"name": "dev"}, "metrics": list_metrics("dev")},
            {"type": "checkpoint", "params": {"best": 1, "metric": f"dev.{score}"}},
        ],
    }


def list_metrics(graph: str) -> list[dict[str, Any]]:
    """Return the metrics of a graph that gives hypotheses and transcripts."""
    inputs = {"hypotheses": f"{graph}.hypotheses", "references": f"{graph}.transcript"}
    kinds = ("common.WordErrorRate", "common.CharacterErrorRate")
    return [{"type": kind, "params": {"labels": "$labels"}, "inputs": inputs} for kind in kinds]


COMMENTS: Mapping[str, str] = {
    "params": "Read from the data. $name stands for a value wherever it is used; --set NAME=VALUE changes it.",
    "modules": "nmod modules lists what can stand behind type, and nmod modules asr.JasperEncoder its parameters.",
    "graphs": "Each graph is written once: acoustic and infer are used as modules, acoustic and recogniser.",
    "train": "The best checkpoint by the score on dev is what is saved.",
}

ADVICE = (
    "- *The loss falls, dev gets no better*: more data, more augmentation (`room`, `band`), a smaller encoder.",
    "- *The loss does not fall*: a smaller `train.optimizer.lr`, and a look at recordings beside their transcripts.",
    "- *Out of memory*: a smaller `batch_size` with `train.batches_per_step`, or `max_duration` for `train_data`.",
    "- *Slow*: `workers` of `train_data` read ahead in processes of their own; `nmod train --placement cuda`.",
    "- *Interrupted*: the same `nmod train` with `--resume`.",
)
