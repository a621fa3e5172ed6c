"""`keywords_of`: a method whose parameters are the fields of a dataclass, known to checkers, editors and `help`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, cleandoc, signature
from typing import Concatenate, ParamSpec, TypeVar, get_type_hints

from nm_core.actions.train_options import declared_options
from nm_core.errors import ParameterError, did_you_mean

P = ParamSpec("P")
Self = TypeVar("Self")
Values = TypeVar("Values")
Result = TypeVar("Result")


def keywords_of(
    values_class: Callable[P, Values],
) -> Callable[[Callable[[Self, Values], Result]], Callable[Concatenate[Self, P], Result]]:
    """Let a method that takes one value of a dataclass be called with the fields of that dataclass.

    Raises:
        ParameterError: it is called with a keyword that is no field, or with too many values.
    """
    types = get_type_hints(values_class)
    declared = signature(values_class).parameters.values()
    parameters = {parameter.name: parameter.replace(annotation=types[parameter.name]) for parameter in declared}

    def decorate(method: Callable[[Self, Values], Result]) -> Callable[Concatenate[Self, P], Result]:
        @wraps(method)
        def call(self: Self, /, *args: P.args, **kwargs: P.kwargs) -> Result:
            # Refused here, before the dataclass does: its message would name the dataclass, and suggest nothing.
            for name in kwargs:
                if name not in parameters:
                    raise ParameterError(
                        f'{method.__name__} has no option "{name}".{did_you_mean(name, parameters)}\n'
                        f"  Its options: {', '.join(parameters)}."
                    )
            if len(args) > 1:
                raise ParameterError(
                    f"{method.__name__} was given {len(args)} values without a name.\n"
                    f"  Name all but the first: {method.__name__}(..., {list(parameters)[1]}=...)."
                )
            return method(self, values_class(*args, **kwargs))

        options = declared_options(values_class) if isinstance(values_class, type) else {}
        lines = "\n".join(f"    {name}: {options[name].option.about}" for name in parameters if name in options)
        call.__doc__ = f"{cleandoc(method.__doc__ or '')}\n\nArgs:\n{lines}"
        receiver = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        shown = Signature([receiver, *parameters.values()], return_annotation=signature(method).return_annotation)
        call.__signature__ = shown  # type: ignore[attr-defined]  # where `inspect.signature` looks first
        return call

    return decorate
