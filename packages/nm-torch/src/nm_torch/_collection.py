"""What the collection `common` offers, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules that every domain needs."""
    return Collection(
        name="common",
        summary="Modules that every domain needs: recurrent decoders, losses.",
        modules=[
            ModuleSpec(
                "DecoderRNN",
                "Attention decoder over encoder outputs, also a language model by itself.",
                targets={"torch": "nm_torch.common.rnn:DecoderRNN"},
            ),
            ModuleSpec(
                "SequenceLoss",
                "Cross entropy of target sequences closed by an end symbol.",
                targets={"torch": "nm_torch.common.losses:SequenceLoss"},
            ),
        ],
    )


@hookimpl
def nm_backends() -> dict[str, str]:
    """Declare the PyTorch backend."""
    return {"torch": "nm_torch.backend:TorchBackend"}


@hookimpl
def nm_callbacks() -> dict[str, str]:
    """Declare the callbacks that come with the engine."""
    return {
        "progress": "nm_core.monitoring:ProgressCallback",
        "logging": "nm_core.monitoring:LoggingCallback",
        "evaluation": "nm_core.monitoring:EvaluationCallback",
        "checkpoint": "nm_core.monitoring:CheckpointCallback",
        "early_stopping": "nm_core.monitoring:EarlyStopping",
        "tensorboard": "nm_torch.callbacks:TensorBoardCallback",
    }


@hookimpl
def nm_optimizers() -> dict[str, str]:
    """Declare optimizers; those of `torch.optim` are known by the names of their classes besides."""
    return {
        "sgd": "nm_torch.optim:Sgd",
        "adam": "nm_torch.optim:Adam",
        "adamw": "nm_torch.optim:AdamW",
        "novograd": "nm_torch.optim:Novograd",
    }


@hookimpl
def nm_policies() -> dict[str, str]:
    """Declare learning-rate policies."""
    return {
        "constant": "nm_torch.optim:Constant",
        "warmup_hold": "nm_torch.optim:WarmupHold",
        "cosine": "nm_torch.optim:CosineAnnealing",
        "polynomial": "nm_torch.optim:PolynomialDecay",
        "inverse_square_root": "nm_torch.optim:InverseSquareRoot",
    }
