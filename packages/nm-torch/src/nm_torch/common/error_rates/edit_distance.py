"""The fewest edits that turn one sequence into another."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edits:
    """How a hypothesis differs from its reference.

    Attributes:
        substitutions: tokens heard as another.
        insertions: tokens heard that are not in the reference.
        deletions: tokens of the reference that were not heard.
        length: tokens of the reference.
    """

    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0
    length: int = 0

    @property
    def errors(self) -> int:
        """All edits together."""
        return self.substitutions + self.insertions + self.deletions

    def __add__(self, other: "Edits") -> "Edits":
        return Edits(
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
            self.length + other.length,
        )


def edits(reference: Sequence[object], hypothesis: Sequence[object]) -> Edits:
    """Return the edits of an alignment with the fewest errors (Levenshtein 1966, by dynamic programming).

    Among alignments with equally few, one with the most substitutions is counted, as in NIST's sclite.
    """
    start = 0
    while start < min(len(reference), len(hypothesis)) and reference[start] == hypothesis[start]:
        start += 1
    reference, hypothesis = reference[start:], hypothesis[start:]
    # A cell is (errors, insertions + deletions, insertions) of the best way to reach it; less is better, in this order.
    row = [(column, column, column) for column in range(len(hypothesis) + 1)]
    for token in reference:
        corner = row[0]
        row[0] = (corner[0] + 1, corner[1] + 1, corner[2])
        for column, heard in enumerate(hypothesis, start=1):
            above, left = row[column], row[column - 1]
            wrong = token != heard
            best = (corner[0] + wrong, corner[1], corner[2])
            deletion = (above[0] + 1, above[1] + 1, above[2])
            insertion = (left[0] + 1, left[1] + 1, left[2] + 1)
            corner, row[column] = above, min(best, deletion, insertion)
    errors, gaps, insertions = row[-1]
    return Edits(errors - gaps, insertions, gaps - insertions, len(reference) + start)
