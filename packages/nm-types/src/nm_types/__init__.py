"""Neural types: the meaning of each axis of a tensor, checked while a graph is built.

From the ground up: `errors`, the `codes` that explain them and the `messages` that show them; `sizes`, which are
numeric, and `meanings`, which are nominal; the `notation` of types and the `relations` between them, joined in
`neural_type`; equations, `solving` and `unifying` them call by call; `reporting` what does not fit; and `connecting`,
where all is decided.
"""

from nm_types.codes import CODES, explain
from nm_types.connecting import (
    CallTyping,
    Connection,
    assumed,
    check_equations,
    check_shapes,
    connect,
    transposed,
    type_call,
)
from nm_types.errors import (
    BindingError,
    DefinitionError,
    FrozenError,
    NmError,
    TypeSyntaxError,
    UnknownNameError,
    did_you_mean,
)
from nm_types.meanings.kinds import (
    KINDS,
    Attention,
    AudioSignal,
    Features,
    Index,
    Kind,
    Labels,
    Lengths,
    Logits,
    LogProbs,
    Loss,
    Mask,
    Probs,
    Text,
    TokenIds,
)
from nm_types.meanings.tags import (
    TAGS,
    BatchTag,
    ChannelTag,
    ClassTag,
    EmbeddingTag,
    EncodedTag,
    HeightTag,
    ImageEmbeddingTag,
    ProcessedTimeTag,
    SpectrogramTag,
    Tag,
    TimeTag,
    TokenTag,
    WidthTag,
    WordEmbeddingTag,
)
from nm_types.messages import Fix, NeuralTypeError, Problem
from nm_types.neural_type import NeuralType
from nm_types.notation import AxisType
from nm_types.relations import Comparison, compare, refines
from nm_types.sizes import Size
from nm_types.solving import Edge, Equation

__all__ = [
    "CODES",
    "KINDS",
    "TAGS",
    "Attention",
    "AudioSignal",
    "AxisType",
    "BatchTag",
    "BindingError",
    "CallTyping",
    "ChannelTag",
    "ClassTag",
    "Comparison",
    "Connection",
    "DefinitionError",
    "Edge",
    "EmbeddingTag",
    "EncodedTag",
    "Equation",
    "Features",
    "Fix",
    "FrozenError",
    "HeightTag",
    "ImageEmbeddingTag",
    "Index",
    "Kind",
    "Labels",
    "Lengths",
    "LogProbs",
    "Logits",
    "Loss",
    "Mask",
    "NeuralType",
    "NeuralTypeError",
    "NmError",
    "Problem",
    "Probs",
    "ProcessedTimeTag",
    "Size",
    "SpectrogramTag",
    "Tag",
    "Text",
    "TimeTag",
    "TokenIds",
    "TokenTag",
    "TypeSyntaxError",
    "UnknownNameError",
    "WidthTag",
    "WordEmbeddingTag",
    "assumed",
    "check_equations",
    "check_shapes",
    "compare",
    "connect",
    "did_you_mean",
    "explain",
    "refines",
    "transposed",
    "type_call",
]
