"""BLEU and chrF of translations by the model of a graph.

Legend: B sentences, S source positions, T target positions, D model size, V vocabulary.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, Unpack

from torch import Tensor

from nm_core import Metric, ModuleOptions, NmTensor, NonNegativeFloat, PositiveInt
from nm_core.symbols.ports import ports
from nm_nlp.data.lines_of_text import LinesOfText
from nm_nlp.errors import TranslationError
from nm_nlp.metrics.bleu import BLEU, ChrF
from nm_nlp.translation.beam import search_translations
from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_nlp.translation.translator import make_search_options
from nm_torch.common.tokenizers.files import load_tokenizer
from nm_types import Edge, type_call


class TranslationScoreOptions(ModuleOptions, total=False):
    """The symbolic tensors that the metric may be bound to when it is made, and its name."""

    log_probs: NmTensor
    hidden_states_src: NmTensor
    input_mask_src: NmTensor
    sent_ids: NmTensor


class TranslationScore(Metric):
    """Translate the sentences of a data layer, and score the translations against references as they were written.

    The tensor `log_probs` names the model: the last layer that computes it and the decoder before that do the search.
    Its values, which are computed from the right target so far, are not used.

    Args:
        references: file of the translations, one a line; `sent_ids` are its line numbers.
        tokenizer: file of the target's tokenizer; that of the decoder where not given.
        beam_size: partial translations kept per sentence; 1 takes the best token at each position.
        length_penalty: see `nm_torch.common.search_options.SearchOptions`.

    Example:
        >>> from nm_core import inputs
        >>> from nm_nlp import train_tokenizer
        >>> train_tokenizer("word", ["null eins zwei"]).save("de.json")
        >>> _ = Path("test.de").write_text("eins zwei")
        >>> free = inputs(
        ...     tgt="B Token:t ; TokenIds(7)",
        ...     tgt_mask="B Token:t ; Mask",
        ...     hidden="B Token:s Encoded:16",
        ...     src_mask="B Token:s ; Mask",
        ...     sent_ids="B ; Index",
        ... )
        >>> decoder = TransformerDecoderNM(vocabulary_size=7, hidden_size=16, num_heads=2, tokenizer="de.json")
        >>> states = decoder(
        ...     input_ids_tgt=free.tgt,
        ...     hidden_states_src=free.hidden,
        ...     input_mask_src=free.src_mask,
        ...     input_mask_tgt=free.tgt_mask,
        ... )
        >>> log_probs = TransformerLogSoftmaxNM(hidden_size=16, vocabulary_size=7)(hidden_states=states)
        >>> score = TranslationScore(
        ...     references="test.de",
        ...     log_probs=log_probs,
        ...     hidden_states_src=free.hidden,
        ...     input_mask_src=free.src_mask,
        ...     sent_ids=free.sent_ids,
        ... )
        >>> sorted(score.goals)
        ['bleu', 'chrf']
    """

    input_ports = ports(
        log_probs="B Token:t Class:n ; LogProbs",
        hidden_states_src="B Token:s Encoded",
        input_mask_src="B Token:s ; Mask",
        sent_ids="B ; Index",
    )
    goals: ClassVar[Mapping[str, Literal["min", "max"]]] = {"bleu": "max", "chrf": "max"}

    def __init__(
        self,
        *,
        references: str | Path,
        tokenizer: str | Path | None = None,
        beam_size: PositiveInt = 1,
        length_penalty: NonNegativeFloat = 0.6,
        **options: Unpack[TranslationScoreOptions],
    ) -> None:
        super().__init__(**options)
        self.references = LinesOfText(path=references)
        self.tokenizer = None if tokenizer is None else load_tokenizer(tokenizer)
        self.beam_size = beam_size
        self.length_penalty = length_penalty
        self.bleu, self.chrf = BLEU(), ChrF()

    def bind(self, **tensors: NmTensor) -> Self:
        """Connect the metric's ports, and find the model.

        Raises:
            TranslationError: `log_probs` does not come from a decoder and its last layer, or no tokenizer is known.
            NeuralTypeError: `hidden_states_src` are not what that decoder attends to.
        """
        super().bind(**tensors)
        decoder, _ = self._find_model()
        assert self.call is not None  # bound above
        hidden = tensors["hidden_states_src"]
        expected = decoder.inputs["hidden_states_src"].type
        edge = Edge(self.name, "hidden_states_src", hidden.name, expected, hidden.type)
        type_call([edge], {}, owner=self.name, location=self.call.location)
        return self

    def update(self, log_probs: Tensor, hidden_states_src: Tensor, input_mask_src: Tensor, sent_ids: Tensor) -> None:
        """Translate a batch from hidden states [B, S, D] and their mask [B, S]."""
        decoder, log_softmax = self._find_model()
        tokenizer = self.tokenizer or decoder.tokenizer
        assert tokenizer is not None  # bind made sure
        options = make_search_options(tokenizer, beam_size=self.beam_size, length_penalty=self.length_penalty)
        device = log_softmax.weight.device
        results = search_translations(
            decoder, log_softmax, hidden_states_src.to(device), input_mask_src.to(device), options
        )
        hypotheses = [tokenizer.decode(best[0].symbols) for best in results]
        references = self.references.forward(sent_ids=sent_ids)
        for metric in (self.bleu, self.chrf):
            metric.update(hypotheses, references)

    def _find_model(self) -> tuple[TransformerDecoderNM, TransformerLogSoftmaxNM]:
        last: Any = self.call.inputs["log_probs"] if self.call is not None else None
        log_softmax = last.call.module if last is not None else None
        if isinstance(log_softmax, TransformerLogSoftmaxNM):
            decoder = last.call.inputs["hidden_states"].call.module
            if isinstance(decoder, TransformerDecoderNM):
                if self.tokenizer is None and decoder.tokenizer is None:
                    raise TranslationError(
                        f"{self.name} needs a tokenizer: {decoder.name} keeps none.\n  Give tokenizer=FILE."
                    )
                return decoder, log_softmax
        source = "nothing" if last is None else f"{last.name} of {type(last.call.module).__name__}"
        raise TranslationError(
            f"{self.name} searches with the model behind log_probs, and was given {source}.\n"
            "  Expected the output of TransformerLogSoftmaxNM, whose input is that of TransformerDecoderNM:\n"
            "  TranslationScore(references=FILE, log_probs=log_probs, hidden_states_src=..., ...)."
        )

    def merge(self, other: Self) -> None:
        """Add the sentences of another metric."""
        self.bleu.merge(other.bleu)
        self.chrf.merge(other.chrf)

    def compute(self) -> dict[str, float]:
        """Return `bleu` and `chrf` of all sentences together, in percent."""
        return {**self.bleu.compute(), **self.chrf.compute()}

    @property
    def signatures(self) -> dict[str, str]:
        """The signature of each score."""
        return {"bleu": self.bleu.signature, "chrf": self.chrf.signature}

    def state(self) -> dict[str, Any]:
        """Return the sentences as plain data."""
        return self.bleu.state()  # both scores are of the same sentences

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore the result of `state`."""
        for metric in (self.bleu, self.chrf):
            metric.load_state(state)

    def reset(self) -> None:
        """Drop all sentences."""
        for metric in (self.bleu, self.chrf):
            metric.reset()
