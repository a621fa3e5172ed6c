"""What a suite says when something does not hold; and that it needs pytest only to be run."""

import subprocess
import sys

import pytest

from nm_core.testing import ConformanceError
from nm_core.testing.expectations import different, equal, expect_error, hold


def test_a_failure_says_what_was_seen_and_what_to_do() -> None:
    """It is an error of ours and an assertion; long values are cut."""
    with pytest.raises(ConformanceError, match="casts are ignored\n  Apply them") as caught:
        hold(False, "casts are ignored", "Apply them.")
    assert isinstance(caught.value, AssertionError)
    with pytest.raises(ConformanceError, match=r"rows: expected \[0, 0, .* \.\.\., got 1\."):
        equal(1, [0] * 1000, "rows", "Give rows.")


def test_numbers_are_compared_within_a_tolerance() -> None:
    """Everything else must be equal, in structure too."""
    equal({"a": [1.0, (2.0, "x")]}, {"a": [1.00001, (2.0, "x")]}, "values", "")
    for found in ([1.0, 2.1], [1.0], 1.0, ["1.0", 2.0], [1.0, float("nan")]):
        with pytest.raises(ConformanceError):
            equal(found, [1.0, 2.0], "values", "")
    with pytest.raises(ConformanceError):
        equal([1.0 + 1e-12], [1.0], "values", "", tolerance=0)
    with pytest.raises(ConformanceError):
        different([1.0], [1.0], "values", "")


def test_a_refusal_is_an_error_of_the_kind_asked_for() -> None:
    """No error, or another one, fails."""
    with expect_error("it", "Refuse it.", KeyError):
        raise KeyError
    with pytest.raises(ConformanceError, match="it is accepted"), expect_error("it", "Refuse it."):
        pass
    with pytest.raises(ConformanceError, match="it is refused with a KeyError"), expect_error("it", "Refuse it."):
        raise KeyError


def test_importing_the_suites_needs_no_pytest() -> None:
    """Nor does the core import them."""
    code = "import sys, nm_core; assert 'nm_core.testing' not in sys.modules; import nm_core.testing; "
    code += "assert 'pytest' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
