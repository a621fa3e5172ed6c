"""The outputs of a call: whose their sizes are, how long they live, and that none is empty."""

import copy
import gc
import weakref

from nm_types_calls import call, codes, source


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


def test_an_output_whose_values_would_have_an_impossible_size_is_an_error() -> None:
    """Sizes of kinds are sizes: lengths below one are those of an empty axis."""
    assert codes({"x": ("T:t", "T:2")}, {"y": "B ; Lengths(t-2)"}) == {"y": "NM114"}
    assert codes({"x": ("T:t", "T:2")}, {"y": "B ; Labels(t//3)"}) == {"y": "NM114"}


def test_an_output_that_would_be_empty_is_an_error() -> None:
    """A kernel longer than the input."""
    assert codes({"x": ("B T:t", "B T:2")}, {"y": "B T:t-2"}) == {"y": "NM114"}
    assert str(call({"x": ("B T:t", "B T:3")}, {"y": "B T:t-2"}).outputs["y"]) == "Batch Time:1"


def test_items_that_would_be_empty_are_an_error() -> None:
    """A list whose items have no elements is no better than one of them."""
    assert codes({"x": ("B T:t", "B T:3")}, {"y": "list[B T:t-3]"}) == {"y": "NM114"}


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
