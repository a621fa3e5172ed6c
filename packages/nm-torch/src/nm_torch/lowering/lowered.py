"""`Lowered`: the module that a graph is lowered to."""

from collections.abc import Mapping
from typing import ClassVar

from torch import nn

from nm_types import NeuralType


class Lowered(nn.Module):
    """The framework segment of a graph; each graph has a subclass of its own with generated `forward`.

    Attributes:
        input_names: arguments of `forward`, in order: `train_data__spec`, or the name of a free input.
        output_names: results of `forward`, in order: one value bare, several as a named tuple.
        input_types, output_types: the types of both, by name.
    """

    input_names: ClassVar[tuple[str, ...]] = ()
    output_names: ClassVar[tuple[str, ...]] = ()
    input_types: ClassVar[Mapping[str, NeuralType]] = {}
    output_types: ClassVar[Mapping[str, NeuralType]] = {}
