"""A collection under test, and its modules and metrics in each of their examples."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nm_core.plugins import Collection, Collections
from nm_core.plugins.errors import UnknownNameError
from nm_core.plugins.messages import no_collection
from nm_core.testing.collections.case import Case
from nm_core.testing.expectations import ConformanceError

LONGEST_LABEL = 44


@dataclass(frozen=True)
class Suite:
    """A collection under test.

    Attributes:
        collections: what is installed.
        name: the collection's name.
        folder: an empty folder for the files of examples.
    """

    collections: Collections
    name: str
    folder: Path

    def __post_init__(self) -> None:
        """Refuse a collection that is not there.

        Raises:
            UnknownNameError: it is not installed, or its declaration cannot be loaded; the message says why.
        """
        if self.name not in self.collections.collections:
            raise UnknownNameError(no_collection(self.name, self.collections.records))

    @property
    def id(self) -> str:
        """What messages call it."""
        return self.name

    @property
    def collection(self) -> Collection:
        """What it declares."""
        return self.collections.collections[self.name]

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its modules, in their order, and of its metrics."""
        return (*(spec.name for spec in self.collection.modules), *self.offered("metrics"))

    def offered(self, what: str) -> list[str]:
        """Return the names that it offers of one sort, without the collection."""
        names = (name.removeprefix(f"{self.name}.") for name in self.collections.names(what))
        return [name for name in names if self.name in self.collections.owners(what, name)]

    def cases(self) -> Iterator[Case]:
        """Yield each module and metric in each of its examples; one that has no examples, without parameters."""
        for name in self.members:
            seen: dict[str, int] = {}
            try:
                examples = self._examples_of(name)
            except Exception as error:  # noqa: BLE001 - an author's code may raise anything; `constructs` shows it
                yield Case(self, name, {}, "", error)
                continue
            for params in examples:
                text = label({key: value for key, value in params.items() if not _is_common(key, examples)})
                seen[text] = seen.get(text, 0) + 1
                yield Case(self, name, params, text if seen[text] == 1 else f"{text}#{seen[text]}")

    def _examples_of(self, name: str) -> Sequence[Mapping[str, Any]]:
        if name not in self.offered("examples"):
            return [{}]
        found = self.collections.lookup("examples", f"{self.name}.{name}")
        if callable(found):
            folder = self.folder / name
            folder.mkdir(parents=True)
            found = found(folder)
        if not isinstance(found, Sequence) or not found or not all(isinstance(one, Mapping) for one in found):
            raise ConformanceError(
                f"The examples of {self.name}.{name} are {found!r}.\n"
                "  Let the target that nm_examples names be a sequence of mappings of plain parameters, at least one, "
                "or a function (folder) that returns one."
            )
        return found


def _is_common(key: str, examples: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a parameter tells none of several examples from the others."""
    return len(examples) > 1 and all(key in one and one[key] == examples[0].get(key) for one in examples)


def label(params: Mapping[str, Any]) -> str:
    """Return parameters in a few words that are the same in every process: `feat_in=64,norm=post`; files by name."""
    parts = (f"{key}={value if isinstance(value, str | Path) else repr(value)}" for key, value in params.items())
    text = ",".join(re.sub(r"[^\w=,.+\- ]+", "", re.sub(r"[^=]*/", "", part)) for part in parts)
    return text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL].rstrip(' ,')}..."
