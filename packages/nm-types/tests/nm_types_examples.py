"""Random examples of types: outputs, ports that perhaps take them, and types near to others."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import strategies as st
from nm_types_model import PARAMETERS, PARENTS, TENSOR_KINDS, TOPS, Model, below, chain
from nm_types_sizes import reading

SIZES = (
    None,
    None,
    "?",
    "2",
    "3",
    "4",
    "t",
    "t",
    "u",
    "v",
    "2*t",
    "t//2",
    "(t+1)//2",
    "t+u",
    "t-1",
    "3*(t//3)+1",
    "t*u",
)
"""Sizes as modules declare them."""
LOCAL = (None, "t", "u", "c", "t", "2", "t+1", "t//2", "(t+1)//2", "t+u", "t*u")


def tags() -> st.SearchStrategy[str]:
    """Tags of nm-types and of collections."""
    return st.sampled_from([*TOPS, *(name for name in PARENTS if name not in TENSOR_KINDS and chain(name)[-1] in TOPS)])


@st.composite
def tensors(
    draw: st.DrawFn, sizes: Sequence[str | None] = SIZES, kinds: Sequence[str | None] = (None, *TENSOR_KINDS)
) -> Model:
    """Outputs: tensors with up to four axes."""
    rank = draw(st.sampled_from((1, 2, 2, 3, 3, 4)))
    axes = [(draw(tags()), draw(st.sampled_from(sizes))) for _ in range(rank)]
    kind = draw(st.sampled_from(kinds))
    return Model(tuple(_plain(axes)), kind, _kind_sizes(draw, kind, sizes))


def _plain(axes: Sequence[tuple[str, str | None]]) -> list[tuple[str, str | None]]:
    """Axes without a question mark but for batches, and with one bare batch at most."""
    found: list[tuple[str, str | None]] = []
    for tag, size in axes:
        size = size if tag == "Batch" or size != "?" else None
        found.append((tag, "?" if (tag, size) == ("Batch", None) and (tag, size) in found else size))
    return found


def _kind_sizes(draw: st.DrawFn, kind: str | None, sizes: Sequence[str | None]) -> tuple[str | None, ...]:
    written = [draw(st.sampled_from(sizes)) for _ in range(PARAMETERS.get(kind or "", 0))]
    return tuple(None if size == "?" else size for size in written)


seeds = st.integers(0, 2**32).map(Random)


def above(model: Model, pick: Random, forget: bool = True) -> Model:
    """A type that a type refines: tags and kinds further up, sizes left out."""
    axes = [
        (pick.choice(chain(tag)), "?" if tag == "Batch" and forget and pick.random() < 0.3 else
         None if forget and tag != "Batch" and pick.random() < 0.3 else size)
        for tag, size in model.axes
    ]  # fmt: skip
    if model.kind is None or (forget and pick.random() < 0.2):
        return Model(tuple(axes))
    kind = pick.choice(chain(model.kind))
    sizes = tuple(None if forget and pick.random() < 0.3 else size for size in model.sizes)
    return Model(tuple(axes), kind, sizes)


def beneath(model: Model, pick: Random) -> Model:
    """A type that refines a type: narrower tags and kinds, sizes and a kind where none were said."""
    axes = []
    for tag, size in model.axes:
        if size in (None, "?") and not tag.startswith("*") and pick.random() < 0.5:
            size = pick.choice(("2", "3", "t", "w", "2*w", "w//2"))
        axes.append((pick.choice(below(tag)), size))
    kind = model.kind
    if kind is None and pick.random() < 0.3:
        kind = pick.choice(TENSOR_KINDS)
    kind = pick.choice(below(kind)) if kind else None
    sizes = [*model.sizes, *[None] * (PARAMETERS.get(kind or "", 0) - len(model.sizes))]
    return Model(tuple(axes), kind, tuple(size or pick.choice((None, "2", "t", "w")) for size in sizes))


def port_for(model: Model, pick: Random, templates: bool = True) -> Model:
    """A port that perhaps takes an output: its tags fit, mostly; its names are its own."""
    axes: list[tuple[str, str | None]] = []
    names = pick.sample(("t", "u", "c", "d"), 4)
    known: dict[str, str] = {}
    for tag, size in above(model, pick, forget=False).axes:
        ask: str | None = known.setdefault(size or f"?{len(axes)}", names[len(known) % 4])
        if pick.random() < 0.2:
            ask = pick.choice(LOCAL)
        elif size is not None and size.isdigit():
            ask = pick.choice((size, size, ask, ask, None, "2*e", "e//2", "(e+1)//2", "e-1", str(int(size) + 1)))
        elif pick.random() < 0.2:
            ask = None
        if tag == "Batch" and pick.random() < 0.7:
            ask = pick.choice((None, "?"))
        if templates and tag != "Batch" and pick.random() < 0.15:
            tag = pick.choice((f"'A<={tag}", "'A", "'D"))
        axes.append((tag, ask))
    if pick.random() < 0.1:
        axes[pick.randrange(len(axes))] = (pick.choice(TOPS), None)
    if templates and pick.random() < 0.2:
        start, stop = sorted(pick.choices(range(len(axes) + 1), k=2))
        axes[start:stop] = [("*s", None)]
    elif templates and pick.random() < 0.15:
        place = pick.randrange(len(axes))
        if axes[place][0][0] != "'" or "<=" in axes[place][0]:  # what stands between two rows is told by its tag
            axes = [("*a", None), axes[place], ("*b", None)]
    if model.kind is None or pick.random() < 0.2:
        return Model(tuple(_plain(axes)))
    kind = pick.choice(chain(model.kind))
    sizes = [known.get(size or "", size if size and size.isdigit() else pick.choice(LOCAL)) for size in model.sizes]
    kept = tuple(None if pick.random() < 0.2 else size for size in sizes)
    return Model(tuple(_plain(axes)), kind, kept[: PARAMETERS.get(kind, 0)])


@st.composite
def edges(draw: st.DrawFn, templates: bool = True) -> tuple[Model, Model]:
    """An output and an input that fit more often than not."""
    output = draw(tensors())
    return output, port_for(output, draw(seeds), templates)


def shuffled(model: Model, pick: Random) -> Model:
    """A type with its axes in any order."""
    return replace(model, axes=tuple(pick.sample(model.axes, len(model.axes))))


def near(model: Model, pick: Random) -> Model:
    """A type close to another: axes swapped, tags and sizes changed, so that no relation is rare."""
    axes = list(model.axes)
    for _ in range(pick.choice((1, 1, 1, 2))):
        sized = [place for place, (_, size) in enumerate(axes) if size not in (None, "?")]
        change = pick.choice(("swap", "swap", "below", "above", "clash", "clash", "size", "tag"))
        i = pick.choice(sized) if sized and change == "clash" else pick.randrange(len(axes))
        tag, size = axes[i]
        if change == "swap" or tag.startswith("*"):
            j = (i + 1) % len(axes)
            axes[i], axes[j] = axes[j], axes[i]
        elif change in ("below", "above"):
            axes[i] = pick.choice((below if change == "below" else chain)(tag)), size
        elif change == "clash":
            axes[i] = tag, f"{size}+1" if i in sized else "5"
        else:
            axes[i] = (tag, pick.choice(SIZES)) if change == "size" else (pick.choice(TOPS), size)
    kind = pick.choice([*chain(model.kind), *below(model.kind), None]) if model.kind else None
    sizes = tuple(pick.choice((size, size, None, "2", "t")) for size in model.sizes)
    return Model(tuple(_plain(axes)), kind, sizes if kind else ())


def concrete(model: Model, pick: Random) -> Model:
    """A value of a type: a number for every size, the same one for the same name; tags and kinds at or below."""
    known = {name: pick.randrange(2, 7) for name in ("t", "u", "v", "w", "c", "d", "e")}
    batch = pick.randrange(1, 5)
    axes = []
    for tag, size in model.axes:
        number = batch if (tag, size) == ("Batch", None) else _number(size, known, pick)
        axes.append((pick.choice([tag, *below(pick.choice(below(tag)))]), str(number)))
    kind = pick.choice(below(model.kind)) if model.kind else "Logits"
    sizes = [*model.sizes, *[None] * (PARAMETERS.get(kind, 0) - len(model.sizes))]
    return Model(tuple(axes), kind, tuple(str(_number(size, known, pick)) for size in sizes))


def _number(size: str | None, known: dict[str, int], pick: Random) -> int:
    return pick.randrange(1, 6) if size in (None, "?") else reading(str(size))(known)


def forgotten(model: Model, pick: Random) -> Model:
    """A type that says less about one of its sizes."""
    places = [*range(len(model.axes)), *(-1 - i for i in range(len(model.sizes)))]
    place = pick.choice([at for at in places if at < 0 or not model.axes[at][0].startswith("*")] or [None])
    if place is None:
        return model
    if place < 0:
        sizes = list(model.sizes)
        sizes[-1 - place] = None
        return replace(model, sizes=tuple(sizes))
    axes = list(model.axes)
    axes[place] = axes[place][0], "?" if axes[place][0] == "Batch" else None
    return replace(model, axes=tuple(axes))
