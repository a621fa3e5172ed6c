"""Through the probe for PyTorch the conformance suite sees what goes wrong in modules of torch."""

from types import SimpleNamespace

import pytest

from nm_core.plugins import Collection, Collections, ModuleSpec, hookimpl
from nm_core.testing import collection_failures
from nm_torch import _collection as common

CAUGHT = {
    "Stack": set(),
    "Convolving": {"padding"},
    "Normalising": {"batch"},
    "Rectifying": {"inputs"},
    "Dropping": {"evaluation", "batch"},
    "Buffering": {"weights"},
    "Counting": {"order"},
}


@pytest.mark.parametrize("name", CAUGHT)
def test_each_lie_is_caught_by_the_check_that_names_it(name: str) -> None:
    """And a composite module passes as any other."""
    spec = ModuleSpec(name, "One module.", {"torch": f"nm_torch_lying_collection:{name}"})
    plugin = SimpleNamespace(
        nm_collection=hookimpl(lambda: Collection("liar", "Liars.", modules=[spec]), specname="nm_collection")
    )
    collections = Collections.load({"liar": plugin, "common": common}, installed=False)

    found = collection_failures("liar", collections)

    assert {id.rpartition("::")[2] for id in found} == CAUGHT[name], found
