"""The collection `nm` has what belongs to no framework."""

from types import SimpleNamespace
from typing import Any

from nm_core import Callback, _collection
from nm_core.modules.views import Transpose
from nm_core.plugins import Collection, Collections, ModuleSpec, hookimpl


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


def test_a_name_that_another_collection_claims_too_stays_its_own() -> None:
    """Files keep their meaning, and the other one is used, and listed, by its full name."""
    collections = load(rival=Rival())

    assert collections.conflicts() == ()
    assert collections.lookup("callbacks", "checkpoint").__name__ == "CheckpointCallback"
    assert collections.lookup("callbacks", "rival.checkpoint").__name__ == "ProgressCallback"
    assert {"checkpoint", "rival.checkpoint"} < {*collections.names("callbacks")}


def test_its_former_names_stay_its_own() -> None:
    """A collection that claims to be what an official one was called is not heard."""
    thief = Rival()
    claim = Collection("rival", "Claims.", formerly={"checkpoint": ["common.checkpoint"]})
    thief.nm_collection = hookimpl(lambda: claim, specname="nm_collection")  # type: ignore[method-assign]

    assert load(rival=thief).lookup("callbacks", "common.checkpoint").__name__ == "CheckpointCallback"


def test_its_classes_keep_their_ids() -> None:
    """Saved files name them as ever, though another collection declares the same classes."""
    spec = ModuleSpec("Turn", "Mine.", {"any": "nm_core.modules.views:Transpose"})
    claim = SimpleNamespace(nm_collection=hookimpl(lambda: Collection("zebras", "Claims.", modules=[spec])))

    assert load(zebras=claim).id_of(Transpose) == "nm.Transpose"
