"""The declaration of the collection `nlp`, light enough to list without importing torch."""

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the modules of language."""
    return Collection(
        name="nlp",
        summary="Language: translation with a Transformer.",
        modules=[
            ModuleSpec(
                "TranslationDataLayer",
                "Parallel text in batches of token ids, bucketed by length.",
                targets={"torch": "nm_nlp.data.translation:TranslationDataLayer"},
            ),
            ModuleSpec(
                "TransformerEncoderNM",
                "Transformer encoder: one vector per token of a sentence.",
                targets={"torch": "nm_nlp.translation.encoder:TransformerEncoderNM"},
            ),
            ModuleSpec(
                "TransformerDecoderNM",
                "Transformer decoder: features for the next token, from the target so far and the source.",
                targets={"torch": "nm_nlp.translation.decoder:TransformerDecoderNM"},
            ),
            ModuleSpec(
                "TransformerLogSoftmaxNM",
                "Features to log-probabilities over the vocabulary.",
                targets={"torch": "nm_nlp.translation.log_softmax:TransformerLogSoftmaxNM"},
            ),
            ModuleSpec(
                "PaddedSmoothedCrossEntropyLossNM",
                "Cross entropy with label smoothing over the tokens that are not padding.",
                targets={"torch": "nm_nlp.translation.loss:PaddedSmoothedCrossEntropyLossNM"},
            ),
            ModuleSpec(
                "LinesOfText",
                "The lines of a text file by their numbers: references as they were written.",
                targets={"any": "nm_nlp.data.lines_of_text:LinesOfText"},
            ),
        ],
        exempt={
            "TranslationScore": dict.fromkeys(
                ("merge", "state", "reset", "batches"),
                "it searches with the model in its graph, and uses no values of log_probs",
            )
        },
        suite=3,
    )


@hookimpl
def nm_metrics() -> dict[str, str]:
    """Declare metrics by name."""
    return {
        "BLEU": "nm_nlp.metrics.bleu:BLEU",
        "ChrF": "nm_nlp.metrics.bleu:ChrF",
        "Perplexity": "nm_nlp.metrics.perplexity:Perplexity",
        "TranslationScore": "nm_nlp.metrics.translation_score:TranslationScore",
    }


@hookimpl
def nm_tasks() -> dict[str, str]:
    """Declare the tasks of applications by name."""
    return {"translate": "nm_nlp.translation.task:translate"}


@hookimpl
def nm_recipes() -> dict[str, str]:
    """Declare the recipes of applications by name."""
    return {"translation": "nm_nlp.recipes.declared:TRANSLATION"}


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare parameters with which modules and metrics can be made."""
    return {
        "TranslationDataLayer": "nm_nlp.examples:data_layer",
        "TransformerEncoderNM": "nm_nlp.examples:ENCODER",
        "TransformerDecoderNM": "nm_nlp.examples:DECODER",
        "TransformerLogSoftmaxNM": "nm_nlp.examples:LOG_SOFTMAX",
        "PaddedSmoothedCrossEntropyLossNM": "nm_nlp.examples:LOSS",
        "LinesOfText": "nm_nlp.examples:lines_of_text",
        "TranslationScore": "nm_nlp.examples:translation_score",
    }
