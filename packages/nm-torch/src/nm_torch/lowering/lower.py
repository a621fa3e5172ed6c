"""`lower`: the framework segment of a plan becomes one plain `torch.nn.Module` with straight-line code."""

from collections.abc import Collection

from nm_core.errors import GraphError
from nm_core.graphs.plan import Plan
from nm_core.symbols.tensor import Call
from nm_torch.lowering.analysis import calls_with_totals
from nm_torch.lowering.code_writer import CodeWriter
from nm_torch.lowering.lowered import Lowered


def lower(plan: Plan, *, totals: bool | Collection[Call] = False) -> Lowered:
    """Lower the framework segment of a plan to one plain module.

    The module deep-copies, shares the weights of the graph's modules, and is taken whole by `torch.compile`.

    Example:
        >>> import torch
        >>> from nm_core import Graph, inputs
        >>> from nm_torch.common import Linear
        >>> x = inputs(x="B T:t Channel:8")
        >>> y = Linear(input_size=8, output_size=2, name="head")(x)
        >>> module = lower(Graph(y).plan())
        >>> module(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 2])
        >>> [name for name, _ in module.named_parameters()]
        ['head.layer.weight', 'head.layer.bias']

    Args:
        plan: its framework inputs become the arguments, its framework outputs the results.
        totals: give the totals of loss modules whose value only leaves the graph, instead of their means: of all of
            them, or of these calls.

    Raises:
        GraphError: the plan has no framework segment.
    """
    if not plan.framework:
        raise GraphError(
            f"{plan.graph.name} has nothing that runs in the framework; there is no module to lower it to.\n"
            "  Connect a module with weights, or call the Python modules directly."
        )
    return CodeWriter(plan, calls_with_totals(plan) if totals is True else frozenset(totals or ())).write()
