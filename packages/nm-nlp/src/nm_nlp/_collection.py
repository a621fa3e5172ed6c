"""What the collection `nlp` offers, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules of translation and language modelling."""
    return Collection(
        name="nlp",
        summary="Language: parallel text, Transformer translation, tokenizers.",
        modules=[
            ModuleSpec(
                "TranslationDataLayer",
                "Parallel text as token ids, in batches bucketed by length.",
                targets={"torch": "nm_nlp.data.translation:TranslationDataLayer"},
            ),
            ModuleSpec(
                "TransformerEncoderNM",
                "Transformer encoder from token ids to hidden states.",
                targets={"torch": "nm_nlp.translation.transformer:TransformerEncoderNM"},
            ),
            ModuleSpec(
                "TransformerDecoderNM",
                "Transformer decoder over the hidden states of a source sentence.",
                targets={"torch": "nm_nlp.translation.transformer:TransformerDecoderNM"},
            ),
            ModuleSpec(
                "TransformerLogSoftmaxNM",
                "Log-probabilities over the vocabulary, to be tied with an embedding.",
                targets={"torch": "nm_nlp.translation.transformer:TransformerLogSoftmaxNM"},
            ),
            ModuleSpec(
                "PaddedSmoothedCrossEntropyLossNM",
                "Label-smoothed cross entropy that leaves padding out.",
                targets={"torch": "nm_nlp.translation.loss:PaddedSmoothedCrossEntropyLossNM"},
            ),
        ],
    )
