"""The open equations of a whole graph: what can hold call by call, and not together."""

from nm_types_calls import call, source

from nm_types import Edge, Equation, NeuralType, check_equations, type_call


def test_a_graph_that_holds_by_accident_only_is_told_from_one_that_cannot_hold() -> None:
    """Two calls that ask for t = u and (t+1)//2 = u; and two whose sizes are numbers after all."""
    loader = source(x="T:t", y="T:u", z="T:v")
    same = call({"a": ("T:t", loader["x"]), "b": ("T:t", loader["y"])}, {}).equations
    half = call({"a": ("T:t", loader["x"]), "b": ("T:(t+1)//2", loader["y"])}, {}).equations
    assert [problem.code for problem in check_equations((*same, *half))] == ["NM108"]

    seven = call({"a": ("T:t", loader["x"]), "b": ("T:7-t", loader["y"])}, {}).equations
    twice = call({"a": ("T:t", loader["x"]), "b": ("T:4*(t//2)", loader["y"])}, {}).equations
    assert check_equations((*seven, *twice)) == ()


def test_open_equations_of_many_calls_are_judged_together() -> None:
    """Each call is possible on its own; a graph that holds both is not."""
    loader = source(x="B T:t")
    one, two, same = (
        call({"x": (f"B T:{size}", loader["x"])}, {}, owner=owner).equations
        for owner, size in (("a", 64), ("b", 65), ("c", 64))
    )

    assert check_equations((*one, *same)) == ()
    (problem,) = check_equations((*one, *two))
    assert (problem.code, problem.consumer) == ("NM115", "b")
    assert "This connection needs 65 = loader.t" in problem.cause
    assert problem.notes == ("64 = loader.t because of source0.y -> a.x",)


def test_a_contradiction_names_every_connection_that_takes_part() -> None:
    """Three calls in a circle: the last one is blamed, the two before are named with their lines, a fourth is not."""
    loader = source(x="B T:t", y="B T:u", z="B T:v", w="B T:w")

    def equal(owner: str, ports: tuple[str, str], **values: NeuralType) -> tuple[Equation, ...]:
        edges = [
            Edge(owner, port, f"loader.{name}", NeuralType(f"B T:{size}"), value)
            for port, size, (name, value) in zip("ab", ports, values.items(), strict=True)
        ]
        return type_call(edges, {}, owner=owner, location=f"{owner}.py:1").equations

    calls = [
        equal("one", ("t", "t"), x=loader["x"], y=loader["y"]),
        equal("other", ("t", "t"), x=loader["x"], w=loader["w"]),
        equal("two", ("t", "t"), y=loader["y"], z=loader["z"]),
        equal("three", ("t", "t+1"), x=loader["x"], z=loader["z"]),
    ]
    (problem,) = check_equations([equation for call in calls for equation in call])

    assert (problem.code, problem.consumer, problem.location) == ("NM115", "three", "three.py:1")
    assert problem.notes == (
        "loader.t = loader.u because of loader.y -> one.b (one.py:1)",
        "loader.u = loader.v because of loader.z -> two.b (two.py:1)",
    )
