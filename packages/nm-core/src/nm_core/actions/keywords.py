"""`keywords_of`: a method whose parameters are the fields of a dataclass, known to checkers, editors and `help`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, Signature, cleandoc, signature
from typing import Concatenate, ParamSpec, TypeVar, get_type_hints

from nm_core.actions.train_options import check_options, declared_options
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
        OptionError: an option has a value that it does not take.
    """
    types = get_type_hints(values_class)
    declared = signature(values_class).parameters.values()
    parameters = {parameter.name: parameter.replace(annotation=types[parameter.name]) for parameter in declared}

    required = [name for name, parameter in parameters.items() if parameter.default is Parameter.empty]

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
            missing = [name for name in required if name not in kwargs] if not args else []
            if missing:
                raise ParameterError(
                    f"{method.__name__} was not given {', '.join(missing)}.\n  Its options: {', '.join(parameters)}."
                )
            if len(args) > 1:
                raise ParameterError(
                    f"{method.__name__} was given {len(args)} values without a name.\n"
                    f"  Name all but the first: {method.__name__}(..., {list(parameters)[1]}=...)."
                )
            values = values_class(*args, **kwargs)
            check_options(values)
            return method(self, values)

        options = declared_options(values_class) if isinstance(values_class, type) else {}
        lines = "\n".join(f"    {name}: {options[name].option.about}" for name in parameters if name in options)
        call.__doc__ = f"{cleandoc(method.__doc__ or '')}\n\nArgs:\n{lines}"
        receiver = Parameter("self", Parameter.POSITIONAL_OR_KEYWORD)
        shown = Signature([receiver, *parameters.values()], return_annotation=signature(method).return_annotation)
        call.__signature__ = shown  # type: ignore[attr-defined]  # where `inspect.signature` looks first
        return call

    return decorate


def suggest_keywords(method: Callable[P, Result]) -> Callable[P, Result]:
    """Let a method answer a keyword that it does not have with an error that suggests one.

    Raises:
        ParameterError: it is called with other arguments than it has.
    """
    declared = signature(method)
    names = [name for name in declared.parameters if name != "self"]
    kinds = [parameter.kind for parameter in declared.parameters.values()]
    positional = kinds.count(Parameter.POSITIONAL_OR_KEYWORD)
    required = sum(parameter.default is Parameter.empty for parameter in declared.parameters.values())

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        # Binding takes longer than some calls do: what is plainly right is not bound twice.
        if required <= len(args) <= positional and all(name in names for name in kwargs):
            return method(*args, **kwargs)
        try:
            declared.bind(*args, **kwargs)
        except TypeError as error:
            unknown = [name for name in kwargs if name not in names]
            what = "the factory" if method.__name__ == "__init__" else method.__name__
            wrong = f'no option "{unknown[0]}".{did_you_mean(unknown[0], names)}' if unknown else f"{error}."
            raise ParameterError(
                f"{what} {'has ' if unknown else 'is called wrongly: '}{wrong}\n  Its options: {', '.join(names)}."
            ) from None
        return method(*args, **kwargs)

    return call
