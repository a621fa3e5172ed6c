"""Parameters are captured before the constructor runs, frozen, and plain data."""

import copy
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Unpack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nm_core import ModuleDeclarationError, ModuleOptions, NeuralModule, ParameterError
from nm_core.symbols.parameters import FrozenParams, constructor_parameters, freeze, takes_options, thaw

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


class Layer(NeuralModule):
    """A module that changes what it was given."""

    def __init__(self, blocks: list[int], *, width: int = 4, path: Any = None) -> None:
        blocks.append(99)
        self.blocks = blocks


class Base(NeuralModule):
    """A module whose subclass passes keywords on."""

    def __init__(self, *, width: int, depth: int = 2) -> None:
        self.width = width


class Derived(Base):
    """A module that passes keywords on to its base."""

    def __init__(self, *, extra: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)


class WidthOptions(ModuleOptions, total=False):
    """Some of what `Base` takes."""

    width: int


class Named(Base):
    """A module that takes the options of every module alone, and gives its base a value of its own."""

    def __init__(self, size: int, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(width=2 * size, **options)


class Partial(Base):
    """A module whose annotation, written as a string, says what it passes on."""

    def __init__(self, **options: "Unpack[WidthOptions]") -> None:
        super().__init__(depth=7, **options)


@given(PLAIN)
def test_thawing_undoes_freezing(value: object) -> None:
    """Plain data comes back equal from its frozen form, and freezing again changes nothing."""
    assert thaw(freeze(value)) == value
    assert freeze(freeze(value)) == freeze(value)


def test_parameters_are_kept_as_they_were_given() -> None:
    """A constructor that changes its arguments changes neither the record nor its defaults."""
    layer = Layer([1, 2])
    assert layer.params["blocks"] == (1, 2)
    assert dict(layer.params) == {"blocks": (1, 2), "width": 4, "path": None}
    assert layer.blocks == [1, 2, 99]


def test_keywords_that_are_passed_on_are_known() -> None:
    """`**kwargs` stands for the parameters of the base that takes them."""
    assert dict(Derived(width=3).params) == {"extra": 1, "width": 3, "depth": 2}


def test_options_of_every_module_are_no_parameters() -> None:
    """`Unpack[ModuleOptions]` passes nothing on: the base's parameters are hidden, and `name` is not among `params`."""
    module = Named(3, name="three")

    assert (module.name, dict(module.params), module.width) == ("three", {"size": 3}, 6)
    with pytest.raises(ParameterError, match='no parameter "width"'):
        Named(size=3, width=1)  # type: ignore[call-arg]


def test_unpacked_options_pass_on_what_they_name() -> None:
    """A TypedDict after `Unpack` names the parameters of a base that a constructor lets through, as text too."""
    assert dict(Partial(width=5, name="five").params) == {"width": 5}
    with pytest.raises(ParameterError, match='no parameter "depth"'):
        Partial(width=5, depth=1)  # type: ignore[call-arg]


def test_options_imported_for_type_checkers_alone_are_known_by_name() -> None:
    """Where `ModuleOptions` is no name of the module at run time, its annotation says enough."""

    def construct(self: Any, *, size: int, **options: Any) -> None: ...

    construct.__annotations__["options"] = "typing.Unpack[absent.ModuleOptions]"
    cls = type("Elsewhere", (Base,), {"__init__": construct})

    assert list(constructor_parameters(cls)) == ["size"]


def test_constructors_that_checkers_let_take_a_name() -> None:
    """Only a constructor with keywords of any kind can be given `name` under a type checker."""
    assert takes_options(Named)
    assert takes_options(Derived)
    assert takes_options(NeuralModule)
    assert not takes_options(Base)


def test_all_wrong_parameters_are_named_at_once() -> None:
    """An unknown and a missing parameter are one error, with what may have been meant."""
    with pytest.raises(ParameterError) as error:
        Derived(widht=3)
    assert 'no parameter "widht". Did you mean "width"?' in str(error.value)
    assert "needs width." in str(error.value)
    assert isinstance(error.value, TypeError)


def test_live_objects_are_opaque() -> None:
    """A live object is remembered by the name of its parameter and left out of the plain data."""
    layer = Layer([1], path=object())
    assert layer.opaque == {"path"}
    assert "path" not in layer.params
    assert Layer([1], path=Path("a/b")).params["path"] == "a/b"


def test_frozen_parameters_survive_copying() -> None:
    """Deep copies and other people's pickles keep the parameters, and nothing can set one."""
    params = FrozenParams({"a": (1, 2), "b": FrozenParams({"c": 1.5})})
    assert copy.deepcopy(params) is params
    assert pickle.loads(pickle.dumps(params)) == params
    with pytest.raises(ParameterError, match="frozen"):
        params.a = 3


def test_star_arguments_are_refused() -> None:
    """A constructor with `*args`, or a parameter called name, is an error of its author."""
    with pytest.raises(ModuleDeclarationError, match="no names"):
        type("Star", (NeuralModule,), {"__init__": lambda self, *layers: None})
    with pytest.raises(ModuleDeclarationError, match="name"):
        type("Named", (NeuralModule,), {"__init__": lambda self, name: None})


def test_values_are_compared_with_annotations() -> None:
    """All values that do not fit are told together, each with what is expected in its place."""
    with pytest.raises(ParameterError) as caught:
        Layer([1, "x"], width=2.5)  # type: ignore[list-item, arg-type]

    assert str(caught.value) == "Layer: blocks[1] is 'x'; expected int.\n  Layer: width is 2.5; expected int."


def test_defaults_and_live_objects_are_not_compared() -> None:
    """A default may be of another type than its annotation says, and an object is the constructor's business."""

    class Odd(NeuralModule):
        def __init__(self, *, size: int = None, hook: int = 0) -> None:  # type: ignore[assignment]  # noqa: RUF013
            self.hook = hook

    assert Odd(hook=object()).params["size"] is None  # type: ignore[arg-type]


def test_parameters_that_contradict_each_other_are_told_by_the_class() -> None:
    """`check_params` speaks before the constructor runs, and its errors of ours stay as they are."""

    class Bounded(NeuralModule):
        @staticmethod
        def check_params(params: Mapping[str, Any]) -> None:
            if params["low"] > params["high"]:
                raise ParameterError("low is above high.")

        def __init__(self, *, low: int, high: int) -> None:
            raise AssertionError("constructed")

    with pytest.raises(ParameterError, match=r"^low is above high\.$"):
        Bounded(low=2, high=1)
