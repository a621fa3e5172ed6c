"""Conformance suites for those who extend the toolkit: what any implementation of a part must hold.

**A collection**: `pytest --nm-collection NAME` checks an installed collection and needs no code. Without paths the
suite runs alone, with them (`pytest tests --nm-collection NAME`) beside those tests; `-k padding`, `-n 4` and
`--collect-only` work as ever. The hook `nm_examples` says with which parameters modules are made:

    @hookimpl
    def nm_examples() -> dict[str, str]:
        return {"JasperEncoder": "nm_asr.examples:JASPER_ENCODER"}

where `JASPER_ENCODER` is a sequence of mappings of plain parameters, or a function `(folder) -> sequence` that writes
the files which they name. A module that can be made without parameters needs no example. `Collection(suite=1)` states
the version of the suite that a collection was written for (newer checks are reported and fail nothing), and
`Collection(exempt={"Module": {"check": "reason"}})` what a module is not. `collection_failures` is the same without
pytest. Frameworks take part through the hook `nm_probes`, with a class that follows `Probe`.

**A backend**: `BackendConformance` is a class that pytest collects once it is subclassed under a name that begins with
`Test`.

Nothing here imports pytest, which `nm-core[testing]` brings.
"""

from nm_core.probing.probe import ConformanceError, Probe
from nm_core.testing.backends import BackendConformance, failures
from nm_core.testing.collections import SUITE, collection_failures

__all__ = ["BackendConformance", "ConformanceError", "Probe", "SUITE", "collection_failures", "failures"]
