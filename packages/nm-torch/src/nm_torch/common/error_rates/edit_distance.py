"""The Levenshtein distance of two sequences, by kind of edit."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edits:
    """The edits between a hypothesis and its reference.

    Attributes:
        substitutions: tokens recognised as another one.
        insertions: tokens of the hypothesis that the reference lacks.
        deletions: tokens of the reference that the hypothesis lacks.
        length: tokens of the reference.

    Example:
        >>> count_edits("the cat sat".split(), "the hat".split())
        Edits(substitutions=1, insertions=0, deletions=1, length=3)
    """

    substitutions: int = 0
    insertions: int = 0
    deletions: int = 0
    length: int = 0

    @property
    def errors(self) -> int:
        """The sum of all edits."""
        return self.substitutions + self.insertions + self.deletions

    def __add__(self, other: "Edits") -> "Edits":
        return Edits(
            self.substitutions + other.substitutions,
            self.insertions + other.insertions,
            self.deletions + other.deletions,
            self.length + other.length,
        )


def count_edits(reference: Sequence[object], hypothesis: Sequence[object]) -> Edits:
    """Count the edits of an alignment with the fewest errors (Levenshtein 1966, by dynamic programming).

    Among alignments with equally few, one with the most substitutions is counted, as in NIST's sclite.
    """
    # a common beginning needs no table, and most pairs agree for long
    start = 0
    while start < min(len(reference), len(hypothesis)) and reference[start] == hypothesis[start]:
        start += 1
    reference, hypothesis = reference[start:], hypothesis[start:]
    # A cell is (errors, insertions + deletions, insertions) of the best way to reach it; less is better, in this order.
    row = [(column, column, column) for column in range(len(hypothesis) + 1)]
    for token in reference:
        corner = row[0]
        row[0] = (corner[0] + 1, corner[1] + 1, corner[2])
        for column, hypothesis_token in enumerate(hypothesis, start=1):
            above, before = row[column], row[column - 1]
            wrong = token != hypothesis_token
            match = (corner[0] + wrong, corner[1], corner[2])
            deletion = (above[0] + 1, above[1] + 1, above[2])
            insertion = (before[0] + 1, before[1] + 1, before[2] + 1)
            corner, row[column] = above, min(match, deletion, insertion)
    errors, gaps, insertions = row[-1]
    return Edits(errors - gaps, insertions, gaps - insertions, len(reference) + start)
