"""Uses of a symbolic tensor as if it had a value, and what does in a graph what was meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Never

from nm_core.errors import SymbolicAttributeError, SymbolicValueError

OPERATORS: Final = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "divmod": "divmod",
    "pow": "**",
    "matmul": "@",
    "and": "&",
    "or": "|",
    "xor": "^",
    "lshift": "<<",
    "rshift": ">>",
}
"""Operators of Python that have a reflected form, by the names of their methods."""

COMPARISONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}
UNARY: Final = {"neg": "-", "pos": "+x", "abs": "abs", "invert": "~", "round": "round"}

TYPE_ATTRIBUTES: Final = frozenset({"shape", "size", "ndim", "dim", "dtype", "numel", "sizes", "axes"})
"""Attributes of arrays that speak of their form, which is in the type of a symbolic tensor."""

_ACTIVATIONS = ("relu", "gelu", "silu", "elu", "leaky_relu", "tanh", "sigmoid", "softplus")
MODULES: Final = {
    **{name: f'common.Activation(function="{name}")(x)' for name in _ACTIVATIONS},
    **dict.fromkeys(("add", "sum", "+"), "common.Add()(xs=[x, y])"),
    **dict.fromkeys(("cat", "concat", "concatenate"), 'common.Concat(axis="Channel")(xs=[x, y])'),
    "log_softmax": "common.LogSoftmax()(logits)",
    "softmax": "common.LogSoftmax()(logits), whose values are the logarithms",
    **dict.fromkeys(("transpose", "permute", "swapaxes", "T", "mT"), 'nm_core.transpose(x, "B T C")'),
    **dict.fromkeys(("linear", "matmul", "@"), "common.Linear(input_size=..., output_size=...)(x)"),
    "argmax": "common.ArgMax()(x)",
    "dropout": "common.ProbabilityBelowOne(probability=0.1)(x)",
    "layer_norm": "common.LayerNorm(size=...)(x)",
    "cross_entropy": "common.CrossEntropyLoss()(logits, labels)",
    "mse_loss": "common.MSELoss()(predictions, targets)",
}
"""Modules and views that do what a function or an operator would do with values."""

OWN_MODULE: Final = "Write it into the forward of a module of your own (a TorchModule with ports), and call that."
LATER: Final = (
    "Values exist inside train, eval and infer. Ask for them with factory.infer(tensors=[...]),\n"
    "  or call the modules with real tensors, which compute at once."
)


Symbolic = Any
"""An `NmTensor`, whose class is built on the functions below."""


def refuse_value(tensor: Symbolic, use: str, *advice: str) -> Never:
    """Say that there is no value to `use`, what to do in the graph instead, and where values exist.

    Raises:
        SymbolicValueError: always.
    """
    lines = [f"{tensor.name} is symbolic and has no value to {use}.", *advice, LATER]
    raise SymbolicValueError("\n  ".join(lines))


def refuse_function(tensor: Symbolic, name: str) -> Never:
    """Say which module does in a graph what a function, an operator or a method does with values.

    Raises:
        SymbolicValueError: always.
    """
    module = MODULES.get(name.strip("_"))
    advice = OWN_MODULE if module is None else f"Put it into the graph: {module}."
    refuse_value(tensor, f'compute "{name}" with', advice)


def refuse_item(tensor: Symbolic, index: object) -> Never:
    """Say that an output has no items, and that one output is not indexed.

    Raises:
        SymbolicValueError: always.
    """
    outputs = tuple(tensor.call.types)
    advice = [f"Its type is {tensor.type}.", OWN_MODULE]
    if isinstance(index, int) and len(outputs) == 1:
        advice = [f"{tensor.call.name} has one output, which is not indexed: leave [{index}] out.", OWN_MODULE]
    refuse_value(tensor, "index", *advice)


def refuse_unpacking(tensor: Symbolic) -> Never:
    """Say that one output is no sequence of outputs.

    Raises:
        SymbolicValueError: always.
    """
    owner, outputs = tensor.call.name, tuple(tensor.call.types)
    if len(outputs) == 1:
        advice = f"{owner} has one output: give it one name, {tensor.port} = {owner}(...)."
    else:
        advice = f"It is one output of {owner}; all of them: {', '.join(outputs)} = {owner}(...)."
    refuse_value(tensor, "unpack", advice)


def refuse_attribute(tensor: Symbolic, name: str) -> Never:
    """Say what a symbolic tensor has in the place of an attribute of arrays.

    Raises:
        SymbolicAttributeError: always.
    """
    outputs = tuple(tensor.call.types)
    lines = [f'{tensor.name} is symbolic and has no attribute "{name}".']
    if name in outputs:
        which = "the one output" if len(outputs) == 1 else f"the output {tensor.port}"
        lines.append(f"It is {which} of {tensor.call.name} itself: leave .{name} out.")
    elif name in TYPE_ATTRIBUTES:
        lines.append(f"What is known of its form is its type, {tensor.type} (.type).")
    elif name in MODULES:
        lines.append(f"Put it into the graph: {MODULES[name]}.")
    else:
        lines.append("It has .name, .type, .call and .port; modules compute with it.")
    raise SymbolicAttributeError("\n  ".join([*lines, LATER]))


def add_operators(cls: type) -> None:
    """Give a class of symbolic tensors the operators of Python, each with an error that says what to do.

    Type checkers do not see them, and so refuse `x + y` where it is written.
    """
    for name, sign in OPERATORS.items():
        for method in (f"__{name}__", f"__r{name}__"):
            setattr(cls, method, _operator(method, sign))
    for name, sign in {**COMPARISONS, **UNARY}.items():
        setattr(cls, f"__{name}__", _operator(f"__{name}__", sign))


def _operator(method: str, sign: str) -> Callable[..., Never]:
    def refuse(self: Symbolic, *operands: object) -> Never:
        if any(isinstance(operand, int | float) for operand in operands):  # modules take tensors
            refuse_value(self, f'compute "{sign}" with', OWN_MODULE)
        refuse_function(self, sign)

    refuse.__name__ = method
    return refuse
