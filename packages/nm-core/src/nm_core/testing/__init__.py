"""Conformance suites for those who extend the toolkit: what any implementation of a part must hold.

A suite is a class that pytest collects once it is subclassed under a name that begins with `Test`; nothing here imports
pytest, which `nm-core[testing]` brings.
"""

from nm_core.testing.backends import BackendConformance, failures
from nm_core.testing.holding import ConformanceError

__all__ = ["BackendConformance", "ConformanceError", "failures"]
