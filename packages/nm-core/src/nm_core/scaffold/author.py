"""Who wrote a package, as its metadata and its licence name them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from nm_core.scaffold.errors import ScaffoldError

# no control characters: the name goes into TOML and into a licence
_FORM = re.compile(r"\s*(?P<name>[^<>\x00-\x1f\x7f]*[^<>\s\x00-\x1f\x7f])\s*(<(?P<email>[^<>@\s]+@[^<>@\s]+)>)?\s*")


@dataclass(frozen=True, slots=True)
class Author:
    """A person or a group, perhaps with an address."""

    name: str
    email: str | None = None

    @classmethod
    def read(cls, text: str) -> Author:
        """Read ``Ada Lovelace <ada@example.org>``, with or without the address.

        Raises:
            ScaffoldError: the text has another form.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ScaffoldError(
                f"The author {text!r} is not understood.\n"
                '  Expected a name, perhaps with an address: --author "Ada Lovelace <ada@example.org>"'
            )
        return cls(match["name"], match["email"])

    def toml(self) -> str:
        """Return the author as an inline table of a ``pyproject.toml``."""
        fields = {"name": self.name, "email": self.email}
        written = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value)
        return f"{{ {', '.join(written)} }}"
