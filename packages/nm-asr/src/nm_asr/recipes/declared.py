"""The recipes of speech recognition as they are listed; what looks at the data is imported when one is used."""

from nm_core.scaffold import Recipe, RecipeRequest, RecipeResult


def write_ctc(request: RecipeRequest) -> RecipeResult:
    """Make a recogniser with CTC from manifests."""
    from nm_asr.recipes.ctc import make_application

    return make_application(request)


CTC = Recipe(
    summary="A speech recogniser: QuartzNet with CTC over the characters of your transcripts.",
    files=("manifest",),
    several=True,
    write=write_ctc,
    options={
        "size": "small, medium or large; by the hours of speech where not given",
        "sample_rate": "samples per second; that of most recordings, at most 16000, where not given",
        "lowercase": "true folds transcripts to lower case",
    },
    example="recording.wav",
)
