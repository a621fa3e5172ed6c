"""The user's choice of collections: NM_COLLECTIONS, NM_DISABLE and NM_PREFER."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from nm_core.errors import did_you_mean
from nm_core.plugins.known import KNOWN, is_official, normal, pip_line
from nm_core.plugins.records import Candidate, Record, State, Step


@dataclass(frozen=True, slots=True)
class CollectionSettings:
    """The user's choice.

    Attributes:
        allowed: NM_COLLECTIONS, the only collections to load; ``None`` allows all.
        disabled: NM_DISABLE, collections not to load.
        preferred: NM_PREFER, for a name that several distributions claim the one that has it (``asr=nm-asr``).
    """

    allowed: tuple[str, ...] | None = None
    disabled: tuple[str, ...] = ()
    preferred: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> CollectionSettings:
        """Read the settings from environment variables; empty ones count as not set."""

        def words(variable: str) -> tuple[str, ...]:
            return tuple(filter(None, map(str.strip, environ.get(variable, "").split(","))))

        pairs = (item.partition("=") for item in words("NM_PREFER"))
        preferred = {name.strip(): distribution.strip() for name, _, distribution in pairs}
        return cls(words("NM_COLLECTIONS") or None, words("NM_DISABLE"), preferred)

    def refusal(self, name: str) -> str | None:
        """Say why a collection is not to be loaded, or return ``None`` if it is."""
        if name in self.disabled:
            return f"disabled by NM_DISABLE={','.join(self.disabled)}"
        if self.allowed is not None and name not in self.allowed:
            return f"not among NM_COLLECTIONS={','.join(self.allowed)}"
        return None

    def choose(self, name: str, claims: Sequence[Candidate]) -> tuple[list[Candidate], list[Record]]:
        """Return the claim on ``name`` that counts, and records of the rest; with a conflict, of all."""
        if len(claims) == 1:
            return list(claims), []
        owner = self.preferred.get(name)
        chosen = [claim for claim in claims if owner is not None and normal(claim.distribution) == normal(owner)]
        if len(chosen) == 1:
            reason = f"NM_PREFER gives the name {name} to {owner}"
            return chosen, [
                claim.record(State.DISABLED, Step.SETTINGS, reason) for claim in claims if claim not in chosen
            ]
        official = [claim for claim in claims if is_official(name, claim.distribution)]
        if owner is None and len(official) == 1:
            # a stranger that takes the name of an official collection must not take its files down
            reason = f"{name} is the collection of {KNOWN[name]}, and that one is used. Its author can rename it."
            return official, [
                claim.record(State.CONFLICT, Step.METADATA, reason) for claim in claims if claim not in official
            ]
        owners = sorted({claim.distribution for claim in claims})
        mistake = "" if owner is None else f" NM_PREFER={name}={owner} names neither."
        error = (
            f"{' and '.join(owners)} both claim the name {name}, and neither is loaded.{mistake} "
            f"Uninstall one, or prefer one: NM_PREFER={name}={owners[0]}"
        )
        return [], [claim.record(State.CONFLICT, Step.METADATA, error) for claim in claims]

    def missing(self, installed: Collection[str]) -> list[Record]:
        """Return a record for each name in the settings that nothing installed declares."""
        records = []
        listings = {"NM_COLLECTIONS": self.allowed or (), "NM_DISABLE": self.disabled, "NM_PREFER": self.preferred}
        for variable, names in listings.items():
            for name in names:
                if name not in installed:
                    hint = f" Install it: {pip_line(KNOWN[name])}" if name in KNOWN else did_you_mean(name, installed)
                    error = f"{variable} names {name}, which no installed distribution declares.{hint}"
                    records.append(Record(name, None, None, None, State.MISSING, Step.SETTINGS, error))
        return records
