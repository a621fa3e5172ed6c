"""Connecting: the decisions of a call, and what its outputs become."""

import copy
import gc
import weakref
from typing import Literal

import pytest

from nm_types import (
    CallTyping,
    Comparison,
    DefinitionError,
    Edge,
    Equation,
    NeuralType,
    NeuralTypeError,
    check_equations,
    check_shapes,
    connect,
    type_call,
)

Values = dict[str, NeuralType]


def source(owner: str = "loader", **outputs: str) -> Values:
    """The outputs of a call without inputs."""
    return type_call([], {name: NeuralType(text) for name, text in outputs.items()}, owner=owner).outputs


def call(
    inputs: dict[str, tuple[str, NeuralType | str]], outputs: dict[str, str], owner: str = "m", casts: str = "error"
) -> CallTyping:
    """A call whose ports take the given types of values."""
    edges = [
        Edge(owner, port, f"source{i}.y", NeuralType(expected), NeuralType(given) if isinstance(given, str) else given)
        for i, (port, (expected, given)) in enumerate(inputs.items())
    ]
    return type_call(edges, {name: NeuralType(text) for name, text in outputs.items()}, owner=owner, casts=casts)


def codes(inputs: dict[str, tuple[str, NeuralType | str]], outputs: dict[str, str] | None = None) -> dict[str, str]:
    """The codes of a call that must fail, by port."""
    with pytest.raises(NeuralTypeError) as caught:
        call(inputs, outputs or {})
    return {problem.port: problem.code for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("output", "input", "accepted", "deferred"),
    [
        ("B Spectrogram:64 T:5", "B Spectrogram:64 T:5", True, False),
        ("B Spectrogram:64 T:5", "B Channel T", True, False),
        ("B C T:t", "B C:64 T:t", True, True),
        ("B T:t", "B T:64", True, True),
        ("B T ; Logits", "B T ; Logits", True, False),
        ("B T", "B T ; Logits", True, True),
        ("B C", "B Spectrogram", False, False),
        ("B C:64", "B C:40", False, False),
        ("B T C", "B C T", False, False),
        ("B T", "B C", False, False),
        ("{}", "B C", False, False),
        ("B C", "{}", True, False),
        ("object Text", "{}", True, False),
        ("T:t T:t", "T:u T:u", True, False),
        ("T:t T:t", "T:u T:(u+1)//2", False, False),
        ("T:t T:t", "T:u T:2*(u//2)", True, True),
    ],
)
def test_decisions_about_one_edge(output: str, input: str, accepted: bool, deferred: bool) -> None:
    """The table of connect: ok, ok with a deferred check, or an error."""
    decision = connect(NeuralType(output), NeuralType(input))

    assert (decision.accepted, decision.deferred) == (accepted, deferred)


def test_a_condition_is_stated() -> None:
    """What a deferred check looks for is said in words."""
    even = connect(NeuralType("T:t T:t"), NeuralType("T:u T:2*(u//2)"))
    kind = connect(NeuralType("B T"), NeuralType("B T ; Labels"))
    odd = connect(NeuralType("T:t T:t"), NeuralType("T:u T:2*((u-1)//2)+1"))
    unnamed = connect(NeuralType("B C"), NeuralType("B C:64"))
    named = connect(NeuralType("B C:c"), NeuralType("B C:64"))

    assert even.conditions == ("output.t must be a multiple of 2",)
    assert odd.conditions == ("output.t must leave 1 when it is divided by 2",)
    assert unnamed.conditions == ("axis 1 must be 64",)
    assert named.conditions == ("axis 1, output.c, must be 64",)
    assert kind.conditions == ("the values must be int numbers",)
    assert kind.unchecked


def test_names_on_both_sides_are_unrelated() -> None:
    """A graph renames apart before it compares: two uses of t are two sizes."""
    assert connect(NeuralType("T:t"), NeuralType("T:t+1")).accepted
    assert NeuralType("T:t").compare(NeuralType("T:t+1")) is Comparison.DIM_INCOMPATIBLE


def test_outputs_speak_of_the_sizes_of_their_inputs() -> None:
    """Flexible names are substituted; those that appear on outputs only are the call's own."""
    loader = source(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")

    typing = call(
        {"x": ("B Spectrogram:64 T:t", loader["spec"]), "n": ("B ; Lengths(t)", loader["length"])},
        {"y": "B Encoded:256 T:(t+1)//2", "m": "B ; Lengths((t+1)//2)", "new": "B Token:u"},
        owner="encoder",
    )

    assert {name: str(type) for name, type in typing.outputs.items()} == {
        "y": "Batch Encoded:256 Time:(loader.t+1)//2",
        "m": "Batch ; Lengths((loader.t+1)//2)",
        "new": "Batch Token:encoder.u",
    }
    assert typing.deferred == typing.unchecked == typing.equations == ()


def test_every_call_has_sizes_of_its_own() -> None:
    """Two calls of one source are two streams: their sizes are not known to be equal."""
    first, second = source(x="B T:t"), source(x="B T:t")

    assert first["x"] != second["x"]
    typing = call({"a": ("B T:t", first["x"]), "b": ("B T:t", second["x"])}, {})
    assert typing.deferred == ("a", "b")
    assert sorted(map(str, typing.equations)) == ["loader.batch = loader.batch", "loader.t = loader.t"]


def test_the_batch_axes_of_a_call_are_related() -> None:
    """A bare B is one size per call; B:? is kept apart; names keep two batches apart."""
    assert codes({"a": ("B T", "B:4 T"), "b": ("B C", "B:5 C")}) == {"b": "NM105"}
    assert call({"a": ("B T", "B:4 T"), "b": ("B:? C", "B:5 C")}, {}).deferred == ()
    assert call({"a": ("B:n T", "B:4 T"), "b": ("B:m C", "B:5 C")}, {}).deferred == ()
    made = call({"a": ("B T", "B:4 T")}, {"y": "B C"}).outputs["y"]
    assert str(made) == "Batch:4 Channel"


def test_a_name_is_one_size_in_all_ports() -> None:
    """Numbers that differ are an error at the later port; equal ones are fine."""
    assert codes({"a": ("B T:t", "B T:4"), "b": ("B T:t", "B T:5")}) == {"b": "NM105"}
    assert call({"a": ("T:t", "T:4"), "b": ("T:2*t", "T:8")}, {}).deferred == ()
    assert codes({"a": ("B T:2*t", "B T:7")}) == {"a": "NM105"}


def test_a_number_known_through_one_port_is_asked_of_the_other() -> None:
    """Two ports that ask different numbers of one unknown size contradict each other."""
    loader = source(x="B T:t")

    assert call({"a": ("B T:4", loader["x"])}, {}).deferred == ("a",)
    assert codes({"a": ("B T:4", loader["x"]), "b": ("B T:5", loader["x"])}) == {"b": "NM105"}


def ctc(log_probs: NeuralType, targets: NeuralType, input_length: NeuralType, target_length: NeuralType) -> CallTyping:
    """The connections of a CTC loss."""
    return call(
        {
            "log_probs": ("B T:t Class:n+1 ; LogProbs", log_probs),
            "targets": ("B Token:u ; Labels(n)", targets),
            "input_length": ("B ; Lengths(t)", input_length),
            "target_length": ("B ; Lengths(u)", target_length),
        },
        {"loss": "; Loss"},
    )


@pytest.fixture
def speech() -> Values:
    """A loader, and an encoder and a decoder behind it, which halve the time."""
    loader = source(
        spec="B Spectrogram:64 T:t", spec_len="B ; Lengths(t)", transcript="B Token:u ; Labels(28)", n="B ; Lengths(u)"
    )
    encoder = call(
        {"audio": ("B Spectrogram:64 T:t", loader["spec"]), "length": ("B ; Lengths(t)", loader["spec_len"])},
        {"encoded": "B Encoded:32 T:(t+1)//2", "encoded_len": "B ; Lengths((t+1)//2)"},
        owner="encoder",
    ).outputs
    decoder = call(
        {"x": ("B Encoded:32 T:t", encoder["encoded"])}, {"log_probs": "B T:t Class:29 ; LogProbs"}, owner="decoder"
    ).outputs
    return {**loader, **encoder, **decoder}


def test_a_recogniser_is_decided_in_full(speech: Values) -> None:
    """Nothing is left to check at run time."""
    typing = ctc(speech["log_probs"], speech["transcript"], speech["encoded_len"], speech["n"])

    assert (typing.deferred, typing.unchecked, typing.equations) == ((), (), ())
    assert str(typing.outputs["loss"]) == "; Loss"


def test_forgotten_subsampling_of_lengths_is_an_error(speech: Values) -> None:
    """Old lengths with subsampled features agree by accident at most."""
    with pytest.raises(NeuralTypeError, match="subsampled") as caught:
        ctc(speech["log_probs"], speech["transcript"], speech["spec_len"], speech["n"])
    assert {p.port: p.code for p in caught.value.problems} == {"input_length": "NM108"}


def test_swapped_lengths_are_an_error(speech: Values) -> None:
    """The lengths of a transcript do not measure frames; both ports are reported."""
    with pytest.raises(NeuralTypeError, match="two lengths are swapped") as caught:
        ctc(speech["log_probs"], speech["transcript"], speech["n"], speech["encoded_len"])
    assert {p.port: p.code for p in caught.value.problems} == {"input_length": "NM107", "target_length": "NM107"}


def test_lengths_may_measure_an_axis_that_was_another_one_before() -> None:
    """The columns of an image become the time of a sequence: the lengths of both are the same sizes."""
    image = source("image", x="B C:3 H:32 W:w", n="B ; Lengths(w)")
    sequence = call(
        {"x": ("B C:c H:h W:w", image["x"]), "n": ("B ; Lengths(w)", image["n"])},
        {"y": "B T:w//4 C:c*h", "m": "B ; Lengths(w//4)"},
    ).outputs
    other = source("other", n="B T:t ; Lengths(t)")

    port = {"x": ("B T:t C", sequence["y"]), "n": ("B ; Lengths(t)", sequence["m"])}
    assert call(port, {}).unchecked == ()
    assert (
        call({"x": ("T:t", "T:5"), "y": ("W:t", "W:5"), "n": ("T ; Lengths(t)", "T:3 ; Lengths(5)")}, {}).unchecked
        == ()
    )
    assert call({"x": ("B T:t C", sequence["y"]), "n": ("B T ; Lengths(t)", other["n"])}, {}).unchecked == ("n",)


def test_a_size_means_what_its_axes_mean_in_this_call_too() -> None:
    """Columns of an image that come as time have lengths in time, of other steps perhaps: open, and not swapped."""
    image, loader = source("image", x="B W:w"), source(x="B T:t")
    columns = call({"x": ("B W:w", image["x"])}, {"y": "B T:w", "n": "B ; Lengths(w)"}).outputs
    ports = {"x": ("B T:t", loader["x"]), "n": ("B ; Lengths(t)", columns["n"])}

    assert codes(ports) == {"n": "NM107"}
    assert call({**ports, "y": ("B T:s", columns["y"])}, {}).unchecked == ("n",)


def test_a_size_of_a_value_that_no_call_made_has_the_meaning_of_its_axis() -> None:
    """Also in the types that a call makes of it."""
    tokens = call({"x": ("Token:u", "Token:b")}, {"n": "B ; Lengths(u)"}).outputs["n"]

    assert codes({"x": ("B T:t", source(x="B T:t")["x"]), "n": ("B ; Lengths(t)", tokens)}) == {"n": "NM107"}


def test_a_number_says_what_a_name_is_before_an_unknown_does() -> None:
    """Whatever the ports are called, the output knows the number."""
    loader = source(x="T:t")
    for first, second in (("a", "b"), ("b", "a")):
        typing = call({first: ("T:t", loader["x"]), second: ("T:t", "T:4")}, {"y": "T:t"})
        assert str(typing.outputs["y"]) == "Time:4"
        assert [str(one) for one in typing.equations] == ["4 = loader.t"]


def test_numbers_that_nobody_can_find_are_an_error() -> None:
    """A product, and a name that two expressions bound: what only numbers decide is decided, or stays open."""
    assert codes({"x": ("T:t*t", "T:3")}) == {"x": "NM105"}
    assert call({"x": ("T:t*t", "T:4")}, {}).deferred == ()
    assert set(codes({"x": ("T:c//3+t", "T:1"), "y": ("T:3*((u+2)//3)-t", "T:6")}).values()) == {"NM105"}
    ports = {"x": ("T:t*u", "T:6"), "y": ("T:2*((t+3)//2)-u", "T:5")}
    assert call(ports, {}).deferred == ("x", "y")
    assert check_shapes({name: NeuralType(text) for name, (text, _) in ports.items()}, {"x": (6,), "y": (5,)})


def test_a_name_that_turns_out_below_one_is_an_error() -> None:
    """t = 5-u may be a size until another port says that u is 6."""
    assert codes({"x": ("T:t+u", "T:5"), "y": ("T:u-4", "T:2")}) == {"x": "NM105"}


def test_numbers_stay_open_with_the_unknown_that_they_hang_on() -> None:
    """Through names that they share, however many steps away."""
    chain = {"y": ("T:t//3+u//2", "T:5"), "z": ("T:u//3+v//2", "T:4")}

    assert call(chain, {}).deferred == ()
    assert call({"x": ("T:t//2", source(x="T:a")["x"]), **chain}, {}).deferred == ("x", "y", "z")


def test_squares_of_halves_may_be_multiples_of_three() -> None:
    """A period goes through the divisions inside of products (2, 1 and 4, 4 and 9, 9 ...)."""
    loader = source(x="T:a//2")
    square = call({"x": ("T:t", loader["x"])}, {"y": "T:t*t"}).outputs["y"]

    assert call({"x": ("T:3*u", square)}, {}).deferred == ("x",)


def test_what_only_a_kind_decides_is_not_checked_by_shapes() -> None:
    """A kind says what t is, a shape fits some t: that both are one is nothing a run can see."""
    typing = call({"x": ("T:t//4", "T:4"), "n": ("B ; Lengths(t)", source(n="B ; Lengths(t)")["n"])}, {})
    assert (typing.deferred, typing.unchecked) == (("x", "n"), ("n",))

    numbers = source(x="T:a", n="T:c ; Lengths(b)")
    typing = call({"x": ("T:t+u", numbers["x"]), "n": ("T ; Lengths(t)", numbers["n"])}, {})
    assert (typing.deferred, typing.unchecked) == (("x",), ("n",))


def test_an_output_whose_values_would_have_an_impossible_size_is_an_error() -> None:
    """Sizes of kinds are sizes: lengths below one are those of an empty axis."""
    assert codes({"x": ("T:t", "T:2")}, {"y": "B ; Lengths(t-2)"}) == {"y": "NM114"}
    assert codes({"x": ("T:t", "T:2")}, {"y": "B ; Labels(t//3)"}) == {"y": "NM114"}


def test_a_graph_that_holds_by_accident_only_is_told_from_one_that_cannot_hold() -> None:
    """Two calls that ask for t = u and (t+1)//2 = u; and two whose sizes are numbers after all."""
    loader = source(x="T:t", y="T:u", z="T:v")
    same = call({"a": ("T:t", loader["x"]), "b": ("T:t", loader["y"])}, {}).equations
    half = call({"a": ("T:t", loader["x"]), "b": ("T:(t+1)//2", loader["y"])}, {}).equations
    assert [problem.code for problem in check_equations((*same, *half))] == ["NM108"]

    seven = call({"a": ("T:t", loader["x"]), "b": ("T:7-t", loader["y"])}, {}).equations
    twice = call({"a": ("T:t", loader["x"]), "b": ("T:4*(t//2)", loader["y"])}, {}).equations
    assert check_equations((*seven, *twice)) == ()


def test_another_vocabulary_is_an_error(speech: Values) -> None:
    """29 classes with the blank are 28 labels."""
    other = source(transcript="B Token:u ; Labels(30)", n="B ; Lengths(u)")
    with pytest.raises(NeuralTypeError) as caught:
        ctc(speech["log_probs"], other["transcript"], speech["encoded_len"], other["n"])
    assert {p.port: p.code for p in caught.value.problems} == {"targets": "NM113"}
    assert "The values are Labels(30), expected Labels(n) with n = 28." in str(caught.value)


def test_all_bad_edges_are_reported_at_once(speech: Values) -> None:
    """Each with its own code, in the order of the edges."""
    found = codes(
        {
            "axes": ("B T C", "B C T"),
            "meaning": ("B T", "B C"),
            "rank": ("B T", "B T C"),
            "general": ("B Spectrogram", "B Channel"),
            "kind": ("B ; LogProbs", "B ; Logits"),
            "size": ("B C:64", "B C:40"),
            "rate": ("B T ; AudioSignal(16000)", "B T ; AudioSignal(8000)"),
            "form": ("list[object Text]", "object Text"),
            "root": ("B T", "{}"),
            "repeated": ("B T T", "T B T"),
            "fine": ("B Spectrogram:64 T:t", speech["spec"]),
        }
    )

    assert found == {
        "axes": "NM104",
        "meaning": "NM101",
        "rank": "NM102",
        "general": "NM103",
        "kind": "NM106",
        "size": "NM105",
        "rate": "NM113",
        "form": "NM110",
        "root": "NM103",
        "repeated": "NM109",
    }


def test_a_cast_is_visible_and_used() -> None:
    """With casts allowed the permutation is given back and the types go on as if the axes had been in order."""
    loader = source(spec="B T:t Spectrogram:64", length="B ; Lengths(t)")
    inputs = {"x": ("B Channel:d T:t", loader["spec"]), "n": ("B ; Lengths(t)", loader["length"])}

    assert codes(inputs) == {"x": "NM104"}
    typing = call(inputs, {"y": "B T:t//2 C:d"}, casts="transpose")
    assert typing.casts == {"x": (0, 2, 1)}
    assert str(typing.outputs["y"]) == "Batch Time:loader.t//2 Channel:64"
    assert typing.deferred == ()


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ("B T T", "T B T"),
        ("list[B T C]", "list[B C T]"),
        ("B C:40 T", "B T C:64"),
        ("B C T ; LogProbs", "B T C ; Logits"),
    ],
)
def test_casts_are_refused_where_tags_do_not_decide_or_more_is_wrong(expected: str, given: str) -> None:
    """Repeated tags, items of lists, sizes or kinds that differ."""
    with pytest.raises(NeuralTypeError):
        call({"x": (expected, given)}, {}, casts="transpose")


def test_a_fix_is_safe_only_where_it_helps() -> None:
    """Transposing does not repair a size that differs."""
    good = connect(NeuralType("B T C:64"), NeuralType("B C:64 T")).problem
    bad = connect(NeuralType("B T C:64"), NeuralType("B C:40 T")).problem
    assert good is not None
    assert bad is not None

    assert [fix.safe for fix in good.fixes] == [True]
    assert [fix.safe for fix in bad.fixes] == [False]
    assert "the sizes would not fit either" in str(bad)


def test_root_ports_take_anything_and_root_outputs_promise_nothing() -> None:
    """{} on either side, and through a call."""
    typing = call({"x": ("{}", "object Text"), "y": ("{}", "B T:t")}, {"z": "{}"})

    assert str(typing.outputs["z"]) == "{}"
    assert typing.deferred == typing.unchecked == ()


def test_sizes_that_are_left_out_are_still_one_size() -> None:
    """The same value at two ports has the same unknown size; two values need not."""
    loader = source(x="B C", y="B C")

    assert call({"a": ("B C:n", loader["x"]), "b": ("B C:n", loader["x"])}, {}).deferred == ()
    assert call({"a": ("B C:n", loader["x"]), "b": ("B C:n", loader["y"])}, {}).deferred == ("a", "b")
    assert str(loader["x"]) == "Batch Channel"


def test_an_output_that_would_be_empty_is_an_error() -> None:
    """A kernel longer than the input."""
    assert codes({"x": ("B T:t", "B T:2")}, {"y": "B T:t-2"}) == {"y": "NM114"}
    assert str(call({"x": ("B T:t", "B T:3")}, {"y": "B T:t-2"}).outputs["y"]) == "Batch Time:1"


def test_a_size_that_must_come_out_positive_is_a_condition() -> None:
    """t+u against n leaves u positive only for some data."""
    typing = call({"a": ("T:t", "T:x"), "b": ("C:t+u", "C:y")}, {"z": "C:u"})

    assert typing.deferred == ("a", "b")
    assert call({"a": ("T:t", "T:3"), "b": ("C:t+u", "C:5")}, {"z": "C:u"}).deferred == ()
    assert codes({"a": ("T:t", "T:3"), "b": ("C:t+u", "C:3")}) == {"b": "NM105"}


def test_equations_between_numbers_are_decided() -> None:
    """Ports that mention a name only inside a division are judged together."""
    assert call({"a": ("T:t//2", "T:3"), "b": ("T:(t+1)//2", "T:4")}, {}).deferred == ()
    assert codes({"a": ("T:t//2", "T:3"), "b": ("T:(t+1)//2", "T:5")}) == {"b": "NM105"}


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


def test_a_type_that_is_not_bound_cannot_be_connected() -> None:
    """Parameters need values, and the message says where."""
    from nm_types import BindingError

    with pytest.raises(BindingError, match=r"\{d\}: parameters in braces must have values"):
        call({"x": ("B C:{d}", "B C:4")}, {})
    with pytest.raises(DefinitionError, match="stands for many meanings"):
        call({"x": ("B C:4", "B 'A:4")}, {})


def test_sizes_die_with_what_speaks_of_them() -> None:
    """No cache keeps the identity of a call alive (law 16)."""
    loader = source(x="B T:t", n="B ; Lengths(t)")
    typing = call({"x": ("B T:t", loader["x"]), "n": ("B ; Lengths(t)", loader["n"])}, {"y": "B T:t//2"})
    (symbol,) = typing.outputs["y"].axes[1].size.symbols()  # type: ignore[union-attr]
    origin = weakref.ref(symbol.origin)  # type: ignore[union-attr]

    copied = copy.deepcopy(loader)
    del loader, typing, symbol
    gc.collect()

    assert origin() is None
    assert str(copied["x"]) == "Batch Time:loader.t"


def test_sizes_that_would_double_with_each_call_are_forgotten_together() -> None:
    """A chain that no one can write out still types quickly; features and lengths keep one size."""
    made = source(x="B T:t", n="B ; Lengths(t)")
    for i in range(50):
        inputs = {"x": ("B T:t", made["x"]), "n": ("B ; Lengths(t)", made["n"])}
        typing = call(inputs, {"x": "B T:t//2+t//3+t//5", "n": "B ; Lengths(t//2+t//3+t//5)"}, owner=f"m{i}")
        made = typing.outputs
        assert (typing.deferred, typing.unchecked) == ((), ())

    assert len(str(made["x"])) < 2000
    assert made["x"].axes[1].size == made["n"].kind.size(0)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("output", "input", "casts", "said"),
    [
        ("B C:64 T", "B C:64 T", "error", "SAME: accepted."),
        ("B C T", "B C:64 T", "error", "SAME: accepted; when it runs, axis 1 must be 64."),
        ("B T C", "B C T", "transpose", "TRANSPOSE_SAME: accepted; transposed by (0, 2, 1)."),
    ],
)
def test_a_decision_is_said_in_a_sentence(
    output: str, input: str, casts: Literal["error", "transpose"], said: str
) -> None:
    """As text and in a notebook, where a refusal shows its table."""
    decision = connect(NeuralType(output), NeuralType(input), casts=casts)

    assert str(decision) == said
    assert decision._repr_html_() == f"<div>{said}</div>"
    refusal = connect(NeuralType("B T"), NeuralType("B C"))
    assert str(refusal).startswith("NM101")
    assert "<table" in refusal._repr_html_()
