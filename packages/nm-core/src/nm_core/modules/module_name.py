"""Names of modules: made from the class, and checked, since they prefix weights and stand in files."""

import re

from nm_core.errors import ParameterError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def snake_case(name: str) -> str:
    """Name a module after its class: `JasperEncoder` gives `jasper_encoder`, `CTCLossNM` `ctc_loss_nm`."""
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()


def checked_name(name: str) -> str:
    """Check that a module's name can prefix weights and stand in a file, and return it.

    Raises:
        ParameterError: the name is not an identifier, or several joined by dots.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ParameterError(
            f"{name!r} cannot be a module's name: it prefixes weights and stands in files.\n"
            "  Use letters, digits and underscores, beginning with a letter."
        )
    return name
