"""Templates: rows, tag variables, variadic ports and sums, as modules of a common collection use them."""

import pytest

from nm_types import CallTyping, DefinitionError, Edge, NeuralType, NeuralTypeError, type_call


def call(ports: dict[str, str], values: dict[str, str], outputs: str, casts: str = "error") -> CallTyping:
    """A call with one output; an element `xs[1]` takes the port `xs`."""
    edges = [
        Edge("m", port, f"{chr(97 + i)}.y", NeuralType(ports[port.partition("[")[0]]), NeuralType(value))
        for i, (port, value) in enumerate(values.items())
    ]
    return type_call(edges, {"y": NeuralType(outputs)}, owner="m", casts=casts)


def made(ports: dict[str, str], values: dict[str, str], outputs: str) -> str:
    """The type of the output as text."""
    return str(call(ports, values, outputs).outputs["y"])


def code(ports: dict[str, str], values: dict[str, str], outputs: str, casts: str = "error") -> str:
    """The code of a call that must fail at one port."""
    with pytest.raises(NeuralTypeError) as caught:
        call(ports, values, outputs, casts)
    (problem,) = caught.value.problems
    return problem.code


@pytest.mark.parametrize("value", ["B:2 T:4 Spectrogram:64", "; Loss", "B:1 H:3 W:3 C:1"])
def test_same_as_keeps_all_axes(value: str) -> None:
    """A row takes whatever is there, names and all."""
    assert call({"x": "*s"}, {"x": value}, "*s").outputs["y"].axes == NeuralType(value).axes


def test_linear_replaces_the_last_axis() -> None:
    """Any axes before, any tag on the last, whose size is a parameter."""
    linear = {"x": "*s 'A:16"}

    assert made(linear, {"x": "B T:t C:16"}, "*s Encoded:32") == "Batch Time:a.t Encoded:32"
    assert made(linear, {"x": "Encoded:16"}, "*s Encoded:32") == "Encoded:32"
    assert code(linear, {"x": "B T:t C:8"}, "*s Encoded:32") == "NM105"
    assert code(linear, {"x": "; Loss"}, "*s Encoded:32") == "NM102"


def test_subsampling_keeps_the_tag_and_divides_time() -> None:
    """Features and lengths are divided together."""
    typing = type_call(
        [
            Edge("m", "x", "loader.x", NeuralType("B 'A T:t"), NeuralType("B Spectrogram:64 T:t")),
            Edge("m", "len", "loader.n", NeuralType("B ; Lengths(t)"), NeuralType("B ; Lengths(t)")),
        ],
        {"y": NeuralType("B 'A T:t//4"), "len": NeuralType("B ; Lengths(t//4)")},
        owner="m",
    )

    assert str(typing.outputs["y"]) == "Batch Spectrogram Time:loader.t//4"
    assert str(typing.outputs["len"]) == "Batch ; Lengths(loader.t//4)"
    assert typing.deferred == ()


def test_adding_takes_the_nearest_common_ancestor() -> None:
    """Spectrogram and Encoded are channels; time and channels are nothing together."""
    add = {"xs": "*s"}

    assert made(add, {"xs[0]": "B:2 Spectrogram:4", "xs[1]": "B:2 Encoded:4"}, "*s") == "Batch:2 Channel:4"
    assert made(add, {"xs[0]": "B:2 Encoded:4", "xs[1]": "B:2 Encoded:4"}, "*s") == "Batch:2 Encoded:4"
    assert code(add, {"xs[0]": "B:2 T:4", "xs[1]": "B:2 C:4"}, "*s") == "NM112"
    assert code(add, {"xs[0]": "B:2 T:4", "xs[1]": "B:2"}, "*s") == "NM112"
    assert code(add, {"xs[0]": "B:2 T:4", "xs[1]": "B:2 T:5"}, "*s") == "NM105"


def test_tag_variables_stay_within_their_bound() -> None:
    """At or below the bound, one tag for all ports of a call."""
    bounded = {"x": "B 'A<=Channel", "y": "B 'A<=Channel"}

    assert made(bounded, {"x": "B:1 Spectrogram:3", "y": "B:1 Encoded:3"}, "B 'A") == "Batch:1 Channel"
    assert code(bounded, {"x": "B:1 T:3"}, "B 'A") == "NM101"
    assert code({"x": "B 'A", "y": "B 'A"}, {"x": "B:1 T:3", "y": "B:1 C:3"}, "B 'A") == "NM111"


CONCAT = {"xs": "*a 'A<=Channel:n_i *b"}
CONCATENATED = "*a 'A:sum(n_i) *b"


def test_concatenation_adds_up_one_axis() -> None:
    """Wherever the axis stands; all other axes agree; the tag is the nearest common ancestor."""
    assert made(CONCAT, {"xs[0]": "B:2 Spectrogram:16 T:9", "xs[1]": "B:2 Encoded:8 T:9"}, CONCATENATED) == (
        "Batch:2 Channel:24 Time:9"
    )
    assert (
        made(CONCAT, {f"xs[{i}]": "B:2 T:9 Encoded:8" for i in range(12)}, CONCATENATED) == "Batch:2 Time:9 Encoded:96"
    )
    assert made(CONCAT, {"xs[0]": "Encoded:x", "xs[1]": "Encoded:3"}, CONCATENATED) == "Encoded:a.x+3"


def test_concatenating_along_the_wrong_axis_is_an_error() -> None:
    """The paper's second kind of silent mistake: no such axis, or two of them, or other axes that differ."""
    assert code(CONCAT, {"xs[0]": "B:2 T:4"}, CONCATENATED) == "NM112"
    assert code(CONCAT, {"xs[0]": "B:2 Spectrogram:3 Encoded:4"}, CONCATENATED) == "NM112"
    assert code(CONCAT, {"xs[0]": "B:2 Encoded:4 T:4", "xs[1]": "B:2 Encoded:4 T:5"}, CONCATENATED) == "NM105"
    assert code(CONCAT, {"xs[0]": "B:2 Encoded:4 T:4", "xs[1]": "B:2 T:4 Encoded:4"}, CONCATENATED) == "NM112"


def test_elements_of_two_variadic_ports_belong_together() -> None:
    """n_i of xs[1] is n_i of lengths[1]."""
    ports = {"xs": "B T:n_i", "lengths": "B ; Lengths(n_i)"}
    values = {"xs[0]": "B:2 T:4", "xs[1]": "B:2 T:6", "lengths[0]": "B:2 ; Lengths(4)"}

    assert made(ports, {**values, "lengths[1]": "B:2 ; Lengths(6)"}, "B T:sum(n_i)") == "Batch:2 Time:10"
    assert code(ports, {**values, "lengths[1]": "B:2 ; Lengths(4)"}, "B T:sum(n_i)") == "NM113"


@pytest.mark.parametrize(
    ("ports", "values", "casts"),
    [
        ({"x": "B 'A<=Channel T"}, {"x": "B T Encoded"}, {"x": (0, 2, 1)}),
        ({"x": "B 'A T:4"}, {"x": "B T:4 C"}, {"x": (0, 2, 1)}),
        ({"x": "*s C:16"}, {"x": "C:16 T"}, {"x": (1, 0)}),
        ({"xs": "*s"}, {"xs[0]": "B T C", "xs[1]": "B C T"}, {"xs[1]": (0, 2, 1)}),
        ({"xs": "*s"}, {"xs[0]": "B T Encoded", "xs[1]": "Spectrogram B T"}, {"xs[1]": (1, 2, 0)}),
        ({"x": "*s C", "y": "*s"}, {"x": "C B T", "y": "B T"}, {"x": (1, 2, 0)}),
        (CONCAT, {"xs[0]": "B Encoded T", "xs[1]": "B T Encoded"}, {"xs[1]": (0, 2, 1)}),
        ({"a": "'D", "b": "'A", "x": "'A 'D"}, {"a": "T", "b": "C", "x": "T C"}, {"x": (1, 0)}),
    ],
)
def test_a_cast_is_made_where_tags_leave_one_order(
    ports: dict[str, str], values: dict[str, str], casts: dict[str, tuple[int, ...]]
) -> None:
    """Rows and tag variables stand for what the other edges say; those that fit as they are come first."""
    assert call(ports, values, "B", casts="transpose").casts == casts
    assert code(ports, values, "B") in ("NM101", "NM104", "NM111", "NM112")


@pytest.mark.parametrize(
    ("ports", "values", "expected"),
    [
        ({"x": "*s C:16"}, {"x": "B C:16 T"}, "NM104"),
        ({"x": "*a C *b T"}, {"x": "B T C"}, "NM112"),
        ({"xs": "*s"}, {"xs[0]": "B T Time", "xs[1]": "T B T"}, "NM112"),
        ({"x": "B 'A 'D T"}, {"x": "B T C H"}, "NM101"),
    ],
)
def test_no_cast_is_made_where_a_row_or_a_variable_leaves_several(
    ports: dict[str, str], values: dict[str, str], expected: str
) -> None:
    """What a row takes has no order of its own, so a proposal is all there can be."""
    assert code(ports, values, "B", casts="transpose") == expected


def test_an_output_that_nothing_decides_is_the_authors_error() -> None:
    """Rows, tag variables and sums must stand on a connected input."""
    for output in ("*s", "B 'A", "B C:sum(n_i)"):
        with pytest.raises(DefinitionError, match="nothing decides"):
            call({"x": "B T"}, {"x": "B T"}, output)


def message(ports: dict[str, str], values: dict[str, str], outputs: str) -> list[str]:
    """The lines of the message of a call that must fail."""
    with pytest.raises(NeuralTypeError) as caught:
        call(ports, values, outputs)
    return [" ".join(line.split()) for line in str(caught.value).splitlines()]


def test_a_row_stands_above_each_axis_that_it_takes() -> None:
    """So the axis at fault and what the port expects there are in one column."""
    lines = message({"x": "*s C:16"}, {"x": "B C:16 T:t"}, "*s")

    assert "m expects *s *s Channel:16" in lines
    assert "a gives Batch Channel:16 Time:t" in lines


def test_a_row_that_does_not_agree_shows_what_it_stands_for() -> None:
    """With the edge that has decided it, and the axes that have nothing in common marked."""
    lines = message(CONCAT, {"xs[0]": "B Encoded:4 T:8", "xs[1]": "B Token:8 Encoded:4"}, CONCATENATED)

    assert "m expects Batch 'A<=Channel:n_i Time:8" in lines
    assert "b gives Batch Token:8 Encoded:4" in lines
    assert "The axes do not agree with those of a.y at xs[0]." in lines
    assert [line.count("^") for line in lines if "does not agree" in line] == [len("Encoded:4")]


def test_a_tag_that_does_not_agree_is_named() -> None:
    """The tag that the variable stands for, and the edge that has decided it."""
    lines = message({"x": "B 'A", "y": "B 'A"}, {"x": "B:1 T:3", "y": "B:1 C:3"}, "B 'A")

    assert "m expects Batch Time" in lines
    assert "this one is unrelated to that of a.y at x." in " ".join(lines)


def test_a_tag_that_does_not_agree_within_one_value_is_named() -> None:
    """No other input has decided it."""
    assert "to that of another part of the same value." in " ".join(message({"x": "'A 'A"}, {"x": "T C"}, "B"))


def test_a_row_in_another_order_is_mended_by_a_transpose() -> None:
    """The message says so, and how."""
    lines = message({"xs": "*s"}, {"xs[0]": "B T C", "xs[1]": "B C T"}, "*s")

    assert "The axes are those of a.y at xs[0] in another order." in lines
    assert 'fix (safe): transpose(y, "B T C") in the place of y in xs' in lines


def test_the_axes_before_a_channel_in_another_place_keep_their_order_in_the_proposal() -> None:
    """Channels first, into a port that takes them last: a row would take the others in any order."""
    lines = message({"x": "*s Channel:16"}, {"x": "B Encoded:16 T"}, "*s")

    assert 'fix (safe): m(x=transpose(y, "B T Encoded"))' in lines
    assert not any("casts(" in line for line in lines)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("B T:4 C:8", "Batch Channel:8"),
        ("B C:8 ProcessedTime:4", "Batch Channel:8"),
        ("T:4 B C:8 H W", "Batch Channel:8 Height Width"),
        ("B:2 T:4", "Batch:2"),
    ],
)
def test_pooling_drops_one_named_axis_at_any_rank(value: str, expected: str) -> None:
    """The other axes keep their order and their sizes; lengths of that axis are checked with it."""
    pool = {"x": "*a 'A<=Time:t *b", "length": "B ; Lengths(t)"}

    assert made(pool, {"x": value}, "*a *b") == expected
    assert code(pool, {"x": value, "length": "B:2 ; Lengths(5)"}, "*a *b") == "NM113"
    assert (
        code(pool, {"x": value.replace("Processed", "").replace("T:4", "Time:4").replace("Time:4", "Token:4")}, "*a *b")
        == "NM112"
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [("B:2 T:4", "Channel, which no axis"), ("B:2 Spectrogram:3 Encoded:4", "Channel, which several axes")],
)
def test_the_axis_that_a_port_looks_for_is_named(value: str, said: str) -> None:
    """Types that cannot be laid beside each other stand whole."""
    lines = message(CONCAT, {"xs[0]": value}, CONCATENATED)

    assert "m expects *a 'A<=Channel:n_i *b" in lines
    assert any(said in line for line in lines)
