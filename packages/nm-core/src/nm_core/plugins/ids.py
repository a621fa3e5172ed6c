"""Module ids: a collection, a name and optionally a version, ``asr.JasperEncoder@1``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nm_core.plugins.errors import UnknownModuleError

# at most nine digits: the int() of a hostile id costs nothing
_ID = re.compile(
    r"(?:(?P<collection>[a-z][a-z0-9_]*)\.)?(?P<name>[A-Za-z_]\w*)(?:@(?P<version>[1-9]\d{0,8}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class ModuleId:
    """A module id taken apart; ``collection`` is empty where the writer left it out, ``version`` is ``None``."""

    collection: str
    name: str
    version: int | None

    @property
    def plain(self) -> str:
        """The id without its version."""
        return f"{self.collection}.{self.name}" if self.collection else self.name

    @classmethod
    def parse(cls, text: object) -> ModuleId:
        """Take an id apart.

        Raises:
            UnknownModuleError: the text has another form.
        """
        match = _ID.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            shown = text if isinstance(text, str) and len(text) <= 80 else type(text).__name__
            raise UnknownModuleError(
                f"{shown!r} is not a module id.\n"
                "  Expected a collection, a name and perhaps a version: asr.JasperEncoder or asr.JasperEncoder@1."
            )
        version = match["version"]
        return cls(match["collection"] or "", match["name"], int(version) if version else None)
