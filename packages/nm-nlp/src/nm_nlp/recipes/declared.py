"""The recipes of language as they are listed; what looks at the data is imported when one is used."""

from nm_core.scaffold import Recipe, RecipeRequest, RecipeResult


def write_translation(request: RecipeRequest) -> RecipeResult:
    """Make a translator from parallel text."""
    from nm_nlp.recipes.translation import make_application

    return make_application(request)


TRANSLATION = Recipe(
    summary="Translation: a Transformer over word pieces learnt from your text.",
    files=("source", "target"),
    write=write_translation,
    options={
        "size": "small, medium or large; by the number of sentence pairs where not given",
        "vocabulary": "word pieces of both languages; by the number of sentence pairs where not given",
    },
    example='"A sentence."',
)
