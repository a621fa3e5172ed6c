"""Packages from a template and applications from recipes: what people start from is complete and runs as it is."""

from nm_core.scaffold.application_files import WrittenApplication, find_recipe, write_application
from nm_core.scaffold.author import Author
from nm_core.scaffold.collection_names import CollectionNames
from nm_core.scaffold.errors import ScaffoldError
from nm_core.scaffold.package_files import LICENCES, render, write
from nm_core.scaffold.recipe import Content, Recipe, RecipeRequest, RecipeResult
from nm_core.scaffold.requirements import requirements

__all__ = [
    "LICENCES",
    "Author",
    "CollectionNames",
    "Content",
    "Recipe",
    "RecipeRequest",
    "RecipeResult",
    "ScaffoldError",
    "WrittenApplication",
    "find_recipe",
    "render",
    "requirements",
    "write",
    "write_application",
]
