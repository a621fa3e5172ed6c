"""Questions about a plan that training asks before it lowers it: totals of losses, weights without a gradient."""

from torch import nn

from nm_core import NmTensor
from nm_core.graphs.plan import Plan
from nm_core.symbols.tensor import Call
from nm_torch.loss import LossModule


def calls_with_totals(plan: Plan) -> frozenset[Call]:
    """Return the calls of loss modules whose output nothing in the graph uses: those that can give totals."""
    used = {tensor.call for call in plan.calls for tensor in call.sources_of_inputs()}
    leaving = {tensor.call for tensor in plan.framework_outputs} - used
    return frozenset(call for call in leaving if isinstance(call.module, LossModule))


def may_leave_unused(plan: Plan) -> bool:
    """Tell whether some weights of a graph may have no part in its outputs.

    They may where a module with weights has an output that nothing takes, or an optional input left open. Outputs of
    whole numbers (lengths, indices) carry no gradient and do not count.
    """
    used = {tensor for call in plan.calls for tensor in call.sources_of_inputs()} | set(plan.outputs.values())
    for call in plan.framework:
        module = call.module
        if not isinstance(module, nn.Module) or not any(weight.requires_grad for weight in module.parameters()):
            continue
        unused = [tensor for tensor in call.tensors() if tensor not in used and tensor.port not in call.unavailable]
        if any(_carries_gradient(tensor) for tensor in unused) or len(call.inputs) < len(module.inputs):
            return True
    return False


def is_required(tensor: NmTensor, plan: Plan) -> bool:
    """Tell whether some port of the framework segment that takes a tensor may not stay open."""
    for call in plan.framework:
        for port, argument in call.inputs.items():
            tensors = argument if isinstance(argument, tuple) else (argument,)
            if tensor in tensors and not call.module.inputs[port].optional:
                return True
    return False


def _carries_gradient(tensor: NmTensor) -> bool:
    kind = tensor.type.kind
    return not tensor.type.is_object and (kind is None or kind.dtype == "float")
