"""Law 13 on lowered graphs with rows, variadic ports, casts and constants: checks are as trying all sizes says.

The module gives nothing of interest; what its ports are given has other shapes than promised, or one axis of size 1
that torch would stretch. The reference knows which axis has which tag, and tries every value of the other names.
"""

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from nm_core import Graph, casts, inputs, optional, ports, variadic
from nm_core.graphs.open_checks import checks
from nm_torch import TorchModule
from nm_torch.lowering import lower
from nm_types import NeuralTypeError, TimeTag

ELEMENTS = (
    "*a 'A<=Channel:n_i *b",
    "*a Channel:c *b",
    "*a Channel:4 *b",
    "*a Channel:2*n_i *b",
    "*s 'A<=Channel:n_i",
    "Batch *s 'A<=Channel:c",
    "*s",
)
OTHERS = ("*a Channel:sum(n_i) *b", "*a Channel:c *b", "*a Class:c *b", "Batch *s Channel:c", "*s Channel:c", "*s")
PARENTS = {"Spectrogram": "Channel", "Encoded": "Channel"}


class Rows(TorchModule):
    """Takes values with rows, and a number beside them."""

    input_ports = ports(xs=variadic("*s"), z=optional("*s"), scale=optional(" ; Index"))
    output_ports = ports(y="Batch")

    @staticmethod
    def ports_of(params: Mapping[str, Any]) -> tuple[Any, Any]:
        """Return the ports that are asked for."""
        return ports(xs=variadic(params["xs"]), z=optional(params["z"]), scale=optional("; Index")), ports(y="Batch")

    def __init__(self, *, xs: str, z: str) -> None:
        super().__init__()

    def forward(self, xs: list[Tensor], z: Tensor | None = None, scale: int | None = None) -> Tensor:
        """Return something."""
        return torch.zeros(scale or 1)


def is_below(tag: str, asked: str) -> bool:
    """Whether a tag is another one or right below it."""
    return asked in (tag, PARENTS.get(tag))


def lay(port: str, tags: list[str], shape: tuple[int, ...], element: int) -> list[tuple[str, Any]]:
    """What a port asks of a shape whose axes have these tags: names and expressions, each with what it is given."""
    axes = port.split()
    left = len(tags) - len(axes) + sum(axis.startswith("*") for axis in axes)
    first = left
    if port.count("*") - port.count("2*") == 2:
        anchor = axes[1].partition(":")[0].rpartition("<=")[2]
        first = next(i for i, tag in enumerate(tags) if is_below(tag, anchor))
    facts: list[tuple[str, Any]] = []
    place = 0
    for axis in axes:
        if axis.startswith("*"):
            length = first if axis in ("*a", "*s") else left - first
            facts.append((axis, shape[place : place + length]))
            place += length
            continue
        size = axis.partition(":")[2] or ("batch" if axis == "Batch" else "")
        facts += [(size.replace("n_i", f"n_{element}") if "sum" not in size else size, shape[place])] if size else []
        place += 1
    return facts


def fits(facts: list[tuple[str, Any]]) -> bool:
    """Whether some values of the names give all that is asked."""
    known: dict[str, Any] = {}
    for name, value in facts:
        if name.startswith("2*"):
            if value % 2:
                return False
            name, value = name[2:], value // 2
        if name.isdigit() and int(name) != value:
            return False
        if known.setdefault(name, value) != value:
            return False
    elements = [value for name, value in known.items() if name.startswith("n_")]
    return not elements or known.get("sum(n_i)", sum(elements)) == sum(elements)


def hold(random: Random) -> str:
    """Hold the law for one call by chance; tell what came out."""
    xs, z = random.choice(ELEMENTS), random.choice(OTHERS)
    around = random.choice((["Batch", "Time"], ["Batch"], ["Batch", "Time", "Height"]))
    tags = list(around)
    tags.insert(random.randrange(len(around) + 1), random.choice(("Channel", "Spectrogram", "Encoded", "Class")))
    lengths = {tag: random.randint(1, 4) for tag in (*around, "Class")}
    names = ["xs[0]", "xs[1]", "xs[2]"][: random.randint(1, 3)] + ["z"] * (random.random() < 0.6)
    types, shapes, own_tags = {}, {}, {}
    for name in names:
        own = [random.choice(("Channel", "Spectrogram", "Encoded")) if is_below(t, "Channel") else t for t in tags]
        sizes = [lengths[t] if t in lengths else random.choice((2, 3, 4, 4, 4)) for t in own]
        if name == "z" and "sum" in z:
            before = [dict(zip(own_tags[n], shapes[n], strict=True)) for n in names if n in shapes]
            total = sum(known[t] for known in before for t in known if is_below(t, "Channel"))
            sizes = [total or 1 if is_below(t, "Channel") else size for t, size in zip(own, sizes, strict=True)]
        if random.random() < 0.3:
            sizes[random.randrange(len(sizes))] = random.choice((1, 1, 2, 3))
        if random.random() < 0.2:
            order = random.sample(range(len(own)), len(own))
            own, sizes = [own[i] for i in order], [sizes[i] for i in order]
        written = [
            tag if random.random() < 0.5 else f"{tag}:{name[0]}{i}" if random.random() < 0.7 else f"{tag}:{size}"
            for i, (tag, size) in enumerate(zip(own, sizes, strict=True))
        ]
        key = name.replace("[", "").replace("]", "")
        types[key], shapes[name], own_tags[name] = " ".join(written), tuple(sizes), own
    free = inputs(**types)
    tensors = dict(zip(names, free if len(names) > 1 else (free,), strict=True))
    arguments = {"xs": [tensor for name, tensor in tensors.items() if name != "z"]}
    arguments |= {"z": tensors["z"]} if "z" in tensors else {}
    scale = {"scale": random.randint(1, 3)} if random.random() < 0.5 else {}
    try:
        with casts("transpose" if random.random() < 0.5 else "error"):
            graph = Graph(Rows(xs=xs, z=z, name="rows")(**arguments, **scale))  # type: ignore[call-arg]
    except NeuralTypeError:
        return "refused"
    (call,) = graph.calls
    facts: dict[str, list[tuple[str, Any]]] = {}
    for name in names:
        order = call.casts.get(name, tuple(range(len(shapes[name]))))
        moved = [own_tags[name][i] for i in order]
        port = z if name == "z" else xs
        facts[name] = lay(port, moved, tuple(shapes[name][i] for i in order), int(name[3:4] or 0))
    check = checks(graph.plan()).get(call)
    opened = set() if check is None else set(check.ports)
    lowered = lower(graph.plan())
    values = {key: torch.zeros(shape) for key, shape in zip(types, shapes.values(), strict=True)}
    outcome = fits([fact for name in names if name in opened for fact in facts[name]])
    try:
        lowered(**values)
        passed = True
    except NeuralTypeError:
        passed = False
    assert passed is outcome, f"{xs}, {z}: {types}, {shapes}: passed {passed}, fits {outcome}, open {opened}"
    kind = "cast, " if call.casts else ""
    return kind + ("decided" if not opened else "checked" if passed else "caught")


@given(st.randoms(use_true_random=False))
def test_a_check_of_rows_fails_exactly_when_an_open_edge_does_not_fit(random: Random) -> None:
    """Elements of variadic ports with one or two rows, their sum in another port, casts, and a constant beside them."""
    hold(random)


def test_values_that_torch_would_stretch_are_caught() -> None:
    """Two inputs of unknown lengths must be equally long; a length of 1 is another length."""
    free = inputs(a="B T:t Encoded:8", b="B T:u Encoded:4")
    module = Rows(xs="*a 'A<=Channel:n_i *b", z="*s", name="rows")  # type: ignore[call-arg]
    lowered = lower(Graph(module(xs=[free.a, free.b])).plan())

    lowered(torch.zeros(2, 5, 8), torch.zeros(2, 5, 4))
    with pytest.raises(NeuralTypeError, match="Axis 1 has the size 1"):
        lowered(torch.zeros(2, 5, 8), torch.zeros(2, 1, 4))


def test_the_calls_show_every_outcome() -> None:
    """The law above is held on calls that are decided, refused, that pass and that fail their checks."""
    seen = Counter(hold(Random(seed)) for seed in range(400))

    assert min(seen[outcome] for outcome in ("refused", "decided", "checked", "caught")) >= 20, seen


class MeanOverTime(TorchModule):
    """Drops one named axis."""

    input_ports = ports(x="*a Time:t *b")
    output_ports = ports(y="*a *b")

    def typed_arguments(self, call: Any) -> dict[str, Any]:
        """Find the axis by its tag."""
        axes = call.inputs["x"].type.axes
        return {"dim": next(index for index, axis in enumerate(axes) if axis.tag.is_a(TimeTag))}

    def forward(self, x: Tensor, dim: int = 0) -> Tensor:
        """Return the averages."""
        return x.mean(dim)


@pytest.mark.parametrize(("type", "shape"), [("B T C", (2, 5, 3)), ("T B C H", (5, 2, 3, 4)), ("B T", (2, 5))])
def test_one_named_axis_is_dropped_at_any_rank(type: str, shape: tuple[int, ...]) -> None:
    """What comes out has the other axes in their order."""
    call = MeanOverTime(name="mean")(x=inputs(x=type))
    left = [(tag, size) for tag, size in zip(type.split(), shape, strict=True) if tag != "T"]

    assert [axis.tag.short for axis in call.type.axes] == [tag for tag, _ in left]
    assert lower(Graph(call).plan())(torch.zeros(shape)).shape == tuple(size for _, size in left)
