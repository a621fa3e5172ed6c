"""The verb `translate` of applications."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from nm_core.application import Application
from nm_core.graphs.graph import Graph
from nm_core.modules.module import NeuralModule
from nm_nlp.errors import TranslationError
from nm_nlp.translation.decoder import TransformerDecoderNM
from nm_nlp.translation.encoder import TransformerEncoderNM
from nm_nlp.translation.log_softmax import TransformerLogSoftmaxNM
from nm_nlp.translation.translator import Translator
from nm_torch.common.tokenizers.files import load_tokenizer
from nm_torch.placement import resolve_device

M = TypeVar("M", bound=NeuralModule)


def translate(
    application: Application,
    sentences: str | Sequence[str],
    *,
    beam_size: int = 4,
    length_penalty: float = 0.6,
    batch_tokens: int = 4000,
    source_tokenizer: str | Path | None = None,
    target_tokenizer: str | Path | None = None,
) -> list[str]:
    """Translate sentences; a single sentence gives a list of one translation.

    The model is that of the application's graph for `translate` (its `infer` graph where no other is named): the graph
    holds one encoder, one decoder and one log-softmax.

    Args:
        application: a trained translation model.
        sentences: plain text.
        beam_size: partial translations kept per sentence; 1 takes the best token at each position.
        length_penalty: see `nm_torch.common.search_options.SearchOptions`.
        batch_tokens: source tokens of a padded batch times `beam_size`, about.
        source_tokenizer: file of a tokenizer in place of the one that the encoder keeps.
        target_tokenizer: file of a tokenizer in place of the one that the decoder keeps.

    Raises:
        TranslationError: the graph is no translation model, or a tokenizer is neither given nor kept.

    Example:
        >>> from nm_core import NeuralModuleFactory, inputs, load_application
        >>> from nm_nlp import train_tokenizer
        >>> train_tokenizer("word", ["one two eins zwei"]).save("words.json")
        >>> size = {"vocabulary_size": 8, "hidden_size": 16, "num_layers": 1, "num_heads": 2}
        >>> encoder = TransformerEncoderNM(tokenizer="words.json", **size)
        >>> decoder = TransformerDecoderNM(tokenizer="words.json", **size)
        >>> log_softmax = TransformerLogSoftmaxNM(hidden_size=16, vocabulary_size=8)
        >>> src, src_mask, tgt, tgt_mask = inputs(
        ...     src="B Token:s ; TokenIds(8)",
        ...     src_mask="B Token:s ; Mask",
        ...     tgt="B Token:t ; TokenIds(8)",
        ...     tgt_mask="B Token:t ; Mask",
        ... )
        >>> hidden = encoder(input_ids=src, input_mask_src=src_mask)
        >>> states = decoder(
        ...     input_ids_tgt=tgt, hidden_states_src=hidden, input_mask_src=src_mask, input_mask_tgt=tgt_mask
        ... )
        >>> graph = Graph(log_softmax(hidden_states=states))
        >>> folder = NeuralModuleFactory(placement="cpu").save("application", graphs={"infer": graph})
        >>> application = load_application(folder, placement="cpu")
        >>> len(application.translate(["one two", "two"], beam_size=2))
        2
    """
    translator = load_translator(application, source_tokenizer=source_tokenizer, target_tokenizer=target_tokenizer)
    batch = [sentences] if isinstance(sentences, str) else list(sentences)
    return translator.translate(batch, beam_size=beam_size, length_penalty=length_penalty, batch_tokens=batch_tokens)


def load_translator(
    application: Application,
    *,
    source_tokenizer: str | Path | None = None,
    target_tokenizer: str | Path | None = None,
) -> Translator:
    """Return the translator of an application, on the device that the application computes on.

    Raises:
        TranslationError: the graph is no translation model.
    """
    graph = application.graph_of("translate")
    device = resolve_device(application.factory.settings.placement)
    # moved by hand: a search calls the modules themselves and not the graph
    modules: list[Any] = [
        _find_module(graph, cls).to(device)
        for cls in (TransformerEncoderNM, TransformerDecoderNM, TransformerLogSoftmaxNM)
    ]
    return Translator(
        *modules,
        source_tokenizer=None if source_tokenizer is None else load_tokenizer(source_tokenizer),
        target_tokenizer=None if target_tokenizer is None else load_tokenizer(target_tokenizer),
    )


def _find_module(graph: Graph, cls: type[M]) -> M:
    # one module may be called several times in a graph
    modules = list(dict.fromkeys(call.module for call in graph.calls if isinstance(call.module, cls)))
    if len(modules) != 1:
        names = ", ".join(module.name for module in modules) or "none"
        raise TranslationError(
            f"the graph {graph.name} is no translation model: it should hold one {cls.__name__} and holds {names}.\n"
            "  Save a graph from src, src_mask, tgt and tgt_mask to log_probs, or name one under tasks: translate."
        )
    return modules[0]
