"""The equations of one call: what is decided, what stays open, and what no numbers satisfy."""

from nm_types_calls import call, codes, source

from nm_types import NeuralType, check_shapes


def test_a_name_is_one_size_in_all_ports() -> None:
    """Numbers that differ are an error at the later port; equal ones are fine."""
    assert codes({"a": ("B T:t", "B T:4"), "b": ("B T:t", "B T:5")}) == {"b": "NM105"}
    assert call({"a": ("T:t", "T:4"), "b": ("T:2*t", "T:8")}, {}).deferred == ()
    assert codes({"a": ("B T:2*t", "B T:7")}) == {"a": "NM105"}


def test_the_batch_axes_of_a_call_are_related() -> None:
    """A bare B is one size per call; B:? is kept apart; names keep two batches apart."""
    assert codes({"a": ("B T", "B:4 T"), "b": ("B C", "B:5 C")}) == {"b": "NM105"}
    assert call({"a": ("B T", "B:4 T"), "b": ("B:? C", "B:5 C")}, {}).deferred == ()
    assert call({"a": ("B:n T", "B:4 T"), "b": ("B:m C", "B:5 C")}, {}).deferred == ()
    made = call({"a": ("B T", "B:4 T")}, {"y": "B C"}).outputs["y"]
    assert str(made) == "Batch:4 Channel"


def test_a_number_known_through_one_port_is_asked_of_the_other() -> None:
    """Two ports that ask different numbers of one unknown size contradict each other."""
    loader = source(x="B T:t")

    assert call({"a": ("B T:4", loader["x"])}, {}).deferred == ("a",)
    assert codes({"a": ("B T:4", loader["x"]), "b": ("B T:5", loader["x"])}) == {"b": "NM105"}


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


def test_sizes_that_are_left_out_are_still_one_size() -> None:
    """The same value at two ports has the same unknown size; two values need not."""
    loader = source(x="B C", y="B C")

    assert call({"a": ("B C:n", loader["x"]), "b": ("B C:n", loader["x"])}, {}).deferred == ()
    assert call({"a": ("B C:n", loader["x"]), "b": ("B C:n", loader["y"])}, {}).deferred == ("a", "b")
    assert str(loader["x"]) == "Batch Channel"


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
