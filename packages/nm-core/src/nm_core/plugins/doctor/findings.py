"""The result of examining one collection: plain data, since it may come from another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nm_core.plugins.conflicts import Definition
from nm_core.plugins.records import Record


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about a collection beside its record, and what to do about it.

    Attributes:
        collection: the namespace.
        about: ``"requirements"``, ``"metadata"``, ``"heavy"``, ``"lazy"``, ``"extra"``, ``"names"``,
            ``"meanings"`` or ``"output"``.
        message: what is wrong and what to do.
        fault: whether something does not work; otherwise it could only be better.
    """

    collection: str
    about: str
    message: str
    fault: bool


@dataclass(frozen=True, slots=True)
class Examination:
    """The record of one collection, and what is compared with that of others.

    Attributes:
        record: the record, of which ``targets`` is the last step in a deep examination.
        findings: further messages.
        offers: the names that it offers, by what they are names of.
        defined: the tags and kinds that it declares.
        heavy: heavy packages that its declaration imports, each with its seconds where they were measured.
    """

    record: Record
    findings: tuple[Finding, ...] = ()
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    defined: tuple[Definition, ...] = ()
    heavy: Mapping[str, float | None] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """Return the examination as plain data for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Examination:
        """Take back what ``to_dict`` gave."""
        # JSON has given lists for tuples, and texts for enums
        return cls(
            record=Record.from_dict(data["record"]),
            findings=tuple(Finding(**finding) for finding in data["findings"]),
            offers={what: tuple(names) for what, names in data["offers"].items()},
            defined=tuple(Definition(*definition) for definition in data["defined"]),
            heavy=data["heavy"],
        )
