"""Word and character error rates."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, Unpack

from torch import Tensor

from nm_core import Metric, ModuleOptions, NmTensor, ports
from nm_torch.common.error_rates.edit_distance import Edits, edits
from nm_torch.common.errors import MetricError
from nm_torch.common.hypotheses import Hypothesis
from nm_torch.common.labels import Labels


class ErrorRateOptions(ModuleOptions, total=False):
    """The symbolic tensors that the metric may be bound to when it is made, and its name."""

    hypotheses: NmTensor
    references: NmTensor


class ErrorRate(Metric):
    """Edits over the tokens of the references, of everything seen together; kept as counts, so that merging is exact.

    Args:
        labels: the labels with which transcripts are written.
    """

    input_ports = ports(hypotheses="list[object Text]", references="B Token:u ; Labels({n_labels})")
    unit = ""
    score = ""

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of labels, under the name the ports use."""
        return {"n_labels": len(params["labels"])}

    def __init__(self, *, labels: str | Sequence[str], **options: Unpack[ErrorRateOptions]) -> None:
        super().__init__(**options)
        self.labels = Labels(labels)
        self.edits = Edits()

    def tokens(self, text: str) -> Sequence[str]:
        """Return what is counted."""
        raise NotImplementedError

    def update(self, hypotheses: Sequence[Hypothesis | str], references: Tensor) -> None:
        """Take hypotheses, or their texts, and the label ids of what was said, ``[B, U]`` padded with -1."""
        texts = [self.labels.decode(index for index in row if index >= 0) for row in references.tolist()]
        self.update_texts([str(hypothesis) for hypothesis in hypotheses], texts)

    def update_texts(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Take texts."""
        if len(hypotheses) != len(references):
            raise MetricError(f"{self.name} was given {len(hypotheses)} hypotheses for {len(references)} references.")
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            self.edits += edits(self.tokens(reference), self.tokens(hypothesis))

    def merge(self, other: Self) -> None:
        """Take what another has counted."""
        self.edits += other.edits

    def compute(self) -> dict[str, float]:
        """Return the rate as a fraction, and the counts behind it.

        The rate of nothing is 0, that of insertions without a reference infinite.
        """
        counted = self.edits
        rate = counted.errors / counted.length if counted.length else (float("inf") if counted.errors else 0.0)
        return {
            self.score: rate,
            f"{self.score}_substitutions": float(counted.substitutions),
            f"{self.score}_insertions": float(counted.insertions),
            f"{self.score}_deletions": float(counted.deletions),
            self.unit: float(counted.length),
        }

    def state(self) -> dict[str, int]:
        """Return the counts."""
        counted = self.edits
        return {
            "substitutions": counted.substitutions,
            "insertions": counted.insertions,
            "deletions": counted.deletions,
            "length": counted.length,
        }

    def load_state(self, state: Mapping[str, int]) -> None:
        """Take back the counts."""
        self.edits = Edits(**state)

    def reset(self) -> None:
        """Forget everything."""
        self.edits = Edits()


class WordErrorRate(ErrorRate):
    """Words substituted, inserted and left out, over the words of the references; words are what spaces separate."""

    unit = "words"
    score = "wer"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"wer": "min"}

    def tokens(self, text: str) -> Sequence[str]:
        """Return the words."""
        return text.split()


class CharacterErrorRate(ErrorRate):
    """Characters substituted, inserted and left out, over those of the references; a run of spaces is one character."""

    unit = "characters"
    score = "cer"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"cer": "min"}

    def tokens(self, text: str) -> Sequence[str]:
        """Return the characters."""
        return " ".join(text.split())
