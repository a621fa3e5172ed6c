"""Scopes: what a name stands for; the laws hold the rest."""

import pytest

from nm_types import ChannelTag, TimeTag, TokenTag, UnknownNameError
from nm_types.meanings import Scope


def test_a_bare_name_of_two_collections_asks_for_an_id() -> None:
    """Both ids are proposed."""
    hop = type(TimeTag)("Hop", (TimeTag,), {}, id="asr.Hop")
    other = type(TimeTag)("Hop", (TokenTag,), {}, id="music.Hop")

    with pytest.raises(UnknownNameError, match=r"several things here: write asr\.Hop or music\.Hop"):
        Scope([hop, other]).tag("Hop")


def test_an_id_that_stands_for_two_meanings_shows_both() -> None:
    """No way of writing it tells them apart: one of them needs another id."""
    hop = type(TimeTag)("Hop", (TimeTag,), {}, id="music.Hop")
    other = type(TimeTag)("Hop", (ChannelTag,), {}, id="music.Hop")

    with pytest.raises(UnknownNameError, match="all of them with that id") as caught:
        Scope([hop, other]).tag("music.Hop")

    assert "nm.Time > music.Hop" in str(caught.value)
    assert "nm.Channel > music.Hop" in str(caught.value)


def test_one_meaning_declared_twice_is_one() -> None:
    """A module that was loaded twice declares its tags twice, and nothing becomes ambiguous."""
    first, second = (type(TimeTag)("Hop", (TimeTag,), {}, id="music.Hop") for _ in range(2))

    assert Scope([first, second]).tag("Hop") is first
