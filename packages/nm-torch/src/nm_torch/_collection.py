"""The declaration of the collection `common`, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


def _torch(name: str, summary: str, module: str) -> ModuleSpec:
    return ModuleSpec(name, summary, targets={"torch": f"{module}:{name}"})


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules that every domain needs."""
    return Collection(
        name="common",
        summary="What every domain needs: layers, recurrent coders, losses, tokenizers, error rates.",
        modules=[
            _torch(
                "DecoderRNN",
                "Attention decoder over encoder outputs, also a language model by itself.",
                "nm_torch.common.decoder_rnn",
            ),
            _torch(
                "EncoderRNN",
                "Recurrent encoder in one direction or both; padding never changes a result.",
                "nm_torch.common.rnn",
            ),
            _torch(
                "SequenceLoss", "Cross entropy of target sequences closed by an end symbol.", "nm_torch.common.losses"
            ),
            _torch(
                "CrossEntropyLoss", "Cross entropy of logits and labels of any arrangement.", "nm_torch.common.losses"
            ),
            _torch("MSELoss", "Mean squared difference of two tensors of one shape.", "nm_torch.common.losses"),
            _torch("LossAggregator", "Weighted sum of losses.", "nm_torch.loss"),
            _torch("Linear", "Affine map of the last axis.", "nm_torch.common.linear"),
            _torch("LogSoftmax", "Log-probabilities over the classes of the last axis.", "nm_torch.common.linear"),
            _torch("ArgMax", "Number of the largest entry of the last axis.", "nm_torch.common.linear"),
            _torch("Activation", "One function of every entry: relu, gelu, tanh ...", "nm_torch.common.pointwise"),
            _torch("LayerNorm", "Normalises the channels of each position.", "nm_torch.common.pointwise"),
            _torch("Dropout", "Sets entries to zero with a probability, in training.", "nm_torch.common.pointwise"),
            _torch(
                "ConvSubsampling",
                "Strided convolutions along time; frames and lengths shrink together.",
                "nm_torch.common.subsampling",
            ),
            _torch("FrameStacking", "Frames side by side become one with all channels.", "nm_torch.common.subsampling"),
            _torch("Concat", "Tensors one after another along one axis, found by its tag.", "nm_torch.common.shapes"),
            _torch("Add", "Sum of tensors with the same axes.", "nm_torch.common.shapes"),
            _torch("Stack", "Tensors with the same axes side by side on a new one.", "nm_torch.common.shapes"),
            _torch("Pooling", "Mean, maximum or sum over one axis, found by its tag.", "nm_torch.common.pooling"),
        ],
        kinds=["nm_torch.common.hypotheses:HypothesisKind"],
        formerly={
            "WordErrorRate": ["asr.WordErrorRate"],
            "CharacterErrorRate": ["asr.CharacterErrorRate"],
            "sentencepiece": ["nlp.sentencepiece"],
            "character": ["nlp.character"],
            "word": ["nlp.word"],
        },
        suite=3,
    )


@hookimpl
def nm_backends() -> dict[str, str]:
    """Declare the PyTorch backend."""
    return {"torch": "nm_torch.backend:TorchBackend"}


@hookimpl
def nm_callbacks() -> dict[str, str]:
    """Declare the callback that writes for TensorBoard."""
    return {"tensorboard": "nm_torch.callbacks:TensorBoardCallback"}


@hookimpl
def nm_metrics() -> dict[str, str]:
    """Declare metrics by name."""
    return {
        "WordErrorRate": "nm_torch.common.error_rates.error_rate:WordErrorRate",
        "CharacterErrorRate": "nm_torch.common.error_rates.error_rate:CharacterErrorRate",
    }


@hookimpl
def nm_tokenizers() -> dict[str, str]:
    """Declare tokenizers by name."""
    return {
        "sentencepiece": "nm_torch.common.tokenizers.sentencepiece:SentencePieceTokenizer",
        "character": "nm_torch.common.tokenizers.character:CharacterTokenizer",
        "word": "nm_torch.common.tokenizers.word:WordTokenizer",
    }


@hookimpl
def nm_commands() -> dict[str, str]:
    """Declare the commands that `nmod` gains."""
    return {"tokenizer": "nm_torch.common.tokenizers.command:tokenizer"}


@hookimpl
def nm_strategies() -> dict[str, str]:
    """Declare the ways to spread a training over processes."""
    return {"single": "nm_torch.strategies.single:SingleStrategy", "ddp": "nm_torch.strategies.ddp:DistributedStrategy"}


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


@hookimpl
def nm_probes() -> dict[str, str]:
    """Declare how the conformance suite sees PyTorch."""
    return {"torch": "nm_torch.conformance:TorchProbe"}


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare parameters with which modules can be made."""
    return {
        "DecoderRNN": "nm_torch.examples:DECODER_RNN",
        "EncoderRNN": "nm_torch.examples:ENCODER_RNN",
        "SequenceLoss": "nm_torch.examples:SEQUENCE_LOSS",
        "MSELoss": "nm_torch.examples:MSE_LOSS",
        "Linear": "nm_torch.examples:LINEAR",
        "ArgMax": "nm_torch.examples:ARG_MAX",
        "Activation": "nm_torch.examples:ACTIVATION",
        "LayerNorm": "nm_torch.examples:LAYER_NORM",
        "Dropout": "nm_torch.examples:DROPOUT",
        "ConvSubsampling": "nm_torch.examples:CONV_SUBSAMPLING",
        "FrameStacking": "nm_torch.examples:FRAME_STACKING",
        "Concat": "nm_torch.examples:CONCAT",
        "Add": "nm_torch.examples:ADD",
        "WordErrorRate": "nm_torch.examples:ERROR_RATE",
        "CharacterErrorRate": "nm_torch.examples:ERROR_RATE",
    }
