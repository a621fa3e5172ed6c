"""The translator: tokenizers, encoder and search put together.

Legend: B sentences, S source positions.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from nm_nlp.data.batch import make_mask, pad_ids
from nm_nlp.errors import TranslationError
from nm_nlp.translation.beam import search_translations
from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.encoder import TransformerEncoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_torch.common.hypotheses import Hypothesis
from nm_torch.common.search_options import SearchOptions
from nm_torch.common.tokenizers.protocol import Tokenizer
from nm_torch.modes import evaluation_mode

Translation = Hypothesis
"""A translation is a hypothesis whose text is detokenised."""


def make_search_options(
    tokenizer: Tokenizer, *, beam_size: int, n_best: int = 1, length_penalty: float = 0.6
) -> SearchOptions:
    """Make the options of a search whose hypotheses hold neither padding nor beginnings nor unknown tokens."""
    return SearchOptions(
        bos=tokenizer.bos_id,
        eos=tokenizer.eos_id,
        # an unknown token has no text that a reader could use
        forbidden=(tokenizer.pad_id, tokenizer.bos_id, tokenizer.unknown_id),
        beam_size=beam_size,
        n_best=n_best,
        length_penalty=length_penalty,
    )


class Translator:
    """A translation model with its tokenizers and its search.

    Args:
        encoder: the encoder.
        decoder: the decoder, on the same device.
        log_softmax: its last layer.
        source_tokenizer: the tokenizer of the sentences given; that of the encoder where not given.
        target_tokenizer: the tokenizer of the translations; that of the decoder where not given.

    Raises:
        TranslationError: a tokenizer is neither given nor kept by the model.

    Example:
        >>> from nm_nlp import train_tokenizer
        >>> tokenizer = train_tokenizer("word", ["one two three"])
        >>> size = {"hidden_size": 16, "vocabulary_size": tokenizer.vocabulary_size}
        >>> translator = Translator(
        ...     TransformerEncoderNM(num_layers=1, num_heads=2, **size),
        ...     TransformerDecoderNM(num_layers=1, num_heads=2, **size),
        ...     TransformerLogSoftmaxNM(**size),
        ...     source_tokenizer=tokenizer,
        ...     target_tokenizer=tokenizer,
        ... )
        >>> len(translator.translate(["one two", "three"], beam_size=2))
        2
        >>> best, second = translator.hypotheses(["one two"], beam_size=2, n_best=2)[0]
        >>> best.score >= second.score
        True
    """

    def __init__(
        self,
        encoder: TransformerEncoderNM,
        decoder: TransformerDecoderNM,
        log_softmax: TransformerLogSoftmaxNM,
        *,
        source_tokenizer: Tokenizer | None = None,
        target_tokenizer: Tokenizer | None = None,
    ) -> None:
        self.encoder = encoder
        self.decoder = decoder
        self.log_softmax = log_softmax
        self.source_tokenizer = source_tokenizer or _require_tokenizer("source", encoder.tokenizer, encoder.name)
        self.target_tokenizer = target_tokenizer or _require_tokenizer("target", decoder.tokenizer, decoder.name)

    def translate(
        self, sentences: Sequence[str], *, beam_size: int = 4, length_penalty: float = 0.6, batch_tokens: int = 4000
    ) -> list[str]:
        """Translate sentences; see `hypotheses`."""
        results = self.hypotheses(
            sentences, beam_size=beam_size, length_penalty=length_penalty, batch_tokens=batch_tokens
        )
        return [best[0].text for best in results]

    def hypotheses(
        self,
        sentences: Sequence[str],
        *,
        beam_size: int = 4,
        n_best: int = 1,
        length_penalty: float = 0.6,
        batch_tokens: int = 4000,
    ) -> list[list[Hypothesis]]:
        """Search the best translations of each sentence, best first; a blank sentence has the blank translation.

        Args:
            sentences: plain text.
            beam_size: partial translations kept per sentence; 1 takes the best token at each position.
            n_best: translations per sentence, at most `beam_size`.
            length_penalty: see `nm_torch.common.search_options.SearchOptions`.
            batch_tokens: source tokens of a padded batch times `beam_size`, about.
        """
        options = make_search_options(
            self.target_tokenizer, beam_size=beam_size, n_best=n_best, length_penalty=length_penalty
        )
        sentences = [sentence.strip() for sentence in sentences]  # as the data layer strips the lines of its files
        results = [[Hypothesis("")] for _ in sentences]
        indices = [index for index, sentence in enumerate(sentences) if sentence]
        ids = dict(zip(indices, self.source_tokenizer.encode_all([sentences[i] for i in indices]), strict=True))
        for batch in _make_batches(ids, max(1, batch_tokens // beam_size)):
            best_of_batch = self._search([ids[index] for index in batch], options)
            for index, best in zip(batch, best_of_batch, strict=True):
                results[index] = [self._add_text(hypothesis) for hypothesis in best]
        return results

    def _search(self, ids: list[list[int]], options: SearchOptions) -> list[list[Hypothesis]]:
        tokenizer = self.source_tokenizer
        device = self.log_softmax.weight.device
        src_BS = pad_ids(ids, tokenizer.pad_id, after=tokenizer.eos_id).to(device)
        mask_BS = make_mask([len(sentence) + 1 for sentence in ids]).to(device)
        # a translator may be used between steps of a training, which left the modules in training mode
        with evaluation_mode(self.encoder), torch.inference_mode():
            hidden_BSD: Tensor = self.encoder(input_ids=src_BS, input_mask_src=mask_BS)
        return search_translations(self.decoder, self.log_softmax, hidden_BSD, mask_BS, options)

    def _add_text(self, hypothesis: Hypothesis) -> Hypothesis:
        return replace(hypothesis, text=self.target_tokenizer.decode(hypothesis.symbols))


def _require_tokenizer(side: str, tokenizer: Tokenizer | None, module: str) -> Tokenizer:
    if tokenizer is None:
        raise TranslationError(
            f"the {side} tokenizer is not known: {module} keeps none.\n"
            f"  Give {side}_tokenizer, or make {module} with tokenizer=FILE, so that the application keeps it."
        )
    return tokenizer


def _make_batches(ids: dict[int, list[int]], batch_tokens: int) -> list[list[int]]:
    """Group the indices of sentences to batches of like length, the longest first."""
    batches: list[list[int]] = []
    longest = 0
    # longest first, so that too large a batch fails at once and not after an hour
    for index in sorted(ids, key=lambda index: -len(ids[index])):
        if not batches or (len(batches[-1]) + 1) * longest > batch_tokens:
            batches.append([])
            longest = len(ids[index]) + 1
        batches[-1].append(index)
    return batches
