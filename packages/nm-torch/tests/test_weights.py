"""Weights of modules: saved and loaded, tied, frozen, and made under a seed."""

from pathlib import Path

import pytest
import torch
from nm_torch_samples import Map, Ragged, two_losses
from safetensors.torch import load_file

from nm_core import NeuralModuleFactory
from nm_core.actions.requests import Settings
from nm_torch.backend import TorchBackend, TorchSession
from nm_torch.errors import NonFiniteWeightsError, PlacementError, StrategyError, WeightsError


def session(**settings: object) -> TorchSession:
    """Open a session."""
    return TorchBackend().open(Settings(**settings))


def test_weights_survive_a_file(tmp_path: Path) -> None:
    """What was saved is loaded bitwise, tied weights included, and no partial file is left."""
    saved, loaded = Map(), Map()
    saved.second.weight = saved.first.weight
    session().save_weights(saved, tmp_path / "map.safetensors")
    session().load_weights(loaded, tmp_path / "map.safetensors")
    assert all(torch.equal(value, saved.state_dict()[name]) for name, value in loaded.state_dict().items())
    assert torch.equal(loaded.second.weight, saved.first.weight)
    assert [path.name for path in tmp_path.iterdir()] == ["map.safetensors"]


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """A missing file, a damaged one and one of another module each say what is wrong; nothing is changed."""
    path = tmp_path / "map.safetensors"
    net = Map()
    before = net.first.weight.detach().clone()
    with pytest.raises(WeightsError, match="no weights of map here"):
        session().load_weights(net, path)
    path.write_bytes(b"not tensors")
    with pytest.raises(WeightsError, match="cannot be read"):
        session().load_weights(net, path)
    other = Map()
    other.first = torch.nn.Linear(5, 4)
    other.third = torch.nn.Linear(1, 1)
    session().save_weights(other, path)
    with pytest.raises(WeightsError, match=r"first\.weight has shape \(4, 5\)(.|\n)*third\.bias is only in the file"):
        session().load_weights(net, path)
    assert torch.equal(net.first.weight, before)


def test_tied_weights_are_one_and_learn_as_one() -> None:
    """After a tie both modules hold the same parameter, which gets the gradient of both uses."""
    net, layer, nf = Map(), Ragged(), NeuralModuleFactory()
    losses = list(two_losses(layer, net))
    nf.lower(losses)
    nf.tie("map.first.weight", "map.second.weight")
    nf.train(losses, optimizer={"name": "sgd", "lr": 0.1}, max_steps=3)
    assert net.first.weight is net.second.weight


def test_a_tie_that_cannot_be_says_why() -> None:
    """An unknown weight gets a suggestion, weights of different shapes an error."""
    modules = {"map": Map()}
    with pytest.raises(WeightsError, match=r'Did you mean "map\.first\.weight"'):
        session().tie(modules, "map.frist.weight", "map.second.weight")
    with pytest.raises(WeightsError, match="only equal shapes"):
        session().tie(modules, "map.first.weight", "map.second.bias")


@pytest.mark.parametrize(
    ("pattern", "count"), [("map.**", 4), ("map.first.*", 2), ("map.*.bias", 2), ("map.*", 0), ("other.**", 0)]
)
def test_patterns_freeze_weights(pattern: str, count: int) -> None:
    """One star stands for one part of a name, two for any number."""
    net = Map()
    assert session().freeze({"map": net}, pattern) == count
    assert sum(not parameter.requires_grad for parameter in net.parameters()) == count


def test_frozen_weights_do_not_learn() -> None:
    """A frozen module keeps its weights, though others learn through the same graph."""
    net, layer, nf = Map(), Ragged(), NeuralModuleFactory()
    losses = list(two_losses(layer, net))
    nf.freeze("map.first.**")
    before = net.first.weight.detach().clone(), net.second.weight.detach().clone()
    nf.train(losses, optimizer={"name": "sgd", "lr": 0.1, "weight_decay": 0.1}, max_steps=2)
    assert torch.equal(net.first.weight, before[0])
    assert not torch.equal(net.second.weight, before[1])


def test_weights_depend_on_seed_and_name_only() -> None:
    """Initialisation under (seed, name) ignores the caller's generator and gives it back."""
    made = []
    for drawn, seed, name in ((0, 1, "a"), (5, 1, "a"), (0, 2, "a"), (0, 1, "b")):
        torch.rand(drawn)
        before = torch.get_rng_state()
        with session().seeded(seed, name):
            made.append(Map().first.weight.detach())
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(made[0], made[1])
    assert not torch.equal(made[0], made[2])
    assert not torch.equal(made[0], made[3])


def test_places_and_strategies_that_are_not_there() -> None:
    """Unknown devices and strategies are errors with a suggestion."""
    with pytest.raises(PlacementError, match="cuda:1"):
        session(placement="gpu")
    if not torch.cuda.is_available():
        with pytest.raises(PlacementError, match="sees 0 GPUs"):
            session(placement="cuda")
    with pytest.raises(StrategyError, match='Did you mean "ddp"'):
        session(strategy="dpp").runtime.strategy  # noqa: B018


class Looking(Map):
    """A module whose constructor looks at a value, which a tensor without values does not have."""

    def __init__(self) -> None:
        super().__init__()
        self.largest = self.first.weight.max().item()


def test_shapes_of_weights_are_known_without_keeping_them() -> None:
    """Constructors run without values where they can and with them where they must; random streams are given back."""
    known = {f"map.{name}": tuple(value.shape) for name, value in Map().state_dict().items()}
    before = torch.get_rng_state()

    def make() -> list[Map]:
        net = Map()
        assert net.first.weight.is_meta
        return [net]

    shapes = TorchBackend().weight_shapes(make)
    assert shapes == known
    assert list(TorchBackend().weight_shapes(lambda: [Looking()])) == [key.replace("map", "looking") for key in shapes]
    assert torch.equal(torch.get_rng_state(), before)


def test_a_weight_with_two_names_is_stored_once(tmp_path: Path) -> None:
    """The file has one tensor, and gives both names to whoever reads it."""
    saved = Map()
    saved.second.weight = saved.first.weight
    session().save_weights(saved, tmp_path / "map.safetensors")

    stored = load_file(tmp_path / "map.safetensors")
    report = session().load_weights(Map(), tmp_path / "map.safetensors")

    assert "second.weight" not in stored
    assert torch.equal(stored["first.weight"], saved.first.weight)
    assert set(report.loaded) == set(saved.state_dict())


def test_a_weight_of_another_file_is_left_out_and_found_there(tmp_path: Path) -> None:
    """What another module holds is not stored twice, and is read from its file, under its name there."""
    one, other, loaded = Map(), Map(), Map()
    path = tmp_path / "other.safetensors"
    session().save_weights(one, tmp_path / "one.safetensors")
    session().save_weights(other, path, without=["first.weight"])

    with pytest.raises(WeightsError, match=r"first\.weight is not in the file"):
        session().load_weights(loaded, path)
    session().load_weights(loaded, path, elsewhere={"first.weight": (tmp_path / "one.safetensors", "second.weight")})

    assert "first.weight" not in load_file(path)
    assert torch.equal(loaded.first.weight, one.second.weight)
    assert torch.equal(loaded.second.weight, other.second.weight)


def test_older_names_and_parts_of_files(tmp_path: Path) -> None:
    """Weights are loaded under the names they have now; with `partial` the rest is named and stays as it is."""
    path = tmp_path / "map.safetensors"
    saved, loaded, part = Map(), Map(), Map()
    before = part.second.weight.detach().clone()
    part.second.bias = torch.nn.Parameter(torch.zeros(7))
    session().save_weights(saved, path)
    names = {"first": "second", "second": "first"}

    def swapped(name: str) -> str:
        first, _, rest = name.partition(".")
        return f"{names.get(first, first)}.{rest}"

    report = session().load_weights(loaded, path, renamed=swapped)
    some = session().load_weights(part, path, renamed=lambda name: name.replace("second.w", "old.w"), partial=True)

    assert report.complete
    assert torch.equal(loaded.first.weight, saved.second.weight)
    assert (some.missing, some.unexpected) == (("second.weight",), ("old.weight",))
    assert list(some.mismatched) == ["second.bias"]
    assert torch.equal(part.second.weight, before)
    assert torch.equal(part.first.weight, saved.first.weight)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["first.weight", "running_mean"])
def test_weights_that_are_not_finite_are_not_saved(tmp_path: Path, name: str, value: float) -> None:
    """The error names the weight or the buffer, and the file of before stays as it was."""
    net, path = Map(name="net"), tmp_path / "net.safetensors"
    net.register_buffer("running_mean", torch.zeros(3))
    net.register_buffer("count", torch.zeros(3, dtype=torch.int64))
    session().save_weights(net, path)
    before = path.read_bytes()
    with torch.no_grad():
        net.state_dict()[name].view(-1)[1] = value

    with pytest.raises(NonFiniteWeightsError, match=rf"are not saved: net\.{name}\.\n"):
        session().save_weights(net, path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
