"""Laws 5 to 8 and 15: what connect decides about one output and one input; numbers as in the page Types."""

import re
from collections import Counter
from itertools import permutations
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nm_types_examples import beneath, concrete, edges, forgotten, near, port_for, seeds, shuffled, tensors
from nm_types_model import KINDS, TAGS, Model, belongs, chain, tags_fit

from nm_types import CODES, Connection, Edge, NeuralType, compare, connect, transposed

policies = st.sampled_from(("error", "transpose"))
ABOUT_TAGS = ("NM101", "NM103", "NM104", "NM109", "NM111", "NM112")
DERIVED = re.compile(r"[-+*/]")


def is_plain(decision: Connection) -> bool:
    """Whether a connection was accepted and leaves nothing to be checked."""
    return decision.accepted and not decision.deferred and not decision.unchecked


@given(edges(), seeds, policies)
def test_law_5_forgetting_a_size_rejects_nothing(pair: tuple[Model, Model], pick: Random, casts: str) -> None:
    """An accepted connection stays accepted when either side says less about a size, of an axis or of a kind.

    The exceptions are an accident and an unrelated meaning that are left over; see the tests of what is no law.
    """
    output, input = pair
    assume(connect(output.type, input.type, casts=casts).accepted)

    for one, other in ((forgotten(output, pick), input), (output, forgotten(input, pick))):
        decision = connect(one.type, other.type, casts=casts)
        assert decision.accepted or (decision.problem is not None and decision.problem.code in ("NM107", "NM108"))


@given(edges(), seeds)
def test_law_6_a_more_specific_producer_is_accepted_too(pair: tuple[Model, Model], pick: Random) -> None:
    """With casts off, wherever a general producer was accepted without a check, everything below it is."""
    general, port = pair
    special = beneath(general, pick)
    assert special.type.refines(general.type)
    assume(is_plain(connect(general.type, port.type)))

    assert connect(special.type, port.type).accepted


@given(edges(), seeds)
def test_law_7_what_is_accepted_without_a_check_is_sound(pair: tuple[Model, Model], pick: Random) -> None:
    """Every concrete refinement of the producer is of the port's type, for some numbers of the port's names."""
    output, port = pair
    assume(is_plain(connect(output.type, port.type)))

    for _ in range(4):
        value = concrete(output, pick)
        assert belongs(value, output)
        assert belongs(value, port), value


@given(edges(), seeds)
def test_law_7_what_sizes_reject_has_no_value(pair: tuple[Model, Model], pick: Random) -> None:
    """Where sizes differ, no concrete value of the producer is of the port's type."""
    output, port = pair
    decision = connect(output.type, port.type)
    if decision.problem is not None and decision.problem.code in ("NM105", "NM113"):
        for _ in range(8):
            value = concrete(output, pick)
            assert not belongs(value, port), value


@st.composite
def reordered(draw: st.DrawFn) -> tuple[Model, Model]:
    """An output, and an input that takes it or something near it in another order."""
    output = draw(tensors())
    pick = draw(seeds)
    moved = shuffled(output if pick.random() < 0.7 else near(output, pick), pick)
    return output, port_for(moved, pick, templates=pick.random() < 0.4)


@given(reordered())
def test_law_8_a_cast_is_the_only_one_and_fits(pair: tuple[Model, Model]) -> None:
    """Exactly one permutation of the tags fits, none is needed where a cast is given, and after it compare fits."""
    output, input = pair
    decision = connect(output.type, input.type, casts="transpose")
    tags = [tag for tag, _ in output.axes]
    orders = [order for order in permutations(range(len(tags))) if tags_fit([tags[j] for j in order], input)]
    if decision.cast is None:
        assert decision.accepted is connect(output.type, input.type).accepted
        kinds_fit = None in (output.kind, input.kind) or input.kind in chain(str(output.kind))
        if kinds_fit and decision.problem is not None and decision.problem.code in ABOUT_TAGS:
            assert len(orders) != 1
        return

    assert orders == [decision.cast]
    assert decision.cast != tuple(range(len(tags)))
    for side in (output, input):
        assert len({tag for tag, _ in side.axes}) == len(side.axes)
    if decision.accepted:
        moved = Model(tuple(output.axes[j] for j in decision.cast), output.kind, output.sizes)
        assert not connect(output.type, input.type).accepted
        assert connect(moved.type, input.type).accepted
        if "'" not in str(input) and not input.rows:
            assert compare(apart(moved).type, input.type).fits


def apart(model: Model) -> Model:
    """A type with other names: a bare comparison takes a name for one size on both sides, a call does not."""

    def other(size: str | None) -> str | None:
        return size and re.sub(r"([a-z])", r"o_\1", size)

    axes = tuple((tag, other(size)) for tag, size in model.axes)
    return Model(axes, model.kind, tuple(map(other, model.sizes)))


@given(st.one_of(reordered(), edges(), st.tuples(tensors(), tensors())))
def test_law_15_every_problem_says_what_to_do(pair: tuple[Model, Model]) -> None:
    """A code, both types and a fix; a fix marked safe, done as it says, makes the connection succeed."""
    output, input = pair[0].type, pair[1].type
    problem = connect(output, input).problem
    assume(problem is not None)
    assert problem is not None

    assert problem.code in CODES
    assert (problem.expected, problem.given) == (str(input), str(output))
    assert problem.fixes
    assert all(fix.text for fix in problem.fixes)
    assert " ".join(problem.cause.split()) in " ".join(str(problem).split())
    for fix in problem.fixes:
        if fix.safe:
            written = re.search(r'transpose\([^,]+, "(.*?)"', fix.text)
            assert written is not None
            order = NeuralType(written.group(1), tags=TAGS, kinds=KINDS)
            moved = transposed(Edge("transpose", "x", "output", order, output)).outputs["y"]
            assert connect(moved, input).accepted


def test_the_examples_of_these_laws_reach_the_interesting_cases() -> None:
    """Accepted without a check: derived sizes, rows, variables, kinds with sizes; casts; safe fixes; clashes."""
    seen: Counter[str] = Counter()

    @settings(max_examples=600, derandomize=True)
    @given(edges(), reordered())
    def count(pair: tuple[Model, Model], moved: tuple[Model, Model]) -> None:
        output, input = pair
        decision = connect(output.type, input.type)
        seen["accepted"] += decision.accepted
        seen["clash"] += decision.problem is not None and decision.problem.code in ("NM105", "NM113")
        if is_plain(decision):
            seen["plain"] += 1
            seen["plain, row"] += bool(input.rows)
            seen["plain, variable"] += "'" in str(input)
            seen["plain, kind with size"] += any(input.sizes)
            seen["plain, derived size given"] += bool(DERIVED.search(" ".join(size or "" for _, size in output.axes)))
            seen["plain, derived size asked"] += bool(DERIVED.search(" ".join(size or "" for _, size in input.axes)))
            seen["plain, of a collection"] += "." in str(output)
        cast = connect(moved[0].type, moved[1].type, casts="transpose")
        seen["cast"] += cast.cast is not None and cast.accepted
        problem = connect(moved[0].type, moved[1].type).problem
        is_safe = problem is not None and any(fix.safe for fix in problem.fixes)
        seen["safe fix"] += is_safe
        seen["safe fix, row"] += is_safe and bool(moved[1].rows)
        seen["safe fix, variable"] += is_safe and "'" in str(moved[1])
        seen["cast, row or variable"] += cast.cast is not None and ("'" in str(moved[1]) or bool(moved[1].rows))

    count()
    assert min(seen.values()) >= 1, seen
    assert seen["plain"] >= 20, seen
