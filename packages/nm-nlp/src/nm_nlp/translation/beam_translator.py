"""Beam search of translations inside a graph, for scores during training.

Legend: B sentences, S source positions, D model size.
"""

from pathlib import Path
from typing import Unpack

from torch import Tensor

from nm_core import ModuleOptions, NonNegativeFloat, PositiveInt
from nm_core.modules.module import NeuralModule
from nm_core.symbols.ports import ports
from nm_nlp.errors import TranslationError
from nm_nlp.translation.beam import search_translations
from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_nlp.translation.translator import make_search_options
from nm_torch.common.tokenizers.files import load_tokenizer


class BeamSearchTranslatorNM(NeuralModule):
    """Search the best translation of each sentence from the encoder's hidden states, as text.

    It holds the live decoder and its last layer, which no file can name: it is for programs in Python.

    Args:
        decoder: the decoder that is being trained.
        log_softmax: its last layer.
        tokenizer: file of the target's tokenizer; that of the decoder where not given.
        beam_size: partial translations kept per sentence; 1 takes the best token at each position.
        length_penalty: see `nm_torch.common.search_options.SearchOptions`.

    Raises:
        TranslationError: neither a tokenizer is given nor does the decoder keep one.

    Example:
        >>> import torch
        >>> from nm_nlp import train_tokenizer
        >>> train_tokenizer("word", ["null eins zwei"]).save("de.json")
        >>> decoder = TransformerDecoderNM(vocabulary_size=7, hidden_size=16, num_layers=1, num_heads=2)
        >>> translator = BeamSearchTranslatorNM(
        ...     decoder=decoder,
        ...     log_softmax=TransformerLogSoftmaxNM(hidden_size=16, vocabulary_size=7),
        ...     tokenizer="de.json",
        ... )
        >>> hidden, mask = torch.randn(2, 3, 16), torch.ones(2, 3, dtype=torch.bool)
        >>> len(translator.forward(hidden_states_src=hidden, input_mask_src=mask))
        2
    """

    input_ports = ports(hidden_states_src="B Token:s Encoded", input_mask_src="B Token:s ; Mask")
    output_ports = ports(translations="list[object Text]")

    def __init__(
        self,
        *,
        decoder: TransformerDecoderNM,
        log_softmax: TransformerLogSoftmaxNM,
        tokenizer: str | Path | None = None,
        beam_size: PositiveInt = 4,
        length_penalty: NonNegativeFloat = 0.6,
        **options: Unpack[ModuleOptions],
    ) -> None:
        super().__init__(**options)
        target_tokenizer = decoder.tokenizer if tokenizer is None else load_tokenizer(tokenizer)
        if target_tokenizer is None:
            raise TranslationError(f"{self.name} needs a tokenizer: {decoder.name} keeps none.\n  Give tokenizer=FILE.")
        self.decoder = decoder
        self.log_softmax = log_softmax
        self.tokenizer = target_tokenizer
        self.options = make_search_options(target_tokenizer, beam_size=beam_size, length_penalty=length_penalty)

    def forward(self, *, hidden_states_src: Tensor, input_mask_src: Tensor) -> list[str]:
        """Return one text per sentence from hidden states [B, S, D] and their mask [B, S]."""
        device = self.log_softmax.weight.device
        # outside the framework segment values come from the CPU; the modules are where the training runs
        results = search_translations(
            self.decoder, self.log_softmax, hidden_states_src.to(device), input_mask_src.to(device), self.options
        )
        return [self.tokenizer.decode(best[0].symbols) for best in results]
