"""The command `nmod` itself: its commands, its options, and how it ends."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence

import click

from nm_core.cli.exits import EPILOG, Exit, report
from nm_core.cli.launch import rank
from nm_core.cli.lazy import Entry, LazyGroup

COMMANDS = {
    "check": Entry("nm_core.cli.check:check", "Check application files: every problem at once, with its line."),
    "train": Entry("nm_core.cli.train:train", "Train an application."),
    "eval": Entry("nm_core.cli.evaluate:evaluate", "Compute an application's metrics."),
    "tune": Entry("nm_core.tuning.command:tune", "Search for the values with which an application trains best."),
    "infer": Entry("nm_core.cli.infer:infer", "Run an application on files, or on its own data."),
    "runs": Entry("nm_core.cli.runs:runs", "List runs with their state and scores, or show one."),
    "plot": Entry("nm_core.cli.plot:plot", "Draw the curves of runs over each other."),
    "draw": Entry("nm_core.cli.draw:draw", "Draw the graphs of an application."),
    "diff": Entry("nm_core.cli.diff:diff", "Say what changed from one application to another."),
    "modules": Entry("nm_core.cli.modules:modules", "List installed modules, or show one with its ports."),
    "collections": Entry("nm_core.cli.installed:collections", "List installed collections."),
    "new": Entry("nm_core.cli.new:new", "Write an application for your data, or a collection, to start from."),
    "doctor": Entry("nm_core.cli.doctor:doctor", "Say what is wrong with the installation, and what to do."),
    "explain": Entry("nm_core.cli.explain:explain", "Explain the code of an error, such as NM104."),
    "completion": Entry("nm_core.cli.completion:completion", "Print the script that completes nmod in a shell."),
    "version": Entry("nm_core.cli.version:version", "Print the versions of what is installed."),
}


@click.group(
    cls=LazyGroup,
    entries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=EPILOG,
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error. Works after a command, too.")
def nmod(debug: bool) -> None:
    """Build AI applications out of typed neural modules.

    An application is a file: `nmod check app.yaml` reads it, `nmod draw app.yaml` draws it, `nmod train app.yaml`
    trains it, and `nmod infer` runs what came out. `nmod modules` lists what it can be built from.

    Next: nmod COMMAND --help explains a command, with examples.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `nmod` and return its exit code; nothing that goes wrong shows a traceback without `--debug`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # By hand, since click takes an option of the group only before the command.
    debug = "--debug" in words
    words = [argument for argument in words if argument != "--debug"]
    color = False if os.environ.get("NO_COLOR") else None
    streams = sys.stdout, sys.stderr
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")  # what a terminal cannot show is no reason to fail
    if not _stands_somewhere():
        return Exit.PROBLEM
    try:
        result = nmod.main(words, prog_name="nmod", standalone_mode=False, obj=words, color=color)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and sys.stdout is streams[0]:
            raise
        sys.stdout, sys.stderr = streams  # click has wrapped them, and ended by itself
        return _unread()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        if rank() == 0:
            print("Interrupted.", file=sys.stderr)
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the command line's outermost frame
        code = report(error, debug=debug)
        _drop_unwritten()
        return code
    return result if isinstance(result, int) else Exit.DONE


def _stands_somewhere() -> bool:
    """Tell whether the current folder exists; libraries end the process without a word where it does not."""
    try:
        os.getcwd()
    except FileNotFoundError:
        print("The current folder is no longer there. Go to another: cd PATH.", file=sys.stderr)
        return False
    return True


def _drop_unwritten() -> None:
    """Let go of output that cannot be written, so that the interpreter does not try again at its end, and complain."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _unread()


def _unread() -> int:
    """End quietly because nobody reads on, as in `nmod modules | head -1`."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is still in the buffer goes nowhere
    return Exit.DONE
