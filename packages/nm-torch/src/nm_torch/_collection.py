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
