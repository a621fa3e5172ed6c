"""Laws 10, 13 and 16: calls with several edges; numbers as in the page Types."""

import re
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import permutations, product
from pkgutil import resolve_name
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nm_types_examples import LOCAL, above, port_for, seeds, shuffled, tensors
from nm_types_model import KINDS, TAGS, TOPS, Model, family
from nm_types_sizes import reading, solutions

from nm_types import (
    CallTyping,
    DefinitionError,
    Edge,
    NeuralType,
    NeuralTypeError,
    Problem,
    check_shapes,
    transposed,
    type_call,
)
from nm_types.notation import Structure


@dataclass(frozen=True)
class Asked:
    """A random call: a port and a value for each edge, and the outputs."""

    ports: dict[str, Model]
    values: dict[str, NeuralType]
    outputs: dict[str, Model]
    casts: str

    def edges(self) -> list[Edge]:
        """What the type system is asked."""
        return [Edge("m", name, f"s.{name}", port.type, self.values[name]) for name, port in self.ports.items()]


@st.composite
def calls(draw: st.DrawFn) -> Asked:
    """One to four edges that share names, rows, tag variables and the elements of a variadic port."""
    pick = draw(seeds)
    models = [draw(tensors()) for _ in range(draw(st.sampled_from((1, 2, 2, 3))))]
    outputs = {f"o{i}": model.type for i, model in enumerate(models)}
    outputs |= {f"q{i}": shuffled(model, pick).type for i, model in enumerate(models)}
    made = type_call([], outputs, owner="s").outputs
    ports, values = {}, {}
    for i in range(pick.randrange(1, 5)):
        j = pick.randrange(len(models))
        port = port_for(shuffled(models[j], pick) if pick.random() < 0.5 else models[j], pick)
        ports[f"p{i}"], values[f"p{i}"] = port, made[f"o{j}"]
    alone = pick.random() < 0.08  # a sum of one value in two orders, which a cast may put right
    if alone:
        ports, values = {}, {}
    if alone or pick.random() < 0.4:
        j = pick.randrange(len(models))
        axes = [(tag, None if tag == "Batch" else "t") for tag, _ in above(models[j], pick).axes]
        place = pick.randrange(len(axes))
        axes[place] = axes[place][0], "n_i"
        axes = pick.choice(
            (
                axes,
                axes,
                [("*a", None), (f"'Z<={axes[place][0]}", "n_i"), ("*b", None)],
                [("*a", None), (axes[place][0], "n_i"), ("*b", None)],
                [("*s", None)],
                [("*s", None), axes[-1]],
            )
        )
        axes = [("*s", None)] if alone else axes
        for i in range(pick.randrange(1, 4)):
            ports[f"xs[{i}]"], values[f"xs[{i}]"] = Model(tuple(axes)), made[f"{pick.choice('ooq')}{j}"]
    results = {f"y{i}": Model(tuple((tag, pick.choice(LOCAL)) for tag in pick.sample(TOPS, 2))) for i in range(2)}
    if "xs[0]" in ports:
        results["sum"] = Model((("Class", "sum(n_i)"),), "Lengths", ("t+u",))
    rows = sorted({tag for port in ports.values() for tag, _ in port.axes if tag.startswith("*")})
    if rows:
        results["row"] = Model(((pick.choice(rows), None),))
    variables = sorted({tag.partition("<=")[0] for port in ports.values() for tag, _ in port.axes if tag[0] == "'"})
    if variables:
        results["tag"] = Model(((pick.choice(variables), "t"),))
    return Asked(ports, values, results, pick.choice(("error", "transpose", "transpose")))


def outcome(asked: Asked, edges: list[Edge] | None = None) -> object:
    """All that a call says, in an order of its own: problems, or types, casts, open checks and equations."""
    outputs = {name: model.type for name, model in asked.outputs.items()}
    try:
        typing = type_call(asked.edges() if edges is None else edges, outputs, owner="m", casts=asked.casts)
    except NeuralTypeError as error:
        return sorted((problem.port, str(problem)) for problem in error.problems)
    except DefinitionError as error:
        return str(error)
    types = {name: str(type) for name, type in typing.outputs.items()}
    open_checks = set(typing.deferred), set(typing.unchecked)
    return types, typing.casts, open_checks, sorted(map(str, typing.equations))


@given(calls(), seeds)
def test_law_10_the_order_of_connecting_does_not_matter(asked: Asked, pick: Random) -> None:
    """Any order of the edges gives the same verdict, the same outputs, and the same open equations."""
    edges = asked.edges()
    expected = outcome(asked)

    for reordered in (edges[::-1], pick.sample(edges, len(edges))):
        assert outcome(asked, reordered) == expected


def problems_of(asked: Asked, edges: list[Edge], casts: str) -> dict[str, Problem]:
    """The problems of a call by port."""
    try:
        type_call(edges, {}, owner="m", casts=casts)
    except NeuralTypeError as error:
        return {problem.port: problem for problem in error.problems}
    return {}


def moved(edge: Edge, order: Sequence[int]) -> Edge:
    """An edge whose value has its axes in another order."""
    value = edge.given
    return replace(edge, given=NeuralType(Structure("tensor", tuple(value.axes[i] for i in order), value.kind)))


@given(calls())
def test_law_8_a_cast_is_the_only_order_that_the_other_edges_allow(asked: Asked) -> None:
    """With all casts done by hand the call is accepted without any; with one of them done otherwise it is not."""
    edges = asked.edges()
    try:
        typing = type_call(edges, {}, owner="m", casts="transpose")
    except NeuralTypeError:
        return
    by_hand = [moved(edge, typing.casts[edge.port]) if edge.port in typing.casts else edge for edge in edges]

    assert problems_of(asked, by_hand, "error") == {}
    for i, edge in enumerate(edges):
        if edge.port in typing.casts:
            assert list(typing.casts[edge.port]) != sorted(typing.casts[edge.port])
            for order in set(permutations(range(len(edge.given.axes)))) - {typing.casts[edge.port]}:
                otherwise = [*by_hand[:i], moved(edge, order), *by_hand[i + 1 :]]
                assert problems_of(asked, otherwise, "error"), order


@given(calls())
def test_law_15_a_safe_fix_makes_its_edge_fit_and_spoils_no_other(asked: Asked) -> None:
    """Each alone, and all together; what an allowed cast would do is what the fix does."""
    edges = asked.edges()
    problems = problems_of(asked, edges, "error")
    fixed: dict[str, Edge] = {}
    for edge in edges:
        for fix in problems[edge.port].fixes if edge.port in problems else ():
            if fix.safe:
                written = re.search(r'transpose\([^,]+, "(.*?)"', fix.text)
                assert written is not None
                order = NeuralType(written.group(1), tags=TAGS, kinds=KINDS)
                value = transposed(Edge("transpose", "x", "output", order, edge.given)).outputs["y"]
                fixed[edge.port] = replace(edge, given=value)

    for fixes in ({}, fixed, *({port: edge} for port, edge in fixed.items())):
        after = problems_of(asked, [fixes.get(edge.port, edge) for edge in edges], "error")
        assert after.keys() <= problems.keys() - fixes.keys()


@st.composite
def measured(draw: st.DrawFn) -> tuple[dict[str, Model], dict[str, tuple[int, ...]], dict[str, str]]:
    """Ports, and shapes and families of values that fit them more often than not."""
    pick = draw(seeds)
    known = {name: pick.randrange(1, 7) for name in ("t", "u", "c", "d", "e", "batch", "row")}
    lengths = {name: pick.randrange(4) for name in ("*s", "*a", "*b")}
    ports: dict[str, Model] = {}
    for i in range(pick.randrange(1, 4)):
        ports[f"p{i}"] = port_for(draw(tensors()), pick)
    if pick.random() < 0.6:
        rows = pick.choice(((("*a", None),), (("*a", None),), (), (("Time", "t"),)))
        element = Model((*rows, ("'Z<=Channel", pick.choice(("n_i", "2*n_i", "n_i+t"))), ("*b", None)))
        ports |= {f"xs[{i}]": element for i in range(pick.randrange(1, 4))}
        if pick.random() < 0.8:
            ports["sum"] = Model((*rows, ("Channel", pick.choice(("sum(n_i)", "sum(n_i)+u")))))
        if pick.random() < 0.5:
            ports["count"] = Model((("Class", pick.choice(("count(xs)", "2*count(xs)-1", "count(xs)+t"))),))
    shapes, families = {}, {}
    known |= {f"n_{i}": pick.randrange(1, 5) for i in range(3)}
    for name, port in ports.items():
        shape = [
            size
            for tag, text in port.axes
            for size in (
                [known["row"]] * lengths[tag]
                if tag[0] == "*"
                else [_size(tag, text and element_size(text, name, ports), known, pick)]
            )
        ]
        if pick.random() < 0.25:
            place = pick.randrange(len(shape)) if shape else 0
            shape[place : place + pick.randrange(2)] = [pick.randrange(1, 7)] * pick.randrange(1, 3)
        shapes[name] = tuple(max(1, size) for size in shape)
        if pick.random() < 0.7:
            families[name] = family(port.kind or "Logits") if pick.random() < 0.9 else pick.choice(("int", "bool"))
    return ports, shapes, families


def element_size(text: str, name: str, ports: dict[str, Model]) -> str:
    """A size of a port with the names of elements written out."""
    elements = [f"n_{own[3]}" for own in ports if own.startswith("xs[")]
    text = text.replace("count(xs)", str(len(elements)))
    return text.replace("sum(n_i)", f"({'+'.join(elements)})").replace("n_i", f"n_{name[3:4]}")


def _size(tag: str, text: str | None, known: dict[str, int], pick: Random) -> int:
    if text in (None, "?"):
        return known["batch"] if tag == "Batch" and text is None else pick.randrange(1, 7)
    return reading(str(text))(known)


def fits(ports: dict[str, Model], shapes: dict[str, tuple[int, ...]], families: dict[str, str]) -> bool:
    """Whether shapes and families are those of some ports, for some numbers of their names, found by trying.

    Rows are tried too: each takes any number of axes, the same in all ports.
    """
    if any(families.get(name, family(port.kind)) != family(port.kind) for name, port in ports.items() if port.kind):
        return False
    rows = sorted({tag for port in ports.values() for tag, _ in port.axes if tag[0] == "*"})
    longest = max(map(len, shapes.values()))
    return any(
        next(solutions(asked, 40), None) is not None
        for own in product(range(longest + 1), repeat=len(rows))
        if (asked := _asked(ports, shapes, dict(zip(rows, own, strict=True)))) is not None
    )


def _asked(
    ports: dict[str, Model], shapes: dict[str, tuple[int, ...]], lengths: dict[str, int]
) -> list[tuple[str, int]] | None:
    """What ports ask of shapes where rows have some lengths; None where the ranks do not fit."""
    asked: list[tuple[str, int]] = []
    for name, port in ports.items():
        shape = list(shapes[name])
        if sum(lengths.get(tag, 1) for tag, _ in port.axes) != len(shape):
            return None
        for tag, text in port.axes:
            if tag[0] == "*":
                asked += [(f"row_{tag[1:]}_{i}", shape.pop(0)) for i in range(lengths[tag])]
                continue
            size = shape.pop(0)
            if text not in (None, "?"):
                asked.append((element_size(str(text), name, ports), size))
            elif text is None and tag == "Batch":
                asked.append(("batch__", size))
    return asked


@given(measured())
def test_law_13_a_deferred_check_fails_exactly_where_a_value_does_not_fit(
    run: tuple[dict[str, Model], dict[str, tuple[int, ...]], dict[str, str]],
) -> None:
    """Rank, shape and family of numbers of several ports, as trying all values of the names judges them."""
    ports, shapes, families = run
    types = {name: port.type for name, port in ports.items()}

    assert (check_shapes(types, shapes, families) == ()) is fits(*run)


STAGES = (
    "nm_types.unifying.unify.Unifier._own_edge",
    "nm_types.unifying.unify.spread_axes",
    "nm_types.unifying.templates.Templates.meet",
    "nm_types.unifying.unify.Unifier._axis_equations",
    "nm_types.unifying.unify.Unifier._kind_equations",
    "nm_types.connecting.resolve.eliminate",
    "nm_types.connecting.resolve.contradictions",
    "nm_types.connecting.resolve.is_solvable",
    "nm_types.solving.solution.Solution.set",
    "nm_types.connecting.calls.report_misfit",
    "nm_types.connecting.calls.report_equation",
    "nm_types.connecting.outputs.Outputs.close",
    "nm_types.connecting.outputs.Outputs._own",
    "nm_types.connecting.outputs.Outputs.size",
    "nm_types.connecting.outputs.Outputs.equation",
)


class Interrupted(BaseException):
    """Ctrl-C, or anything else that nobody expects."""


@pytest.mark.parametrize("stage", STAGES)
@settings(max_examples=15)
@given(asked=calls(), after=st.integers(0, 3))
def test_law_16_an_interrupted_call_changes_nothing(stage: str, asked: Asked, after: int) -> None:
    """Wherever a call is broken off, the same values type as before, are equal and have the same hash."""
    expected = outcome(asked)
    values = {name: (str(value), hash(value)) for name, value in asked.values.items()}
    owner, _, name = stage.rpartition(".")
    passed = iter(range(after))
    holder = resolve_name(owner)
    original = getattr(holder, name)

    def broken(*args: object, **named: object) -> object:
        if next(passed, None) is None:
            raise Interrupted
        return original(*args, **named)

    with patch.object(holder, name, broken), suppress(Interrupted):
        outcome(asked)

    assert outcome(asked) == expected
    assert {name: (str(value), hash(value)) for name, value in asked.values.items()} == values


@given(calls(), calls())
def test_law_16_a_failed_call_changes_no_other(asked: Asked, other: Asked) -> None:
    """Whatever another call says of the same values, and however it fails, a call says the same before and after it."""
    expected = outcome(asked)
    shared = list(asked.values.values())
    taken = {name: shared[i % len(shared)] for i, name in enumerate(other.ports)}

    outcome(Asked(other.ports, taken, other.outputs, other.casts))
    outcome(Asked(asked.ports, asked.values, other.outputs, other.casts))

    assert outcome(asked) == expected


def test_law_16_threads_do_not_meet() -> None:
    """Many calls of shared values at once say what they say one after the other."""
    found: list[Asked] = []

    @settings(max_examples=40)
    @given(calls())
    def collect(asked: Asked) -> None:
        found.append(asked)

    collect()
    expected = list(map(outcome, found))
    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(lambda _: list(map(outcome, found)), range(16)):
            assert answers == expected


def test_law_16_two_calls_never_share_a_size() -> None:
    """Each call of a source makes sizes of its own; those of one call are the same in all of its outputs."""
    first, second = (
        type_call([], {"x": NeuralType("B T:t"), "n": NeuralType("B ; Lengths(t)")}, owner="loader").outputs
        for _ in range(2)
    )

    assert first["x"].axes[1].size == first["n"].kind.size(0)
    assert not {size for one in first["x"].axes for size in one.size.symbols()} & {
        size for one in second["x"].axes for size in one.size.symbols()
    }


def test_the_examples_of_these_laws_reach_the_interesting_cases() -> None:
    """Calls: accepted, rejected for many reasons, casts, rows, variables, elements; checks: fitting and not."""
    seen: Counter[str] = Counter()

    @settings(max_examples=300, derandomize=True)
    @given(calls(), measured())
    def count(asked: Asked, run: tuple[dict[str, Model], dict[str, tuple[int, ...]], dict[str, str]]) -> None:
        outputs = {name: model.type for name, model in asked.outputs.items()}
        try:
            typing: CallTyping | None = type_call(asked.edges(), outputs, owner="m", casts=asked.casts)
        except NeuralTypeError as error:
            seen.update({problem.code for problem in error.problems})
            for problem in error.problems:
                safe = any(fix.safe for fix in problem.fixes)
                rows = asked.ports[problem.port].rows
                seen["safe fix, row"] += safe and bool(rows)
                seen["safe fix, element"] += safe and problem.port.startswith("xs")
                seen["unsafe transpose"] += "transpose(" in problem.fixes[0].text and not safe
            typing = None
        except DefinitionError:
            typing = None
        if typing is not None and len(asked.ports) > 1:
            seen["accepted"] += 1
            seen["cast"] += bool(typing.casts)
            seen["cast, row"] += any(asked.ports[port].rows for port in typing.casts)
            seen["row"] += any(port.rows for port in asked.ports.values())
            seen["elements"] += "xs[1]" in asked.ports
            seen["variable"] += "'" in "".join(map(str, asked.ports.values()))
            seen["deferred"] += bool(typing.deferred)
            seen["unchecked"] += bool(typing.unchecked)
            seen["open"] += bool(typing.equations)
        seen["fits"] += fits(*run)
        seen["does not"] += not fits(*run)
        for case, ports in (("two rows", 2), ("row or two", 1)):
            if any(len(port.rows) >= ports for port in run[0].values()):
                seen[f"{case}, fits"] += fits(*run)
                seen[f"{case}, does not"] += not fits(*run)
        seen["sum, fits"] += "sum" in run[0] and fits(*run)
        seen["sum, does not"] += "sum" in run[0] and not fits(*run)

    count()
    assert min(seen[case] for case in ("accepted", "row", "variable", "deferred", "fits", "does not")) >= 5, seen
    assert min(count for case, count in seen.items() if case.startswith(("two rows", "row or", "sum"))) >= 5, seen
    assert min(seen[case] for case in ("safe fix, row", "safe fix, element", "cast, row", "unsafe transpose")) >= 2, (
        seen
    )
    assert min(seen[case] for case in ("cast", "elements", "unchecked", "NM101", "NM104", "NM105")) >= 1, seen
