"""The objective of a training: losses combined linearly, each a total over a weight known before the first backward.

A loss module gives a total and, from values of the data layer alone, its weight; so the engine knows the weight of a
whole update beforehand and scales each micro-batch exactly. Any other scalar is weighted by samples; a note says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nm_core import Graph, GraphError, NmTensor, Plan
from nm_core.graphs.calls import free_name, permute
from nm_core.graphs.sources import find_only_source
from nm_core.symbols.tensor import Call, ConstantInput
from nm_torch.loss import LossAggregator, LossModule, weight_inputs
from nm_torch.lowering import calls_with_totals

Weigh = Callable[[tuple[Any, ...]], float]
"""From the values of the data layer, on the host, to the weight of a loss in this micro-batch."""


@dataclass(frozen=True)
class LossTerm:
    """One loss of the objective.

    Attributes:
        name: the module and port, `ctc_loss.loss`.
        tensor: where it comes from.
        factor: what it is multiplied by in the objective.
        weigh: its weight in a micro-batch; nothing where it is weighted by samples.
    """

    name: str
    tensor: NmTensor
    factor: float
    weigh: Weigh | None


class Objective:
    """The losses of a training, as a sum of weighted terms.

    Args:
        graph: the graph whose outputs are to be optimised; they are summed.

    Attributes:
        plan: of the graph of all terms, with the losses in their order as framework outputs.
        source: the call of the one data layer.
        terms: each loss once.
        notes: for the report of the training, on losses weighted by samples.

    Raises:
        GraphError: something is no loss, or the graph has not exactly one data layer.
    """

    def __init__(self, graph: Graph) -> None:
        requested = dict(graph.outputs)
        shares = {name: _linear_terms(tensor) for name, tensor in requested.items()}
        # A loss that several aggregators share is one term, with the sum of its factors.
        factors: dict[NmTensor, float] = {}
        for share in shares.values():
            for tensor, factor in share.items():
                factors[tensor] = factors.get(tensor, 0.0) + factor
        names = _names(list(factors), requested)
        self.plan: Plan = graph.subgraph({name: tensor for tensor, name in names.items()}).plan()
        self.source = _only_source(self.plan)
        totals = calls_with_totals(self.plan)
        self.notes: list[str] = []
        self.terms: list[LossTerm] = []
        for tensor, factor in factors.items():
            _check_loss(tensor)
            weigh = _weigh(tensor.call, self.source) if tensor.call in totals else None
            if weigh is None:
                self.notes.append(_note(tensor, totals))
            self.terms.append(LossTerm(names[tensor], tensor, factor, weigh))
        numbers = {tensor: number for number, tensor in enumerate(factors)}
        self._shares = {name: [(numbers[t], f) for t, f in share.items()] for name, share in shares.items()}
        # A loss whose weight the data layer does not give is lowered to its mean, like any module.
        self.total_calls = {term.tensor.call for term in self.terms if term.weigh is not None}

    def values(self, means: Sequence[float]) -> dict[str, float]:
        """Return the requested losses, and the terms they are made of, from the mean of each term."""
        values = {name: sum(factor * means[term] for term, factor in share) for name, share in self._shares.items()}
        return values | {term.name: mean for term, mean in zip(self.terms, means, strict=True)}


def _linear_terms(tensor: NmTensor, factor: float = 1.0) -> dict[NmTensor, float]:
    """Return the tensors that a loss is a linear combination of, each with its factor."""
    aggregator = tensor.call.module
    if not isinstance(aggregator, LossAggregator):
        return {tensor: factor}
    losses = tensor.call.inputs["losses"]
    assert isinstance(losses, tuple)
    parts: dict[NmTensor, float] = {}
    for loss, weight in zip(losses, aggregator.factors(len(losses)), strict=True):
        for part, share in _linear_terms(loss, factor * weight).items():
            parts[part] = parts.get(part, 0.0) + share
    return parts


def _names(tensors: Sequence[NmTensor], requested: dict[str, NmTensor]) -> dict[NmTensor, str]:
    """Name each term: as in the request, else by module and port."""
    names = {tensor: name for name, tensor in requested.items() if tensor in tensors}
    for tensor in tensors:
        if tensor in names:
            continue
        names[tensor] = free_name(tensor.name, {*names.values(), *requested})
    return names


def _only_source(plan: Plan) -> Call:
    if plan.inputs:
        raise GraphError(
            f"{plan.graph.name} has free inputs ({', '.join(plan.inputs)}) and nothing to fill them in training.\n"
            "  Connect a data layer to them."
        )
    return find_only_source(plan.calls, "A training")


def _check_loss(tensor: NmTensor) -> None:
    if tensor.type.rank not in (0, None):
        raise GraphError(
            f"{tensor.name} is no loss: its type is {tensor.type}, and a loss is one number per batch (; Loss).\n"
            "  Connect a loss module to it and optimise that module's output."
        )
    if tensor.call.module.segment != "framework":
        raise GraphError(f"{tensor.name} is not computed by the framework and has no gradient; it cannot be optimised.")


def _weigh(call: Call, source: Call) -> Weigh | None:
    """Return the weight of a loss as a function of the data layer's values, if nothing else goes into it."""
    loss = call.module
    assert isinstance(loss, LossModule)
    ports = tuple(source.types)
    positions: list[tuple[str, int, tuple[int, ...] | None]] = []
    constants: dict[str, Any] = {}
    for name in weight_inputs(type(loss)):
        argument = call.inputs.get(name)
        if isinstance(argument, NmTensor) and argument.call is source:
            positions.append((name, ports.index(argument.port), call.typing.casts.get(name)))
        elif isinstance(argument, ConstantInput):
            constants[name] = argument.value
        elif argument is not None:
            return None

    def weigh(values: tuple[Any, ...]) -> float:
        arguments = dict(constants)
        for name, position, axes in positions:
            arguments[name] = permute(values[position], axes) if axes else values[position]
        return float(loss.weight(**arguments))

    return weigh


def _note(tensor: NmTensor, totals: frozenset[Call]) -> str:
    why = "it is no loss module with total and weight"
    if isinstance(tensor.call.module, LossModule):
        why = "its weight depends on values that no data layer gives"
        if tensor.call not in totals:
            why = "other modules use its value"
    return f"{tensor.name} is weighted by samples, because {why}; ragged batches make its gradient approximate."
