"""The generated part of the site: a reference from docstrings, declarations and commands, read without torch."""
