"""The parts of a translator as plain data: modules, graphs, training and scores."""

from collections.abc import Mapping, Sequence
from typing import Any

SIZES: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    # up to how many pairs, and the parameters of the model; "large" is the base model of Vaswani et al. 2017
    "small": (100_000, {"size": 192, "layers": 2, "heads": 4, "inner": 768, "dropout": 0.1}),
    "medium": (1_000_000, {"size": 256, "layers": 4, "heads": 4, "inner": 1024, "dropout": 0.1}),
    "large": (float("inf"), {"size": 512, "layers": 6, "heads": 8, "inner": 2048, "dropout": 0.1}),
}
_RATES = {"small": 0.002, "medium": 0.001, "large": 0.0007}
_PAIRS = 300_000
"""Pairs that are learnt from in all, one epoch after the other, at least."""

_GRAPHS: dict[str, Any] = {
    "infer": {
        "inputs": {
            "src": "B SourceToken:s ; TokenIds({vocabulary})",
            "src_mask": "B SourceToken:s ; Mask",
            "tgt": "B TargetToken:t ; TokenIds({vocabulary})",
            "tgt_mask": "B TargetToken:t ; Mask",
        },
        "calls": [
            {"call": "encoder", "inputs": {"input_ids": "src", "input_mask_src": "src_mask"}},
            {
                "call": "decoder",
                "inputs": {
                    "input_ids_tgt": "tgt",
                    "hidden_states_src": "encoder.hidden_states",
                    "input_mask_src": "src_mask",
                    "input_mask_tgt": "tgt_mask",
                },
            },
            {"call": "log_softmax", "inputs": {"hidden_states": "decoder.hidden_states"}},
        ],
        "outputs": {"log_probs": "log_softmax.log_probs", "hidden": "encoder.hidden_states"},
    },
}


def list_modules(sets: Sequence[str], longest: int) -> dict[str, Any]:
    """Return the modules of a translator.

    Args:
        sets: the data sets: train, dev and perhaps test.
        longest: tokens of a side, beyond which a pair is not learnt from.
    """
    vocabularies = {"source_vocabulary": "$vocabulary", "target_vocabulary": "$vocabulary"}
    layers: dict[str, Any] = {
        f"{name}_data": {
            "type": "nlp.TranslationDataLayer",
            "params": {
                "source": f"${name}_source",
                "target": f"${name}_target",
                "source_tokenizer": "$tokenizer",
                **vocabularies,
                **({"batch_tokens": "$batch_tokens", "max_length": longest} if name == "train" else _SCORED),
            },
        }
        for name in sets
    }
    size = {"vocabulary_size": "$vocabulary", "hidden_size": "$size"}
    stack = {"num_layers": "$layers", "num_heads": "$heads", "inner_size": "$inner", "dropout": "$dropout"}
    coder = {**size, **stack, "tokenizer": "$tokenizer"}
    return layers | {
        "encoder": {"type": "nlp.TransformerEncoderNM", "params": coder},
        "decoder": {"type": "nlp.TransformerDecoderNM", "params": coder},
        "log_softmax": {"type": "nlp.TransformerLogSoftmaxNM", "params": size},
        "loss": {"type": "nlp.PaddedSmoothedCrossEntropyLossNM", "params": {"label_smoothing": 0.1}},
        "model": {"graph": "infer"},
    }


_SCORED: Mapping[str, Any] = {"batch_size": 32, "shuffle": False}


def list_graphs(scored: Sequence[str]) -> dict[str, Any]:
    """Return the graphs of a translator, with one for each data set that is scored."""
    train = {
        "calls": [
            *_call_model("train"),
            {"call": "loss", "inputs": {"log_probs": "model.log_probs", "target_ids": "train_data.labels"}},
        ],
        "outputs": {"loss": "loss.loss"},
    }
    return {**_GRAPHS, "train": train} | {
        name: {
            "calls": _call_model(name),
            "outputs": {
                "log_probs": "model.log_probs",
                "hidden": "model.hidden",
                "mask": f"{name}_data.src_mask",
                "labels": f"{name}_data.labels",
                "sent_ids": f"{name}_data.sent_ids",
            },
        }
        for name in scored
    }


def _call_model(name: str) -> list[dict[str, Any]]:
    inputs = {port: f"{name}_data.{port}" for port in ("src", "src_mask", "tgt", "tgt_mask")}
    return [{"call": f"{name}_data"}, {"call": "model", "inputs": inputs}]


def list_training(size: str, count: int) -> dict[str, Any]:
    """Return how a translator is trained on so many pairs; the best by BLEU on dev is kept."""
    return {
        "optimize": ["train.loss"],
        "optimizer": {"name": "adamw", "lr": _RATES[size], "betas": [0.9, 0.98], "weight_decay": 0.01},
        "policy": {"name": "cosine", "warmup_ratio": 0.1},
        "max_epochs": min(max(10, round(_PAIRS / count)), 60),
        "gradient_clip_norm": 1.0,
        "log_every": 50,
        "callbacks": [
            {"type": "evaluation", "params": {"name": "dev"}, "metrics": list_metrics("dev")},
            {"type": "checkpoint", "params": {"best": 1, "metric": "dev.bleu"}},
        ],
    }


def list_metrics(graph: str) -> list[dict[str, Any]]:
    """Return the metrics of a graph that gives what the model computes on a data set."""
    return [
        {
            "type": "nlp.Perplexity",
            "inputs": {"log_probs": f"{graph}.log_probs", "target_ids": f"{graph}.labels"},
        },
        {
            "type": "nlp.TranslationScore",
            "params": {"references": f"${graph}_target"},
            "inputs": {
                "log_probs": f"{graph}.log_probs",
                "hidden_states_src": f"{graph}.hidden",
                "input_mask_src": f"{graph}.mask",
                "sent_ids": f"{graph}.sent_ids",
            },
        },
    ]


COMMENTS: Mapping[str, str] = {
    "params": "Read from the data. $name stands for a value wherever it is used; --set NAME=VALUE changes it.",
    "modules": "nmod modules lists what can stand behind type. The module model is the graph infer, written once.",
    "tie": "One table of embeddings for both languages and for the output: they share the word pieces.",
    "train": "The best checkpoint by BLEU on dev is what is saved.",
}

ADVICE = (
    "- *The loss falls, dev gets no better*: more text, a larger `dropout`, a smaller model.",
    "- *The loss does not fall*: a smaller `train.optimizer.lr`, and a look at whether the lines belong together.",
    "- *Out of memory*: a smaller `batch_tokens` with `train.batches_per_step`, or `max_length` of `train_data`.",
    "- *Evaluation is slow*: a smaller dev set, or `every_epochs` of the evaluation.",
    "- *Interrupted*: the same `nmod train` with `--resume`.",
)
