"""`SkippedUpdates`: how many updates were left out, for which reasons, and the samples of some of them."""

from collections import Counter
from collections.abc import Sequence

NO_WEIGHT = "their losses had no weight"
OVERFLOW = "a gradient overflowed in fp16, and the loss scale was halved"
NON_FINITE_GRADIENT = "a gradient was not finite"
NON_FINITE_LOSS = "a loss was not finite"

_EXAMPLES = 5


class SkippedUpdates:
    """Counts updates that were left out, by reason.

    Example:
        >>> skipped = SkippedUpdates()
        >>> skipped.add(NON_FINITE_LOSS, "update 3: a.wav, b.wav")
        >>> skipped.notes()
        ['1 update was left out, since a loss was not finite: update 3: a.wav, b.wav.']
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, reason: str, example: str = "") -> None:
        """Count an update, and keep what is known of it if it is one of the first."""
        self.counts[reason] += 1
        examples = self.examples.setdefault(reason, [])
        if example and len(examples) < _EXAMPLES:
            examples.append(example)

    def notes(self) -> list[str]:
        """Return a sentence for each reason."""
        return [self._note(reason, count) for reason, count in self.counts.items()]

    def _note(self, reason: str, count: int) -> str:
        examples = self.examples[reason]
        more = "; ..." if 0 < len(examples) < count else ""
        ending = f": {'; '.join(examples)}{more}" if examples else ""
        return f"{count} update{' was' if count == 1 else 's were'} left out, since {reason}{ending}."


def list_names(names: Sequence[str], most: int = 16) -> str:
    """Return names as text, at most so many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
