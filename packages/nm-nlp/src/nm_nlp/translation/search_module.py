"""Translations and references as text inside a graph, for scores during training.

Legend: B sentences, S source positions, D model size.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from torch import Tensor

from nm_core import ModuleOptions
from nm_core.modules.module import NeuralModule
from nm_core.symbols.ports import ports
from nm_nlp.errors import ParallelTextError, TranslationError
from nm_nlp.translation.beam import search_translations
from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_nlp.translation.translator import search_options
from nm_torch.common.text_files import read_lines
from nm_torch.common.tokenizers.files import load_tokenizer


class BeamSearchTranslatorNM(NeuralModule):
    """Search the best translation of each sentence from the encoder's hidden states, and give it as text.

    It holds the live decoder and its last layer, so it is for Python: a file keeps neither.

    Args:
        decoder: the decoder that is being trained.
        log_softmax: its last layer.
        tokenizer: file of the target's tokenizer; that of the decoder where not given.
        beam_size: partial translations kept per sentence; 1 takes the best token at each position.
        length_penalty: see `nm_torch.common.search_options.SearchOptions`.
    """

    input_ports = ports(hidden_states_src="B Token:s Encoded", input_mask_src="B Token:s ; Mask")
    output_ports = ports(translations="list[object Text]")

    def __init__(
        self,
        *,
        decoder: TransformerDecoderNM,
        log_softmax: TransformerLogSoftmaxNM,
        tokenizer: str | Path | None = None,
        beam_size: int = 4,
        length_penalty: float = 0.6,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        known = decoder.tokenizer if tokenizer is None else load_tokenizer(tokenizer)
        if known is None:
            raise TranslationError(f"{self.name} needs a tokenizer: {decoder.name} keeps none.\n  Give tokenizer=FILE.")
        self.decoder = decoder
        self.log_softmax = log_softmax
        self.tokenizer = known
        self.options = search_options(known, beam_size=beam_size, length_penalty=length_penalty)

    def forward(self, *, hidden_states_src: Tensor, input_mask_src: Tensor) -> list[str]:
        """Return one text per sentence from hidden states [B, S, D] and their mask [B, S]."""
        device = self.log_softmax.weight.device
        found = search_translations(
            self.decoder, self.log_softmax, hidden_states_src.to(device), input_mask_src.to(device), self.options
        )
        return [self.tokenizer.decode(best[0].symbols) for best in found]


class LinesOfText(NeuralModule):
    """The lines of a text file, by their numbers: references as they were written.

    Args:
        path: a UTF-8 file; line numbers count from 0.
    """

    input_ports = ports(sent_ids="B ; Index")
    output_ports = ports(text="list[object Text]")

    def __init__(self, *, path: str | Path, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.path = path
        self.lines = list(read_lines(path, error=ParallelTextError))

    def forward(self, *, sent_ids: Tensor | Sequence[int]) -> list[str]:
        """Return one line per number."""
        numbers: Any = sent_ids.tolist() if isinstance(sent_ids, Tensor) else sent_ids
        if any(not 0 <= number < len(self.lines) for number in numbers):
            raise ParallelTextError(
                f"{self.path} has {len(self.lines)} lines, and line {max(numbers)} (counted from 0) was asked for.\n"
                "  Give the file that the numbers belong to: the target of the same data layer."
            )
        return [self.lines[number] for number in numbers]
