"""`Component`: what a call, a plan and a drawing need to know of the module that is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from nm_core.symbols.ports import PortSpec
from nm_types import CallTyping, Edge, NeuralType

CastPolicy = Literal["error", "transpose"]
"""What to do about a value whose axes are in another order: refuse it, or insert a visible transposition."""

Segment = Literal["host", "framework", "source", "view", "composite"]
"""Where a module runs: in Python at the end, in the framework's part, as what drives a graph, where its value is, or
wherever the calls that it stands for run."""


class Component(Protocol):
    """A module as the calls of a graph see it: a live one, or the declaration of one that nobody has constructed.

    `NeuralModule` satisfies it, and so does what the check of an application file knows of a module. Graphs, plans and
    drawings of either are therefore made by the same code.
    """

    @property
    def name(self) -> str:
        """The module's name in graphs, files and checkpoints."""

    @property
    def inputs(self) -> PortSpec:
        """Input ports with the parameters filled in."""

    @property
    def outputs(self) -> PortSpec:
        """Output ports with the parameters filled in."""

    @property
    def params(self) -> Mapping[str, Any]:
        """The constructor's parameters, frozen."""

    @property
    def segment(self) -> Segment:
        """Where the module runs."""

    @property
    def class_path(self) -> str:
        """The class that declares the ports, as `package.module.Class`."""

    def has_weights(self) -> bool:
        """Tell whether the module holds state that must be saved under its name."""

    def type_edges(
        self,
        edges: Sequence[Edge],
        outputs: Mapping[str, NeuralType],
        *,
        owner: str,
        casts: CastPolicy | frozenset[str],
        location: str,
    ) -> CallTyping:
        """Check the edges of one call and give its outputs their types."""
