"""The collection `nm` has what belongs to no framework."""

from typing import Any

import pytest

from nm_core import Callback, _collection
from nm_core.plugins import Collection, Collections, ConflictError, hookimpl


class Rival:
    """A collection with a callback of its own under a name of nm-core's."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the collection."""
        return Collection("rival", "Another way to write checkpoints.")

    @hookimpl
    def nm_callbacks(self) -> dict[str, str]:
        """Declare the callback."""
        return {"checkpoint": "nm_core.callbacks:ProgressCallback"}


def load(**more: Any) -> Collections:
    """Return the collection, and others."""
    return Collections.load({"nm": _collection, **more}, installed=False)


def test_its_callbacks_are_those_that_need_no_framework() -> None:
    """Each name of a callback is that of a class to be made from plain data."""
    collections = load()

    assert collections.names("callbacks") == ("checkpoint", "early_stopping", "evaluation", "logging", "progress")
    assert all(issubclass(collections.lookup("callbacks", name), Callback) for name in collections.names("callbacks"))


def test_a_name_that_another_collection_claims_is_a_conflict() -> None:
    """Neither wins, the conflict names both, and the full name says which is meant."""
    collections = load(rival=Rival())

    assert [line for line in collections.conflicts() if '"checkpoint" is offered by nm and rival' in line]
    with pytest.raises(ConflictError, match=r"nm.checkpoint or rival.checkpoint"):
        collections.lookup("callbacks", "checkpoint")
    assert collections.lookup("callbacks", "nm.checkpoint").__name__ == "CheckpointCallback"
