"""Callbacks are bound once, and one that would never be called is refused."""

import pytest

from nm_core import Callback, Run
from nm_core.errors import OptionError
from nm_torch.engine.hooks import Hooks


class Silent(Callback):
    """Has an `on_step` and never says when."""

    def on_step(self, run: Run) -> None:
        """Do nothing."""


class Never(Silent):
    """Says that it is never due."""

    step_interval = 0


class Second(Silent):
    """Says it for each callback."""

    def __init__(self) -> None:
        self.step_interval = 2


def test_an_on_step_that_is_never_called_is_an_error() -> None:
    """Unless its class or the callback itself says so."""
    with pytest.raises(OptionError, match=r"Silent has on_step, and its step_interval is 0.*\n.*step_interval = 1"):
        Hooks([Silent()])


def test_callbacks_that_say_when_are_bound() -> None:
    """With the interval of each."""
    assert [interval for interval, _ in Hooks([Never(), Second(), Callback()]).steps] == [2]
