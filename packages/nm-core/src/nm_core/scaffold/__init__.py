"""Packages written from a template: what an author starts from is complete, tested and publishable."""

from nm_core.scaffold.author import Author
from nm_core.scaffold.errors import ScaffoldError
from nm_core.scaffold.names import Names
from nm_core.scaffold.rendering import LICENCES, render
from nm_core.scaffold.requirements import requirements
from nm_core.scaffold.writing import write

__all__ = ["LICENCES", "Author", "Names", "ScaffoldError", "render", "requirements", "write"]
