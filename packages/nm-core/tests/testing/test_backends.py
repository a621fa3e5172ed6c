"""The reference backend passes the conformance suite."""

from nm_core_conformance import ReferenceConformance


class TestReferenceBackend(ReferenceConformance):
    """Every check, in plain Python."""
