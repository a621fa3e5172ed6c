"""`TrainOptions`: every option of a training, declared once for Python, files, the command and the documentation.

An option is a field: its name, type and default are those of the field, `Option` says what it is for and what it must
be. The train section of a file, its JSON Schema, the keywords of `NeuralModuleFactory.train`, requests and the options
of `nmod train` read it from there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from numbers import Integral, Real
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from nm_core.errors import OptionError, did_you_mean

LARGEST = 2**63 - 1
"""The largest count: what a checkpoint and a data layer can number."""


@dataclass(frozen=True, slots=True)
class Option:
    """The purpose of an option, and the values that it takes among those of its type.

    Attributes:
        about: what it is for, in one sentence.
        at_least, at_most: the smallest and the largest whole number.
        above: the number that is smaller than all of its own.
        words: the texts that it may be; a `Literal` type says them itself.
        by_name: whether it is the name of something that collections offer, or a mapping with a name and parameters.
        expected: what it is, in words, where the type does not say it: "a list of callbacks".
        fits: tells whether a value is that.
    """

    about: str
    at_least: int | None = None
    at_most: int = LARGEST
    above: int | None = None
    words: tuple[str, ...] = ()
    by_name: bool = False
    expected: str = ""
    fits: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class DeclaredOption:
    """An option with its name, the type of its values (None aside) and its default."""

    name: str
    type: Any
    default: Any
    option: Option

    @property
    def words(self) -> tuple[str, ...]:
        """The texts that it may be, where they are few."""
        return get_args(self.type) if get_origin(self.type) is Literal else self.option.words

    def problem(self, value: Any) -> str | None:
        """Return a sentence on a value that the option does not take, or None."""
        # An option whose default is None is off without a value; any other has to have one.
        if value is None and self.default is None:
            return None
        expected = self._expected(value)
        if expected is None:
            return None
        hint = did_you_mean(value, self.words) if isinstance(value, str) else ""
        return f"{self.name} is {expected}, and {show_value(value)} was given.{hint}"

    def _expected(self, value: Any) -> str | None:
        """Return what the option is, in words, if a value is not that."""
        option = self.option
        # a bool is an int, and counts nothing
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if option.fits is not None:
            return None if option.fits(value) else option.expected
        if self.words:
            return None if isinstance(value, str) and value in self.words else " or ".join(f'"{w}"' for w in self.words)
        if option.at_least is not None:
            if is_number and isinstance(value, Integral) and option.at_least <= int(value) <= option.at_most:
                return None
            # the largest number is of interest to nobody who is not above it
            above = is_number and value > option.at_most
            return f"a whole number from {option.at_least}" + (f" to {option.at_most}" if above else "")
        if option.above is not None:
            fits = (
                is_number and option.above < value <= sys.float_info.max
            )  # not for infinity, nor for what is no number
            return None if fits else f"a number above {option.above}"
        kinds = {bool: "True or False", str: "text"}
        if self.type in kinds and not isinstance(value, self.type):
            return kinds[self.type]
        return None


def show_value(value: Any) -> str:
    """Return a value as it stands in a message: short, and never an error of its own."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001  # a number of ten thousand digits, or an object whose repr fails
        return f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_options(values: Any) -> None:
    """Check the options that a dataclass declares.

    Raises:
        OptionError: one of them has a value that it does not take.
    """
    cls: Any = type(values)  # mypy takes the __hash__ of an instance for that of the class
    for option in declared_options(cls).values():
        problem = option.problem(getattr(values, option.name))
        if problem is not None:
            raise OptionError(problem)


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How a training steps and when it ends.

    Example:
        >>> TrainOptions(max_steps=100).batches_per_step
        1
        >>> list(TrainOptions(max_steps=0).problems())
        ['max_steps is a whole number from 1, and 0 was given.']
    """

    optimizer: Annotated[Any, Option("The optimizer: a name, or {name: novograd, lr: 0.02, ...}.", by_name=True)] = (
        "adamw"
    )
    policy: Annotated[Any, Option("The learning rate's policy: a name, or {name: cosine, ...}.", by_name=True)] = None
    max_epochs: Annotated[
        int | None, Option("Epochs of the driving data layer after which training ends.", at_least=1)
    ] = None
    max_steps: Annotated[int | None, Option("Updates after which training ends.", at_least=1)] = None
    batches_per_step: Annotated[int, Option("Micro-batches per update, over all processes.", at_least=1)] = 1
    gradient_clip_norm: Annotated[float | None, Option("The largest norm of the gradient.", above=0)] = None
    log_every: Annotated[int, Option("Updates between log points.", at_least=1)] = 10
    save: Annotated[
        Literal["best", "last"] | None,
        Option("The weights that are saved after training: best, where a best checkpoint is kept, else last."),
    ] = None
    non_finite: Annotated[Literal["error", "skip"], Option("What to do about a loss that is not finite.")] = "error"

    def problems(self) -> Iterator[str]:
        """Return a sentence for each value that no training can have."""
        cls: Any = type(self)
        declared = declared_options(cls).values()
        return filter(None, (option.problem(getattr(self, option.name)) for option in declared))

    def options(self) -> dict[str, Any]:
        """Return the options by name, whatever else a subclass holds."""
        return {name: getattr(self, name) for name in declared_options(TrainOptions)}


@dataclass(frozen=True, kw_only=True)
class EngineOptions:
    """Where and how to compute, whatever the action."""

    precision: Annotated[str, Option("The precision of the computation.", words=("fp32", "tf32", "bf16", "fp16"))] = (
        "fp32"
    )
    strategy: Annotated[str, Option("How training is spread over processes: auto, single, ddp.")] = "auto"
    placement: Annotated[str, Option("Where to compute: auto, cpu, cuda, cuda:1.")] = "auto"
    deterministic: Annotated[bool, Option("Whether to ask for deterministic algorithms, at a price.")] = False


@cache
def declared_options(cls: type) -> Mapping[str, DeclaredOption]:
    """Return the options that a dataclass declares, by name, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    options = {}
    for field in fields(cls):
        annotation, *extras = get_args(hints[field.name]) if get_origin(hints[field.name]) is Annotated else [None]
        for option in extras:
            if isinstance(option, Option):
                kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
                single = kinds[0] if len(kinds) == 1 and get_origin(annotation) is not Literal else annotation
                options[field.name] = DeclaredOption(field.name, single, field.default, option)
    return options
