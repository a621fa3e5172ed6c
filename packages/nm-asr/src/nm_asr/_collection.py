"""What the collection `asr` offers, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules of speech recognition."""
    return Collection(
        name="asr",
        summary="Speech recognition: audio, encoders, CTC and attention heads, decoding, error rates.",
        modules=[
            ModuleSpec(
                "AudioToTextDataLayer",
                "Recordings with their transcripts, from a manifest of JSON lines.",
                targets={"torch": "nm_asr.data.layer:AudioToTextDataLayer"},
            ),
            ModuleSpec(
                "AudioToMelSpectrogramPreprocessor",
                "Log-mel spectrograms of audio, on the device.",
                targets={"torch": "nm_asr.features.mel:AudioToMelSpectrogramPreprocessor"},
            ),
            ModuleSpec(
                "SpectrogramAugmentation",
                "Mask bands of frequency and time in training.",
                targets={"torch": "nm_asr.features.spec_augment:SpectrogramAugmentation"},
            ),
            ModuleSpec(
                "JasperEncoder",
                "Convolutional encoder: Jasper and QuartzNet from one block description.",
                targets={"torch": "nm_asr.encoders.jasper:JasperEncoder"},
            ),
            ModuleSpec(
                "JasperDecoderForCTC",
                "Log-probabilities over the labels and the blank, per frame.",
                targets={"torch": "nm_asr.decoders.ctc:JasperDecoderForCTC"},
            ),
            ModuleSpec(
                "JasperRNNConnector",
                "Bring encoder features to the width and order that an attention decoder takes.",
                targets={"torch": "nm_asr.decoders.connector:JasperRNNConnector"},
            ),
            ModuleSpec(
                "CTCLossNM",
                "Connectionist temporal classification.",
                targets={"torch": "nm_asr.losses:CTCLossNM"},
            ),
            ModuleSpec(
                "GreedyCTCDecoder",
                "The best label of each frame, repeats and blanks removed, as hypotheses.",
                targets={"torch": "nm_asr.decoding.greedy:GreedyCTCDecoder"},
            ),
        ],
    )


@hookimpl
def nm_metrics() -> dict[str, str]:
    """Declare the error rates."""
    return {
        "WordErrorRate": "nm_asr.metrics.error_rate:WordErrorRate",
        "CharacterErrorRate": "nm_asr.metrics.error_rate:CharacterErrorRate",
    }


@hookimpl
def nm_tasks() -> dict[str, str]:
    """Declare what a saved recogniser can do."""
    return {"transcribe": "nm_asr.transcription:transcribe"}
