"""What a name, a mapping or an object given for an optimizer or a policy stands for."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
import torch
from torch import nn

from nm_torch.optim import (
    Adam,
    AdamW,
    Constant,
    CosineAnnealing,
    FunctionOptimizer,
    Novograd,
    NovogradOptimizer,
    OptimizerError,
    OptimizerOptionError,
    OptimizerSpec,
    Policy,
    Sgd,
    TorchOptimizer,
    UnknownOptimizerError,
    optimizer_names,
    policy_names,
    resolve_optimizer,
    resolve_policy,
)


@dataclass(frozen=True, kw_only=True)
class Halving(Policy):
    """A policy of someone else's."""

    name: ClassVar[str] = "halving"
    every: int = 2

    def bind(self, horizon, base):
        """Halve every so many updates."""
        return lambda update: base * 0.5 ** (update // self.every)


def make_sgd(parameters: list[tuple[str, nn.Parameter]]) -> torch.optim.Optimizer:
    """Make an optimizer as a user's own function does."""
    return torch.optim.SGD(parameters, lr=0.3)


@pytest.mark.parametrize(
    ("name", "spec", "made"),
    [
        ("sgd", Sgd(), torch.optim.SGD),
        ("adam", Adam(), torch.optim.Adam),
        ("adamw", AdamW(), torch.optim.AdamW),
        ("novograd", Novograd(), NovogradOptimizer),
    ],
)
def test_the_four_have_names(name: str, spec: OptimizerSpec, made: type[torch.optim.Optimizer]) -> None:
    """Each of our four is found by its name in small letters or as torch writes it, and builds its class."""
    assert resolve_optimizer(name) == spec
    assert resolve_optimizer(made.__name__.removesuffix("Optimizer")) == spec
    assert type(spec.build(nn.Linear(2, 2).named_parameters())) is made


@pytest.mark.parametrize("name", ["RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "Adamax", "ASGD", "Rprop"])
def test_other_classes_of_torch_have_theirs(name: str) -> None:
    """Any class of torch.optim is found by its name, with its own defaults, and makes a step."""
    spec = resolve_optimizer(name)
    assert isinstance(spec, TorchOptimizer)
    net = nn.Linear(3, 2)
    before = net.weight.detach().clone()
    optimizer = spec.build(net.named_parameters())
    defaults = getattr(torch.optim, name)(nn.Linear(3, 2).parameters())
    assert spec.lr == defaults.defaults["lr"]
    net(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    assert not torch.equal(net.weight.detach(), before)


@pytest.mark.parametrize(
    "given",
    [
        {"name": "novograd", "lr": 0.02, "betas": [0.9, 0.5], "weight_decay": 0.001},
        {"name": "adamw", "decay_all": True},
        {"name": "sgd", "momentum": 0.9, "nesterov": True},
        {"name": "RMSprop", "alpha": 0.9, "centered": True},
        "Adafactor",
    ],
)
def test_descriptions_are_plain_data(given: object) -> None:
    """A description becomes a mapping that becomes an equal description, and compares by value."""
    spec = resolve_optimizer(given)
    assert resolve_optimizer(spec.to_dict()) == spec == resolve_optimizer(spec)


@pytest.mark.parametrize("given", ["constant", "warmup_hold", {"name": "cosine", "warmup_ratio": 0.1, "min_lr": 1e-5}])
def test_policies_are_plain_data(given: object) -> None:
    """A policy becomes a mapping that becomes an equal policy."""
    policy = resolve_policy(given)
    assert resolve_policy(policy.to_dict()) == policy == resolve_policy(policy)


def test_nothing_is_the_constant_policy() -> None:
    """No policy is the constant one."""
    assert resolve_policy(None) == Constant()


@pytest.mark.parametrize("kind", [int, torch.nn.Linear, torch.optim.Optimizer])
def test_classes_of_anything_else_are_refused(kind: type) -> None:
    """Before the first step, and not where one of them is called with parameters."""
    with pytest.raises(OptimizerError, match="neither a description, a class of optimizers nor a function"):
        resolve_optimizer(kind)


def test_functions_and_classes_are_optimizers() -> None:
    """A class or a function of named parameters makes the optimizer, which keeps their names."""
    net = nn.Linear(2, 2)
    assert resolve_optimizer(torch.optim.RMSprop) == resolve_optimizer("RMSprop")
    spec = resolve_optimizer(make_sgd)
    optimizer = spec.build(net.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    with pytest.raises(OptimizerError, match=r"make_sgd is a function and cannot be written to a file"):
        spec.to_dict()


def test_a_function_may_forget_the_names() -> None:
    """An optimizer made from bare parameters gets the names all the same."""
    spec = FunctionOptimizer(lambda pairs: torch.optim.SGD([parameter for _, parameter in pairs], lr=0.1))
    optimizer = spec.build(nn.Linear(2, 2).named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]


def test_a_function_that_returns_something_else_is_an_error() -> None:
    """A function that returns no optimizer, or one of other parameters, is refused."""
    named = list(nn.Linear(2, 2).named_parameters())
    with pytest.raises(OptimizerError, match=r"must return a torch\.optim\.Optimizer"):
        FunctionOptimizer(lambda pairs: None).build(named)
    with pytest.raises(OptimizerError, match="parameters that it was not given"):
        FunctionOptimizer(lambda pairs: torch.optim.SGD(nn.Linear(1, 1).parameters())).build(named)


def test_a_ready_optimizer_is_refused() -> None:
    """An optimizer that is made already holds parameters of its own, so the message shows the function to give."""
    ready = torch.optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1)
    with pytest.raises(OptimizerError, match=r"optimizer=lambda parameters: torch.optim.SGD"):
        resolve_optimizer(ready)


def test_collections_add_their_own() -> None:
    """Names of collections stand for descriptions, classes, functions and places to import them from."""
    extra = {
        "mine": Sgd(lr=0.5),
        "class": torch.optim.RMSprop,
        "function": make_sgd,
        "place": "nm_torch.optim:Novograd",
        "torch_place": "torch.optim:NAdam",
    }
    assert resolve_optimizer("mine", extra=extra) == Sgd(lr=0.5)
    assert resolve_optimizer({"name": "class", "alpha": 0.5}, extra=extra).options == {"alpha": 0.5}
    assert resolve_optimizer("function", extra=extra) == FunctionOptimizer(make_sgd)
    assert resolve_optimizer({"name": "place", "lr": 0.5}, extra=extra) == Novograd(lr=0.5)
    assert resolve_optimizer("torch_place", extra=extra) == resolve_optimizer("NAdam")
    assert resolve_policy({"name": "halving", "every": 3}, extra={"halving": Halving}) == Halving(every=3)
    assert "mine" in optimizer_names(extra)
    assert policy_names({"halving": Halving})[-1] == "halving"


@pytest.mark.parametrize(
    ("given", "hint"), [("novgrad", "novograd"), ("adamW2", "adamw"), ("RMSProp", "RMSprop"), ("Optimizer", "known")]
)
def test_unknown_optimizers_get_the_nearest_name(given: str, hint: str) -> None:
    """A name that is not known is an error with the one that may have been meant, shown unquoted."""
    with pytest.raises(UnknownOptimizerError, match=f'no optimizer "{given}"') as caught:
        resolve_optimizer(given)
    assert hint.lower() in str(caught.value).lower()
    assert isinstance(caught.value, KeyError)


def test_unknown_policies_get_the_nearest_name() -> None:
    """So is a policy that is not known."""
    with pytest.raises(UnknownOptimizerError, match=r'no learning-rate policy "cosin". Did you mean "cosine"\?'):
        resolve_policy("cosin")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "adam", "beta": [0.9, 0.99]}, r'adam: "beta" is not an option. Did you mean "betas"\?'),
        ({"name": "RMSprop", "alhpa": 0.9}, r'RMSprop: "alhpa" is not an option. Did you mean "alpha"\?'),
        ({"name": "Rprop", "weight_decay": 0.1}, r'Rprop: "weight_decay" is not an option'),
        ({"lr": 0.1}, "The optimizer needs a name"),
        ({"name": "sgd", "lr": "fast"}, "sgd: lr is a number of at least 0, got 'fast'"),
        ({"name": "adam", "lr": True}, "adam: lr is a number"),
        ({"name": "adam", "betas": [0.9]}, "adam: betas is a pair of numbers"),
        (0.1, "An optimizer is a name, a mapping with a name"),
    ],
)
def test_options_that_do_not_exist_are_refused(given: object, message: str) -> None:
    """An unknown option, or a value of the wrong kind, is an error that names it and what there is."""
    with pytest.raises(OptimizerOptionError, match=message):
        resolve_optimizer(given)


def test_what_torch_refuses_is_an_error_of_ours() -> None:
    """An option that only the class can judge is refused with its words and our class."""
    with pytest.raises(OptimizerOptionError, match="sgd: Nesterov momentum requires"):
        Sgd(nesterov=True).build(nn.Linear(2, 2).named_parameters())


def test_an_optimizer_that_needs_a_closure_is_refused() -> None:
    """LBFGS asks for several gradients per update, which the engine does not give."""
    with pytest.raises(OptimizerError, match="LBFGS evaluates the loss several times per update"):
        resolve_optimizer("LBFGS")


def test_policies_of_the_wrong_kind_are_refused() -> None:
    """What is neither a name, a mapping nor a policy is refused, and so is an unknown option."""
    with pytest.raises(OptimizerOptionError, match="A policy is a name"):
        resolve_policy(3)
    with pytest.raises(OptimizerOptionError, match='cosine: "warmup" is not an option'):
        resolve_policy({"name": "cosine", "warmup": 3})
    assert resolve_policy({"name": "cosine", "warmup_steps": 3}) == CosineAnnealing(warmup_steps=3)
