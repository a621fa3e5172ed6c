"""The verdict on a call with several edges, against trying all small sizes."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from nm_types import Edge, NeuralType, NeuralTypeError, Size, check_shapes, type_call
from nm_types.sizes import parse_size

ASKED = ("t", "u", "t+1", "2*t", "t+u", "t//2", "(t+1)//2", "2*u+1", "t-u+3", "4", "6")
GIVEN = ("a", "b", "a//2", "(a+1)//2", "2*a", "a+b", "a+1", "4", "5", "6", "2*(a//2)")
calls = st.lists(st.tuples(st.sampled_from(ASKED), st.sampled_from(GIVEN)), min_size=1, max_size=3)
SMALL = [{"a": a, "b": b} for a, b in product(range(1, 8), repeat=2)]
LARGE = [{"t": t, "u": u} for t, u in product(range(1, 34), repeat=2)]


def value(text: str, known: dict[str, int]) -> int:
    """A size for known names."""
    return Size(parse_size(text)).evaluate(known)


TABLE = {text: [value(text, names) for names in LARGE] for text in ASKED}


def fits(chosen: list[tuple[str, str]], sizes: list[int]) -> bool:
    """Whether some values of the ports' names give these sizes, found by trying."""
    columns = [TABLE[port] for port, _ in chosen]
    return any(list(row) == sizes for row in zip(*columns, strict=True))


@given(calls)
def test_a_call_is_judged_as_trying_all_sizes_judges_it(chosen: list[tuple[str, str]]) -> None:
    """Accepted without a check: it always fits. Sizes differ: it never fits. Deferred: the check is exact."""
    edges = [
        Edge("m", f"p{i}", f"source.y{i}", NeuralType(f"T:{port}"), NeuralType(f"T:{size}"))
        for i, (port, size) in enumerate(chosen)
    ]
    ports = {edge.port: edge.expected for edge in edges}
    worlds = [[value(size, known) for _, size in chosen] for known in SMALL]
    worlds = [sizes for sizes in worlds if min(sizes) >= 1]
    outcomes = [fits(chosen, sizes) for sizes in worlds]
    try:
        typing = type_call(edges, {}, owner="m")
    except NeuralTypeError as error:
        if {problem.code for problem in error.problems} == {"NM105"}:
            assert not any(outcomes)
        return

    for sizes, outcome in zip(worlds, outcomes, strict=True):
        checked = {port: (size,) for port, size in zip(ports, sizes, strict=True) if port in typing.deferred}
        found = check_shapes({port: ports[port] for port in checked}, checked)
        assert (found == ()) is outcome, sizes
