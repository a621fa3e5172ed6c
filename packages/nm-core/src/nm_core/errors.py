"""Errors of nm-core: each says what was wrong, what was expected, what was given and what to do next."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

from nm_types import NmError

__all__ = [
    "ApplicationError",
    "BackendError",
    "GraphError",
    "ModuleDeclarationError",
    "NmError",
    "OptionError",
    "ParameterError",
    "PortError",
    "SymbolicAttributeError",
    "SymbolicValueError",
    "did_you_mean",
]

_LONGEST_NAME = 80


class ApplicationError(NmError, ValueError):
    """An application file or a saved application is not well formed, or cannot do what it was asked."""


class ModuleDeclarationError(NmError, TypeError):
    """A module's class is declared in a way that nothing can be built from: the author's error, not the user's."""


class ParameterError(NmError, TypeError, ValueError):
    """A constructor parameter is unknown, missing, out of its range or of a form that cannot be kept."""


class SettingsError(NmError, ValueError):
    """Parameters contradict each other, or settings inside of one are unknown or impossible.

    Args:
        problems: each problem by its place in the parameters, such as `("blocks", 0, "kernel")`, so that the check of
            a file shows each where it stands; the whole message names all of them.
        errors: the errors of several checks, where this stands for all of them.

    Example:
        >>> error = SettingsError("block 0: kernel is 4.", problems={("blocks", 0, "kernel"): "kernel is 4."})
        >>> list(error.problems)
        [('blocks', 0, 'kernel')]
    """

    def __init__(
        self,
        message: str = "",
        *,
        problems: Mapping[tuple[str | int, ...], str] | None = None,
        errors: Sequence[NmError] = (),
        code: str | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.problems = dict(problems or {})
        self.errors = tuple(errors)


def check_all(*checks: Callable[[], object]) -> None:
    """Run several checks of parameters, so that the problems of all of them are told at once.

    Raises:
        NmError: the error of the one check that fails, or a `SettingsError` for several.
    """
    errors = []
    for check in checks:
        try:
            check()
        except NmError as error:
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise SettingsError("\n".join(map(str, errors)), errors=errors)


class OptionError(NmError, TypeError, ValueError):
    """An option of a factory or an action has a value that it does not take."""


class PortError(NmError, TypeError):
    """A port is unknown, missing, given twice or given something that is not a value of a graph."""


class SymbolicValueError(NmError, TypeError):
    """A symbolic tensor was used as if it had a value."""


class SymbolicAttributeError(SymbolicValueError, AttributeError):
    """A symbolic tensor was asked for an attribute that only values have."""


class GraphError(NmError, ValueError):
    """A graph cannot be cut out, ordered or run as it is."""


class BackendError(NmError, ValueError):
    """A backend is unknown or cannot do what it was asked."""


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Say which of `names` the writer of `name` may have meant, as a sentence with a leading space, or nothing."""
    close = find_closest(name, names)
    return "" if close is None else f' Did you mean "{close}"?'


def find_closest(name: str, names: Iterable[str]) -> str | None:
    """Return that of `names` which the writer of `name` may have meant, or None."""
    if len(name) > _LONGEST_NAME:  # comparing takes time that grows with the length, and files may hold any text
        return None
    return next(iter(get_close_matches(name, list(names), n=1, cutoff=0.6)), None)
