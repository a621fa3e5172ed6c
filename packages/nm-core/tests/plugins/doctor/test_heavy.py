"""Times of imports are read from what Python itself wrote."""

from nm_core.plugins.doctor.heavy import describe_heavy, import_seconds, without_times

LOG = """\
import time: self [us] | cumulative | imported package
import time:      1381 |       4402 |   torch.nn
import time:     20000 |    1234567 | torch
something that torch says: | 1 | numpy
"""


def test_the_whole_time_of_a_package_counts() -> None:
    """What a package imports is its own; a package that Python did not time has no time."""
    assert import_seconds(["torch", "numpy"], LOG) == {"numpy": None, "torch": 1.234567}


def test_everything_else_is_kept() -> None:
    """What a collection writes itself is not lost among the times."""
    assert without_times(LOG) == ["something that torch says: | 1 | numpy"]


def test_the_message_names_who_can_mend_it() -> None:
    """Packages, seconds, and the module that is to be light."""
    message = describe_heavy("pkg._collection:plugin", {"numpy": None, "torch": 1.234})

    assert "imports numpy and torch (1.23 s)" in message
    assert "pkg._collection and the packages above it" in message
