"""The codes of errors: what each one means, why it matters and what to do."""

from __future__ import annotations

from typing import Final

from nm_types.errors import UnknownNameError, did_you_mean

CODES: Final[dict[str, tuple[str, str]]] = {
    "NM001": (
        "this is no neural type",
        "A type is a row of axes, each a tag and perhaps a size (Batch Spectrogram:64\n"
        "Time:t), then perhaps the kind of its values after a semicolon (; LogProbs).\n"
        "Tags and kinds begin with a capital letter, sizes with a small one; a size has\n"
        "no spaces in it. Other forms: {} for anything, object Text, list[...].",
    ),
    "NM002": (
        "there is no such tag",
        "The names in a notation are those of nm-types and those given with tags=[...].\n"
        "A misspelt tag is an error and never a new tag. Declare your own by\n"
        'subclassing: class PhonemeTag(TokenTag, id="asr.Phoneme"): ...',
    ),
    "NM003": (
        "there is no such kind of values",
        "The kinds are those of nm-types and those given with kinds=[...]. Declare your\n"
        'own by subclassing: class Phonemes(Labels, id="asr.Phonemes"): ...',
    ),
    "NM004": (
        "a tag or a kind is declared in a way that cannot work",
        "Tags and kinds form a tree: one parent each, an id such as asr.Phoneme, and\n"
        "for kinds one dtype family (float, int, bool, object) that children keep. Tags\n"
        "have no instances.",
    ),
    "NM005": (
        "a constructor parameter in a type has no usable value",
        "A name in braces, as in Encoded:{feat_in}, is a constructor parameter of the\n"
        "module or one of its derived sizes. Its value must be a whole number of at\n"
        "least 1, a size over the names of the ports, or None for an unknown size.",
    ),
    "NM101": (
        "an axis means something else",
        "Two axes are in one place and their tags are unrelated: neither is above the\n"
        "other in the tree of tags. The ranks match, the semantics do not. Connect\n"
        "another output, or convert the value with a module that does so by name.",
    ),
    "NM102": (
        "the number of axes differs",
        "The port expects more or fewer axes than it is given. Nothing is added or\n"
        "dropped in silence: use a module that reduces, expands or reshapes.",
    ),
    "NM103": (
        "what is given is too general",
        "The port needs a more specific meaning than the output promises (an Embedding\n"
        "into a WordEmbedding port). If you know that it holds, say so where everybody\n"
        "sees it: assume(tensor, type). The other way round needs nothing.",
    ),
    "NM104": (
        "axes are in a different order",
        "Both sides have the same axes in another order. Every framework would run this\n"
        "and never converge. Transpose the value, or allow it in the graph with\n"
        'casts="transpose"; the transpose is then part of the graph and of its drawing.',
    ),
    "NM105": (
        "sizes differ",
        "Two sizes that must agree are different for all values they could have: by a\n"
        "constant (64 and 40), by divisibility (2*t and 2*u+1) or by their bounds (t\n"
        "and t//2+t). Within one call a name means one size for all ports.",
    ),
    "NM106": (
        "the kind of values differs",
        "The axes agree, the values do not: logits are no log-probabilities, labels are\n"
        "no lengths. Connect another output or convert the values with a module\n"
        "(LogSoftmax turns Logits into LogProbs).",
    ),
    "NM107": (
        "sizes of unrelated axes are swapped",
        "A size stands for the axis that declares it. Here a size of one meaning (the\n"
        "tokens of a transcript) would have to equal a size of another (the frames of\n"
        "an encoder): two lengths are swapped.",
    ),
    "NM108": (
        "sizes agree only by accident",
        "An equation of one size with itself at different growth, as t = (t+1)//2,\n"
        "holds for a few sizes only. It is the mark of lengths that were not subsampled\n"
        "together with their features: connect the lengths that the module gives out.",
    ),
    "NM109": (
        "axes are in a different order, and more than one order would fit",
        "Some tags occur more than once, so tags alone do not say which axis goes\n"
        "where, and sizes never choose. Give the axes different tags, or transpose the\n"
        "value yourself.",
    ),
    "NM110": (
        "a tensor, an object or a list in the wrong place",
        "Tensors, objects (object Text) and lists (list[...]) do not turn into each\nother by themselves.",
    ),
    "NM111": (
        "a tag variable cannot stand for all that it meets",
        "'A is one tag for all ports of a call: the nearest common ancestor of what it\n"
        "meets, at or below its bound. These tags have none.",
    ),
    "NM112": (
        "a row cannot stand for all that it meets",
        "*s is one sequence of axes for all ports of a call: the same number of axes,\n"
        "with related tags and equal sizes.",
    ),
    "NM113": (
        "the sizes of the values differ",
        "The kind is right, one of its sizes is not: audio at 8 kHz for a model of 16\n"
        "kHz, labels of another vocabulary, lengths of another axis. Connect the other\n"
        "output, resample, or construct both modules with the same value.",
    ),
    "NM114": (
        "an output would have no elements",
        "With these inputs a size of an output is below 1, whatever the data: the input\n"
        "is shorter than the module takes.",
    ),
    "NM115": (
        "connections that are possible one by one cannot hold together",
        "Each connection could hold for some sizes, but not all of them in one graph:\n"
        "one asks that two sizes are equal, another that they differ. The message lists\n"
        "the connections that take part; one of them is wrong.",
    ),
    "NM120": (
        "a value has another number of axes than its port says",
        "Seen at run time: the module that made the value does not do what its output\nport promises.",
    ),
    "NM121": (
        "a value has another shape than its port says",
        "Seen at run time, on a connection that could not be decided while the graph\nwas built.",
    ),
    "NM122": (
        "a value has numbers of another family than its port says",
        "Seen at run time: the kind of values says float, int or bool, and the value\nholds something else.",
    ),
    "NM123": (
        "the values belong to another size than their port says",
        "Seen at run time, by the shapes of the axes that declare the sizes: lengths of\n"
        "one axis where those of another are asked for, on a connection that could not\n"
        "be decided while the graph was built. Connect the lengths that the module\n"
        "gives out beside its features.",
    ),
    "NM130": (
        "values are outside of what their kind means",
        "Seen by check_module: log-probabilities that do not sum to one, labels that are\n"
        "no class, lengths beyond the axis they measure, a loss that is not finite, a\n"
        "text that is none. Correct what forward gives, or name another kind.",
    ),
    "NM131": (
        "a module fails on values that its ports accept",
        "Seen by check_module: any graph may connect such values, and the module raised\n"
        "an error for them. Correct forward, or declare ports that say what it takes.",
    ),
    "NM132": (
        "a module gives another number of values than it has output ports",
        "Seen by check_module: forward returns one value for one output port, and a\n"
        "tuple in the order of the ports for several.",
    ),
}


def explain(code: str) -> str:
    """What a code means, why it matters and what to do: a title and a paragraph.

    Raises:
        UnknownNameError: there is no such code.
    """
    known = code.strip().upper()
    if known not in CODES:
        guess = did_you_mean(known, CODES)
        raise UnknownNameError(f'There is no code "{code}". {guess} Known: {", ".join(CODES)}.', code=None)
    title, text = CODES[known]
    return f"{known}  {title}\n\n{text}\n"
