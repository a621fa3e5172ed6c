"""How `nmod` ends: documented exit codes, and errors in one screen without a traceback."""

from __future__ import annotations

import errno
import sys
import traceback
from enum import IntEnum

from nm_core.cli.launch import rank
from nm_core.plugins import CollectionError, UnknownEntryError
from nm_core.runs import RunError
from nm_types import NmError

_SCREEN = 40
_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)})
"""Errors of writing that come from a disk or a terminal; one without a file's name is of standard output."""


class Exit(IntEnum):
    """Exit codes of `nmod`."""

    DONE = 0
    """Everything was done."""
    PROBLEM = 1
    """What was given is wrong: a file, data, types, parameters; the message says what to change."""
    USAGE = 2
    """The command line is not understood."""
    INSTALLATION = 3
    """An installed collection does not work; `nmod doctor` says more."""
    BUG = 70
    """An error nobody foresaw, in Neural Modules or in a collection."""
    INTERRUPTED = 130
    """Ctrl-C, SIGTERM or SIGHUP; training has written a checkpoint."""


EPILOG = "Exit codes: " + ", ".join(
    (
        f"{Exit.DONE} done",
        f"{Exit.PROBLEM} something given is wrong",
        f"{Exit.USAGE} command line not understood",
        f"{Exit.INSTALLATION} an installed collection does not work",
        f"{Exit.BUG} an unforeseen error",
        f"{Exit.INTERRUPTED} interrupted",
    )
)


def report(error: Exception, *, debug: bool) -> Exit:
    """Say on stderr what went wrong, and return the exit code."""
    if debug and isinstance(error, NmError):
        print(error.full_traceback(), file=sys.stderr)
    elif debug:
        traceback.print_exception(error)
    if isinstance(error, RunError) and error.repeated:
        return Exit.PROBLEM  # the process of rank 0 says it
    if isinstance(error, NmError):
        _say(_add_title(error))
        faulty = isinstance(error, CollectionError) and not isinstance(error, UnknownEntryError)
        return Exit.INSTALLATION if faulty else Exit.PROBLEM
    if isinstance(error, OSError) and error.filename is not None:
        _say(f"{error.filename}: {error.strerror or type(error).__name__}.")
        return Exit.PROBLEM
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        _say(
            f"{error.strerror or error}: output of the command could not be written.\n"
            "  Make room, or send its output elsewhere."
        )
        return Exit.PROBLEM
    if _is_out_of_memory(error):
        reason = (str(error) or type(error).__name__).splitlines()[0][:300]
        _say(
            f"Out of memory: {reason}\n"
            "  Use smaller batches, fewer workers or a smaller model (--set NAME=VALUE), or another --placement."
        )
        return Exit.PROBLEM
    if not debug:
        frames = traceback.extract_tb(error.__traceback__)
        where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
        notes = "".join(f"  {note}\n" for note in getattr(error, "__notes__", ()))
        _say(
            f"An error that nobody foresaw: {type(error).__name__}: {error}\n"
            f"  It was raised in {where}.\n{notes}"
            "  This is a fault of Neural Modules or of a collection, not yours. The same command with --debug shows\n"
            "  the traceback; please report it with that."
        )
    return Exit.BUG


def _is_out_of_memory(error: Exception) -> bool:
    """Tell whether memory ran out, also where a framework has a class or only a message of its own for it."""
    names = {cls.__name__ for cls in type(error).__mro__}
    return not names.isdisjoint({"MemoryError", "OutOfMemoryError"}) or (
        isinstance(error, RuntimeError) and ("CPUAllocator" in str(error) or "out of memory" in str(error))
    )


def _add_title(error: NmError) -> str:
    """Put the class in front of a message, unless the message begins with a code of its own."""
    message = str(error) or "no message."
    code = getattr(error, "code", None)
    return message if code and message.startswith(str(code)) else f"{type(error).__name__}: {message}"


def _say(message: str) -> None:
    lines = message.splitlines()
    # A file may have hundreds of problems: the first ones must not scroll away.
    hidden = len(lines) - _SCREEN
    if hidden > 1:
        lines = [*lines[:_SCREEN], f"  ... and {hidden} more lines."]
    if rank():
        lines[0] = f"rank {rank()}: {lines[0]}"
    print("\n".join(lines), file=sys.stderr)
