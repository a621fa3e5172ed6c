"""Corpus scores of translations through sacreBLEU, each with the signature that makes it comparable."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, Self, Unpack

from nm_core import Metric, ModuleOptions, NmTensor, NonNegativeInt, PositiveInt
from nm_core.symbols.ports import ports
from nm_nlp.errors import TranslationError


class CorpusMetricOptions(ModuleOptions, total=False):
    """The symbolic tensors that the metric may be bound to when it is made, and its name."""

    hypotheses: NmTensor
    references: NmTensor


class _CorpusMetric(Metric):
    """A metric that collects hypotheses and references, and scores them together by sacreBLEU."""

    input_ports = ports(hypotheses="list[object Text]", references="list[object Text]")
    score_name: ClassVar[str] = ""

    def __init__(self, **options: Unpack[CorpusMetricOptions]) -> None:
        super().__init__(**options)
        self.hypotheses: list[str] = []
        self.references: list[str] = []

    def scorer(self) -> Any:
        """Return sacreBLEU's own metric."""
        raise NotImplementedError

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Add the translations of a batch, detokenised, and the reference of each.

        Raises:
            TranslationError: there are not as many references as hypotheses.
        """
        if len(hypotheses) != len(references):
            raise TranslationError(
                f"{self.name} was given {len(hypotheses)} hypotheses and {len(references)} references.\n"
                "  Give one reference for each hypothesis."
            )
        self.hypotheses.extend(hypotheses)
        self.references.extend(references)

    def merge(self, other: Self) -> None:
        """Add the sentences of another metric."""
        self.update(other.hypotheses, other.references)

    def compute(self) -> dict[str, float]:
        """Return the score of all sentences together, in percent; `signature` says how it was computed.

        Raises:
            TranslationError: there are no sentences.
        """
        return {self.score_name: self._compute_score()[0]}

    @property
    def signature(self) -> str:
        """The signature of the score: `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.5.1`."""
        return self._compute_score()[1]

    def _compute_score(self) -> tuple[float, str]:
        if not self.hypotheses:
            raise TranslationError(f"{self.name} has seen no sentences, and a score of nothing is not 0.")
        scorer = self.scorer()
        score = scorer.corpus_score(self.hypotheses, [self.references]).score
        return float(score), str(scorer.get_signature())

    def state(self) -> dict[str, Any]:
        """Return the sentences as plain data."""
        return {"hypotheses": list(self.hypotheses), "references": list(self.references)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore the result of `state`."""
        self.hypotheses, self.references = list(state["hypotheses"]), list(state["references"])

    def reset(self) -> None:
        """Drop all sentences."""
        self.hypotheses, self.references = [], []


class BLEU(_CorpusMetric):
    """BLEU as sacreBLEU computes it, on detokenised text (Papineni et al. 2002; Post 2018, arXiv 1804.08771).

    Args:
        tokenize: sacreBLEU's tokenizer: "13a", "intl", "zh", "ja-mecab", "char", "none" for text that is tokenised.
        lowercase: score without regard to case.

    Example:
        >>> metric = BLEU()
        >>> metric.update(["the cat sat on the mat"], ["the cat sat on the mat"])
        >>> round(metric.compute()["bleu"], 1)
        100.0
        >>> metric.signature
        'nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:...'
    """

    score_name = "bleu"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"bleu": "max"}

    def __init__(
        self, *, tokenize: str = "13a", lowercase: bool = False, **options: Unpack[CorpusMetricOptions]
    ) -> None:
        super().__init__(**options)
        self.tokenize = tokenize
        self.lowercase = lowercase

    def scorer(self) -> Any:
        """Return sacreBLEU's BLEU."""
        from sacrebleu.metrics.bleu import BLEU as SacreBLEU

        # force: text that looks tokenised is scored as it is, and not refused with a warning
        return SacreBLEU(tokenize=self.tokenize, lowercase=self.lowercase, force=True)


class ChrF(_CorpusMetric):
    """Character n-gram F-score as sacreBLEU computes it (Popovic 2015), chrF++ with word n-grams.

    Args:
        character_order: longest character n-grams.
        word_order: longest word n-grams; 0 is chrF, 2 is chrF++.
        lowercase: score without regard to case.

    Example:
        >>> metric = ChrF(word_order=2)
        >>> metric.update(["the cat sat on the mat"], ["the cat sat on the mat"])
        >>> round(metric.compute()["chrf"], 1)
        100.0
    """

    score_name = "chrf"
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"chrf": "max"}

    def __init__(
        self,
        *,
        character_order: PositiveInt = 6,
        word_order: NonNegativeInt = 0,
        lowercase: bool = False,
        **options: Unpack[CorpusMetricOptions],
    ) -> None:
        super().__init__(**options)
        self.character_order = character_order
        self.word_order = word_order
        self.lowercase = lowercase

    def scorer(self) -> Any:
        """Return sacreBLEU's chrF."""
        from sacrebleu.metrics.chrf import CHRF

        return CHRF(char_order=self.character_order, word_order=self.word_order, lowercase=self.lowercase)
