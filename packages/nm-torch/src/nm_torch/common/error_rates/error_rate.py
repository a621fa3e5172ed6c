"""Word and character error rates.

Legend: B utterances, U labels.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, Unpack

from torch import Tensor

from nm_core import Metric, ModuleOptions, NmTensor, ports
from nm_core.modules.views import behind
from nm_torch.common.error_rates.edit_distance import Edits, count_edits
from nm_torch.common.errors import MetricError
from nm_torch.common.hypotheses import Hypothesis
from nm_torch.common.labels import LabelVocabulary, check_labels


class ErrorRateOptions(ModuleOptions, total=False):
    """The symbolic tensors that the metric may be bound to when it is made, and its name."""

    hypotheses: NmTensor
    references: NmTensor


class ErrorRate(Metric):
    """The edits of all hypotheses over the tokens of all references; sums of counts, so that merging is exact.

    Args:
        labels: the labels with which transcripts are written.
    """

    input_ports = ports(hypotheses="list[object Text]", references="B Token:u ; Labels({n_labels})")
    unit = ""
    score = ""

    @staticmethod
    def sizes(params: Mapping[str, Any]) -> dict[str, int]:
        """Return the number of labels, by the name in the ports."""
        return {"n_labels": len(params["labels"])}

    @staticmethod
    def check_params(params: Mapping[str, Any]) -> None:
        """Check the labels."""
        check_labels(params["labels"])

    def __init__(self, *, labels: str | Sequence[str], **options: Unpack[ErrorRateOptions]) -> None:
        super().__init__(**options)
        self.labels = LabelVocabulary(labels)
        self.edits = Edits()

    @classmethod
    def check_tensors(cls, params: Mapping[str, Any], tensors: Mapping[str, NmTensor]) -> None:
        """Compare the labels with those of the modules that make hypotheses and references.

        Raises:
            MetricError: references written with other labels, or hypotheses with as many others.
        """
        labels = tuple(params["labels"])
        for port, tensor in tensors.items():
            maker = behind(tensor).call.module
            written = maker.params.get("labels")
            if not isinstance(written, str | tuple) or tuple(written) == labels:
                continue
            # a decoder with more or fewer labels belongs to another model, whose texts may well be scored
            if port == "references" or len(written) == len(labels):
                raise MetricError(
                    f"{port} are written by {maker.name} with the labels {''.join(map(str, written))!r}, "
                    f"and counted with {''.join(labels)!r}.\n"
                    "  Give both the same labels, in one order (in a file: $labels)."
                )

    def tokens(self, text: str) -> Sequence[str]:
        """Split a text into the tokens to count."""
        raise NotImplementedError

    def update(self, hypotheses: Sequence[Hypothesis | str], references: Tensor) -> None:
        """Count the edits of a batch.

        Args:
            hypotheses: hypotheses or their texts.
            references: label ids of the transcripts, int64 [B, U], padded with -1.
        """
        # -1 is padding, and no label
        texts = [self.labels.decode(index for index in row if index >= 0) for row in references.tolist()]
        self.update_texts([str(hypothesis) for hypothesis in hypotheses], texts)

    def update_texts(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Count the edits of pairs of texts.

        Raises:
            MetricError: there are not as many hypotheses as references.
        """
        if len(hypotheses) != len(references):
            raise MetricError(f"{self.name} was given {len(hypotheses)} hypotheses for {len(references)} references.")
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            self.edits += count_edits(self.tokens(reference), self.tokens(hypothesis))

    def merge(self, other: Self) -> None:
        """Add the counts of another metric."""
        self.edits += other.edits

    def compute(self) -> dict[str, float]:
        """Return the rate as a fraction, and the counts behind it.

        Without references the rate is 0, or infinite where there are insertions.
        """
        edits = self.edits
        rate = edits.errors / edits.length if edits.length else (float("inf") if edits.errors else 0.0)
        return {
            self.score: rate,
            f"{self.score}_substitutions": float(edits.substitutions),
            f"{self.score}_insertions": float(edits.insertions),
            f"{self.score}_deletions": float(edits.deletions),
            self.unit: float(edits.length),
        }

    def state(self) -> dict[str, int]:
        """Return the counts as plain data."""
        edits = self.edits
        return {
            "substitutions": edits.substitutions,
            "insertions": edits.insertions,
            "deletions": edits.deletions,
            "length": edits.length,
        }

    def load_state(self, state: Mapping[str, int]) -> None:
        """Restore the counts."""
        self.edits = Edits(**state)

    def reset(self) -> None:
        """Set all counts to 0."""
        self.edits = Edits()


class WordErrorRate(ErrorRate):
    """Word error rate: words substituted, inserted and deleted, over the words of the references.

    Words are separated by spaces.

    Example:
        >>> metric = WordErrorRate(labels=" abcdefghijklmnopqrstuvwxyz")
        >>> metric.update_texts(["the hat sat"], ["the cat sat down"])
        >>> metric.compute()["wer"]  # one word substituted, one deleted
        0.5
    """

    unit = "words"
    score = "wer"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"wer": "min"}

    def tokens(self, text: str) -> Sequence[str]:
        """Split a text at spaces."""
        return text.split()


class CharacterErrorRate(ErrorRate):
    """Character error rate: characters substituted, inserted and deleted, over those of the references.

    A run of spaces counts as one character.

    Example:
        >>> metric = CharacterErrorRate(labels="act")
        >>> metric.update_texts(["at"], ["cat"])
        >>> round(metric.compute()["cer"], 3)
        0.333
    """

    unit = "characters"
    score = "cer"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"cer": "min"}

    def tokens(self, text: str) -> Sequence[str]:
        """Return the characters, with single spaces."""
        return " ".join(text.split())
