"""Random graphs of calls, run with real numbers: what every call does to shapes, told without the type system."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from random import Random

from nm_types_model import chain
from nm_types_sizes import names_of, reading, solutions

from nm_types import Edge, NeuralType

BATCH = "batch__"
LARGEST = 130
"""Values tried for a name that only expressions mention."""
MOST = 12
"""The largest size of a value: no expression of a port divides by more than eight and subtracts more than a little."""
SOURCE_AXES = ("Batch", "Time", "ProcessedTime", "Token", "Spectrogram", "Encoded", "Class")
KIND_SIZES = {"Lengths": "length", "Labels": "classes", "TokenIds": "classes", "AudioSignal": "rate"}

World = dict[str, int]


@dataclass(frozen=True)
class Declared:
    """A declared type: tags or rows with the texts of their sizes, and a kind with the text of its size."""

    axes: tuple[tuple[str, str | None], ...]
    kind: str | None = None
    kind_size: str | None = None

    def __str__(self) -> str:
        axes = " ".join(tag if size is None else f"{tag}:{size}" for tag, size in self.axes)
        size = f"({self.kind_size})" if self.kind_size else ""
        return f"{axes} ; {self.kind}{size}".strip() if self.kind else axes


@dataclass(frozen=True)
class Value:
    """An output that was made: where, with which tags and kind, and its type according to the type system."""

    producer: str
    tags: tuple[str, ...]
    kind: str | None
    type: NeuralType


@dataclass(frozen=True)
class Wire:
    """A value that goes into a port, and which of its axes the axes of the port take."""

    port: str
    declared: Declared
    value: Value
    order: tuple[int, ...]

    def rows(self) -> list[tuple[str, int]]:
        """The number of axes that each row takes: two rows stand around the one axis with a tag."""
        names = [tag for tag, _ in self.declared.axes if tag.startswith("*")]
        left = len(self.order) - len(self.declared.axes) + len(names)
        if len(names) < 2:
            return [(name, left) for name in names]
        anchor = self.declared.axes[1][0].rpartition("<=")[2]
        first = [anchor in chain(self.value.tags[i]) for i in self.order].index(True)
        return [(names[0], first), (names[1], left - first)]

    def edge(self, consumer: str) -> Edge:
        """The same for the type system."""
        return Edge(consumer, self.port, self.value.producer, NeuralType(str(self.declared)), self.value.type)


@dataclass(frozen=True)
class Call:
    """A call of a random module."""

    owner: str
    wires: tuple[Wire, ...]
    outputs: dict[str, Declared]


@dataclass
class Runs:
    """Worlds in which all calls so far fit; a world gives numbers to sizes, and shapes to values."""

    worlds: list[tuple[World, dict[str, tuple[tuple[int, ...], int | None]]]] = field(default_factory=list)


def grown(pick: Random, names: tuple[str, ...]) -> str:
    """An expression over some names."""
    a, b = pick.choice(names), pick.choice(names)
    k, m = pick.randrange(2, 5), pick.randrange(1, 4)
    return pick.choice(
        (
            a, a, a,
            str(pick.randrange(1, 9)),
            f"{a}+{m}", f"{k}*{a}", f"{a}-{m}", f"{a}+{b}", f"{a}*{b}", f"{k}*{a}+{m}", f"{a}-{b}+{k}",
            f"{a}//{k}", f"({a}+{m})//{k}", f"({a}-{m})//{k}+1", f"{k}*({a}//{k})", f"({a}+{b})//{k}",
            f"({m}*{a}+{b})//{k}", f"({a}//2+{m})//{k}", f"{a}//{k}+{b}", f"{k}*(({a}+{m})//{k})-{b}", f"{a}-{a}//{k}",
        )
    )  # fmt: skip


def lay(call: Call, shapes: dict[str, tuple[tuple[int, ...], int | None]], kinds: bool) -> list[tuple[str, int]]:
    """The expressions that the ports of a call ask for, each with the number that it is given."""
    asked: list[tuple[str, int]] = []
    for wire in call.wires:
        shape, number = shapes[wire.value.producer]
        sizes = [shape[i] for i in wire.order]
        own = wire.port.partition("[")[2].rstrip("]")
        taken = dict(wire.rows())
        place = 0
        for tag, size in wire.declared.axes:
            if tag.startswith("*"):
                asked.append((f"rank_{tag[1:]}", taken[tag] + 1))
                asked += [(f"row_{tag[1:]}_{i}", sizes[place + i]) for i in range(taken[tag])]
                place += taken[tag]
                continue
            if size is not None and size != "?":
                asked.append((size.replace("n_i", f"n_{own}"), sizes[place]))
            elif size is None and tag == "Batch":
                asked.append((BATCH, sizes[place]))
            place += 1
        if kinds and wire.declared.kind_size and number is not None:
            asked.append((wire.declared.kind_size.replace("n_i", f"n_{own}"), number))
    return asked


def summed(text: str, call: Call) -> str:
    """An expression with its sum over a variadic port written out."""
    elements = sorted({f"n_{w.port.partition('[')[2].rstrip(']')}" for w in call.wires if "[" in w.port})
    return text.replace("sum(n_i)", f"({'+'.join(elements)})")


def run(call: Call, runs: Runs, pick: Random, most: int) -> tuple[list[bool], list[bool], Runs]:
    """Run a call in every world: whether its axes fit, whether its kinds fit too, and the worlds that come after it."""
    on_axes, in_full, after = [], [], Runs()
    for world, shapes in runs.worlds:
        on_axes.append(next(solutions(lay(call, shapes, False), LARGEST), None) is not None)
        found = solutions(lay(call, shapes, True), LARGEST)
        count = 0
        for local in found:
            count += 1
            made = _outputs(call, local, shapes, pick)
            if made is not None and len(after.worlds) < most:
                own, new = made
                after.worlds.append(({**world, **own}, {**shapes, **new}))
            if count == 4:
                break
        in_full.append(count > 0)
    return on_axes, in_full, after


def _outputs(
    call: Call, local: World, shapes: dict[str, tuple[tuple[int, ...], int | None]], pick: Random
) -> tuple[World, dict[str, tuple[tuple[int, ...], int | None]]] | None:
    """The names that a call makes, and the shapes of its outputs; None where one would be empty or large."""
    known = dict(local)
    own: World = {}
    new: dict[str, tuple[tuple[int, ...], int | None]] = {}

    def number(text: str) -> int:
        written = summed(text, call)
        for name in names_of(written):
            known.setdefault(name, pick.randrange(1, 7))
        return reading(written)(known)

    for port, declared in call.outputs.items():
        sizes: list[int] = []
        for tag, size in declared.axes:
            if tag.startswith("*"):
                sizes += [known[name] for name in sorted(known) if name.startswith(f"row_{tag[1:]}_")]
            elif size is None and tag == "Batch":
                sizes.append(number(BATCH))
            elif size is None or size == "?":
                own[f"{call.owner}.{port}[{len(sizes)}]"] = pick.randrange(1, 7)
                sizes.append(own[f"{call.owner}.{port}[{len(sizes)}]"])
            else:
                sizes.append(number(size))
        of_kind = None
        if declared.kind in KIND_SIZES:
            if declared.kind_size is None:
                own[f"{call.owner}.{port}.{KIND_SIZES[declared.kind]}"] = pick.randrange(1, 7)
                of_kind = own[f"{call.owner}.{port}.{KIND_SIZES[declared.kind]}"]
            else:
                of_kind = number(declared.kind_size)
        if not all(1 <= size <= MOST for size in (*sizes, of_kind or 1)) or of_kind == 0:
            return None
        new[f"{call.owner}.{port}"] = tuple(sizes), of_kind
    own |= {f"{call.owner}.{printed(name)}": value for name, value in known.items()}
    return own, new


def printed(name: str) -> str:
    """How a rigid symbol of a call is printed."""
    if name == BATCH:
        return "batch"
    if name.startswith("row_"):
        _, row, index = name.split("_")
        return f"*{row}[{index}]"
    return f"n[{name[2:]}]" if name.startswith("n_") else name


def sources(pick: Random) -> Call:
    """A call without inputs: one to three outputs over two names."""
    outputs = {}
    for i in range(pick.randrange(1, 4)):
        tags = pick.sample(SOURCE_AXES, pick.randrange(1, 4))
        axes = tuple((tag, None if tag == "Batch" or pick.random() < 0.1 else source_size(pick)) for tag in tags)
        kind, size = pick.choice((None, None, "Logits", "Lengths", "Labels", "TokenIds")), None
        if kind in KIND_SIZES and pick.random() < 0.8:
            size = source_size(pick)
        outputs[f"o{i}"] = Declared(axes, kind, size)
    return Call(f"s{pick.randrange(10**6)}", (), outputs)


def source_size(pick: Random) -> str:
    """A size that a source gives: mostly a name."""
    return pick.choice(("a", "b", "a", "b", "4", "6", "3", "a+b", "2*a", "a//2", "(b+1)//2", "a*b", "2*(a//2)+1"))


def module(pick: Random, owner: str, values: list[Value], casts: bool) -> Call:
    """A call whose ports mostly fit some values by their tags, with random sizes."""
    names = pick.choice((("t",), ("t", "u"), ("t", "u"), ("t", "u", "c")))
    wires: list[Wire] = []
    rows: dict[str, tuple[str, ...]] = {}
    if pick.random() < 0.15:
        wires = elements(pick, values)
    for i in range(0 if wires else pick.randrange(1, 4)):
        value = pick.choice(values)
        order = list(range(len(value.tags)))
        if casts and pick.random() < 0.4:
            pick.shuffle(order)
        asked = [pick.choice(chain(tag)) if pick.random() < 0.2 else tag for tag in (value.tags[j] for j in order)]
        if all(tag in chain(own) for tag, own in zip(asked, value.tags, strict=True)):
            order.sort()
        axes: list[tuple[str, str | None]] = []
        for tag in asked:
            size = None if tag == "Batch" or pick.random() < 0.2 else grown(pick, names)
            axes.append((tag, "?" if tag == "Batch" and pick.random() < 0.2 else size))
        if pick.random() < 0.15 and "*s" not in rows and order == sorted(order):
            start, stop = sorted(pick.choices(range(len(axes) + 1), k=2))
            rows["*s"] = value.tags[start:stop]
            axes[start:stop] = [("*s", None)]
        elif pick.random() < 0.15 and order == sorted(order) and "*a" not in rows:
            place = pick.randrange(len(axes))
            if sum(axes[place][0] in chain(tag) for tag in value.tags) == 1:
                rows |= {"*a": value.tags[:place], "*b": value.tags[place + 1 :]}
                axes = [("*a", None), axes[place], ("*b", None)]
        kind, size = None, None
        if value.kind and pick.random() < 0.8:
            kind = pick.choice(chain(value.kind))
            if kind in KIND_SIZES and pick.random() < 0.8:
                size = grown(pick, names)
        wires.append(Wire(f"p{i}", Declared(tuple(axes), kind, size), value, tuple(order)))
    outputs = {}
    for i in range(pick.randrange(0, 3)):
        tags = pick.sample(SOURCE_AXES, pick.randrange(1, 4))
        axes = [(tag, None if tag == "Batch" or pick.random() < 0.1 else grown(pick, names)) for tag in tags]
        if rows and pick.random() < 0.5:
            axes.insert(pick.randrange(len(axes) + 1), (pick.choice(sorted(rows)), None))
        if wires and "[" in wires[0].port:
            axes.append(("Channel", pick.choice(("sum(n_i)", "sum(n_i)+1", "sum(n_i)//2"))))
        kind = pick.choice((None, None, "Logits", "Lengths", "Labels"))
        size = grown(pick, names) if kind in KIND_SIZES and pick.random() < 0.8 else None
        outputs[f"y{i}"] = Declared(tuple(axes), kind, size)
    return Call(owner, tuple(wires), outputs)


def elements(pick: Random, values: list[Value]) -> list[Wire]:
    """Wires into a variadic port: values of one rank, told apart by one axis."""
    first = pick.choice(values)
    place = pick.randrange(len(first.tags))
    alike = [value for value in values if value.tags == first.tags]
    axes = tuple(
        (tag, pick.choice(("n_i", "n_i", "2*n_i", "n_i+1")) if i == place else None if tag == "Batch" else "t")
        for i, tag in enumerate(first.tags)
    )
    if pick.random() < 0.5 and sum(first.tags[place] in chain(tag) for tag in first.tags) == 1:
        variable = pick.choice(("", "'Z<="))
        axes = (("*a", None), (f"{variable}{first.tags[place]}", axes[place][1]), ("*b", None))
    order = tuple(range(len(first.tags)))
    return [Wire(f"xs[{i}]", Declared(axes), pick.choice(alike), order) for i in range(pick.randrange(1, 4))]


def made_by(call: Call, types: dict[str, NeuralType]) -> Iterator[Value]:
    """The outputs of a call that was accepted, as values for the calls after it."""
    for port, declared in call.outputs.items():
        tags: list[str] = []
        for tag, _ in declared.axes:
            if tag.startswith("*"):
                wire = next(w for w in call.wires if tag in dict(w.declared.axes))
                taken = dict(wire.rows())
                start = 0
                for own, _ in wire.declared.axes[: [one for one, _ in wire.declared.axes].index(tag)]:
                    start += taken.get(own, 1)
                tags += wire.value.tags[start : start + taken[tag]]
            else:
                tags.append(tag)
        yield Value(f"{call.owner}.{port}", tuple(tags), declared.kind, types[port])


def first_worlds(call: Call, pick: Random, most: int) -> Runs:
    """Worlds of a source: all small numbers for its names."""
    runs = Runs()
    for a, b in product(range(1, 8), repeat=2):
        made = _outputs(call, {"a": a, "b": b, BATCH: pick.randrange(1, 4)}, {}, pick)
        if made is not None:
            runs.worlds.append(made)
    pick.shuffle(runs.worlds)
    del runs.worlds[most:]
    return runs


def joined(one: Runs, other: Runs, pick: Random, most: int) -> Runs:
    """Worlds of two sources together."""
    pairs = list(product(one.worlds, other.worlds))
    pick.shuffle(pairs)
    return Runs([({**a, **c}, {**b, **d}) for (a, b), (c, d) in pairs[:most]])
