"""The declaration of the collection `asr`, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules of speech recognition."""
    return Collection(
        name="asr",
        summary="Speech recognition: recordings, log-mel features, Jasper and QuartzNet, CTC.",
        modules=[
            ModuleSpec(
                "AudioToTextDataLayer",
                "Recordings and transcripts named by manifests, as features or waveforms.",
                targets={"torch": "nm_asr.data.layer:AudioToTextDataLayer"},
            ),
            ModuleSpec(
                "AudioToMelSpectrogramPreprocessor",
                "Waveforms to log-mel spectrograms, on the device.",
                targets={"torch": "nm_asr.features.mel:AudioToMelSpectrogramPreprocessor"},
            ),
            ModuleSpec(
                "SpectrogramAugmentation",
                "SpecAugment and SpecCutout while training.",
                targets={"torch": "nm_asr.features.spec_augment:SpectrogramAugmentation"},
            ),
            ModuleSpec(
                "JasperEncoder",
                "Jasper and QuartzNet from one description of blocks.",
                targets={"torch": "nm_asr.encoders.jasper:JasperEncoder"},
                presets={
                    "blocks": {
                        "quartznet_5x5": "nm_asr.encoders.presets:QUARTZNET_5X5",
                        "quartznet_10x5": "nm_asr.encoders.presets:QUARTZNET_10X5",
                        "quartznet_15x5": "nm_asr.encoders.presets:QUARTZNET_15X5",
                        "jasper_5x3": "nm_asr.encoders.presets:JASPER_5X3",
                        "jasper_10x5": "nm_asr.encoders.presets:JASPER_10X5",
                    }
                },
            ),
            ModuleSpec(
                "JasperDecoderForCTC",
                "Encoder features to log-probabilities over the labels and the blank.",
                targets={"torch": "nm_asr.decoders.ctc:JasperDecoderForCTC"},
            ),
            ModuleSpec(
                "JasperRNNConnector",
                "Encoder features as batch, time, channel, for a recurrent decoder.",
                targets={"torch": "nm_asr.decoders.connector:JasperRNNConnector"},
            ),
            ModuleSpec(
                "CTCLossNM",
                "Connectionist temporal classification, summed over utterances.",
                targets={"torch": "nm_asr.losses:CTCLossNM"},
            ),
            ModuleSpec(
                "GreedyCTCDecoder",
                "The best path of CTC as text with word times and confidence.",
                targets={"torch": "nm_asr.decoding.greedy:GreedyCTCDecoder"},
            ),
        ],
        suite=3,
    )


@hookimpl
def nm_tasks() -> dict[str, str]:
    """Declare the tasks of applications by name."""
    return {"transcribe": "nm_asr.transcription:transcribe"}


@hookimpl
def nm_recipes() -> dict[str, str]:
    """Declare the recipes of applications by name."""
    return {"ctc": "nm_asr.recipes.declared:CTC"}


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare parameters with which modules and metrics can be made."""
    return {
        "AudioToTextDataLayer": "nm_asr.examples:data_layer",
        "AudioToMelSpectrogramPreprocessor": "nm_asr.examples:PREPROCESSOR",
        "SpectrogramAugmentation": "nm_asr.examples:AUGMENTATION",
        "JasperEncoder": "nm_asr.examples:JASPER_ENCODER",
        "JasperDecoderForCTC": "nm_asr.examples:CTC_DECODER",
        "JasperRNNConnector": "nm_asr.examples:CONNECTOR",
        "GreedyCTCDecoder": "nm_asr.examples:GREEDY_DECODER",
    }
