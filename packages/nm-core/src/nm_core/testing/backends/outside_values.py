"""Checks of values from outside: arrays and lists become tensors, and a check sees what is in them."""

from __future__ import annotations

import math

from nm_core.testing.backends.backend_hooks import ROWS, SuiteTools
from nm_core.testing.expectations import equal, expect_error, hold


class ValueChecks(SuiteTools):
    """Values from outside become tensors of the framework, whose facts can be asked for."""

    def test_lists_and_tensors_become_tensors(self) -> None:
        """Nested lists do, of floats where the family says so; a tensor keeps its numbers."""
        session, do = self.session(), "Write convert_value so that lists, arrays and tensors give a tensor."
        for rows in (ROWS["x"], self.tensor(ROWS["x"])):
            equal(self.plain(session.convert_value(rows, "float")), ROWS["x"], "converted rows", do)
        for family, numbers in (
            ("float", [[1, 2]]),
            ("float", [[0.5, 2]]),
            ("int", [[1, 2]]),
            ("bool", [[True, False]]),
            ("bool", [[1, 0]]),
            ("int", [[1, 0]]),
        ):
            observed = session.observe(session.convert_value(numbers, family))
            hold(observed is not None, f"observe sees no tensor in what convert_value made of {numbers}.", do)
            assert observed is not None
            equal([*observed.shape], [1, 2], f"the shape of {numbers}", "Return the lengths of the axes.")
            equal(observed.family, family, f"the family of {numbers} for a port of {family}", do)

    def test_what_is_no_array_is_refused(self) -> None:
        """Ragged lists and texts are, with the errors that Python has for them."""
        session, do = self.session(), "Let convert_value raise TypeError or ValueError for what is no array."
        for value in ([[1.0, 2.0], [3.0]], "text", [["a"]], [[1.0], None], object()):
            with expect_error(f"{value!r}", do, TypeError, ValueError):
                session.convert_value(value, "float")

    def test_other_values_are_no_tensors(self) -> None:
        """Observe tells tensors from what stays in Python."""
        do = "Return None from observe for whatever is no tensor of the framework."
        for value in ("text", ["a", "b"], None):
            hold(self.session().observe(value) is None, f"observe takes {value!r} for a tensor.", do)

    def test_extremes_are_read_to_the_host(self) -> None:
        """The smallest and the largest number, wherever they stand; one of them tells what is not finite."""
        session, do = self.session(), "Return the smallest and the largest number as Python's."
        for rows in ([[3, -1], [2, 7]], [[0.5, -0.5], [0.25, 0.0]], [5]):
            flat = [number for row in rows for number in (row if isinstance(row, list) else [row])]
            equal([*session.extremes(self.tensor(rows))], [min(flat), max(flat)], f"the extremes of {rows}", do)
        for wrong in (math.nan, math.inf, -math.inf):
            for row in ([wrong, 1.0, 2.0], [1.0, wrong, 2.0], [1.0, 2.0, wrong]):
                finite = all(map(math.isfinite, session.extremes(self.tensor([row]))))
                hold(not finite, f"The extremes of {row} are finite.", "Let what is not finite pass through.")
