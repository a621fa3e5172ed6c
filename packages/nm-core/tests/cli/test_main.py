"""How `nmod` ends: exit codes, errors in one screen, commands of collections."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from nm_core.cli import main
from nm_core.cli.exits import EPILOG, Exit
from nm_core.cli.main import COMMANDS
from nm_core.errors import ApplicationError
from nm_types import CODES, NeuralType


def test_help_lists_every_command_and_the_exit_codes(nmod) -> None:
    """The first page teaches what there is."""
    ended = nmod("--help")

    assert ended.code == 0
    for name, entry in COMMANDS.items():
        assert name in ended.out
        assert entry.summary.split()[0] in ended.out
    assert "Exit codes" in ended.out
    assert "count" in ended.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(nmod, command) -> None:
    """Each command has a page of help whose first line is a sentence, and each option says what it does."""
    ended = nmod(command, "--help")

    assert ended.code == 0
    assert ended.out.startswith("Usage: nmod")
    assert "." in ended.out.split("\n\n")[1]
    context = click.Context(main.nmod)
    shown = main.nmod.get_command(context, command)
    assert all(option.help for option in shown.params if isinstance(option, click.Option))
    assert f"\n  nmod {command}" in ended.out, "an example"
    assert "Next: " in ended.out


def test_a_misspelt_command_is_corrected(nmod) -> None:
    """Usage errors end with 2 and name the nearest command."""
    ended = nmod("modles")

    assert ended.code == 2
    assert 'Did you mean "modules"?' in ended.err


@pytest.mark.parametrize("arguments", [("check",), ("modules", "--no-such-option"), ("train", "a", "--nproc", "x")])
def test_a_command_line_that_is_not_understood_ends_with_2(nmod, arguments) -> None:
    """Usage errors say how the command is used."""
    ended = nmod(*arguments)

    assert ended.code == Exit.USAGE
    assert "Usage: nmod" in ended.err


def test_collections_add_commands(nmod) -> None:
    """A command of a collection runs like a built-in one, and cannot take the place of one."""
    assert nmod("count", "a", "b").out == "2\n"
    assert nmod("check", "--help").out.startswith("Usage: nmod check [OPTIONS] APP...")
    assert nmod("speech.check", "a", "b").out == nmod("speech.count", "a", "b").out == "2\n"
    assert "speech.check" in nmod("--help").out


def test_what_a_collection_calls_a_command_has_to_be_one(nmod) -> None:
    """Anything else is an error of the collection."""
    ended = nmod("odd")

    assert ended.code == Exit.INSTALLATION
    assert "not a click command" in ended.err


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `nmod version` raise."""

    def raising() -> None:
        raise error

    monkeypatch.setattr("nm_core.cli.version._versions", raising)


def test_errors_of_ours_are_shown_without_a_traceback(nmod, monkeypatch) -> None:
    """The class and the message are enough; --debug shows the rest, before or after the command."""
    fail(monkeypatch, ApplicationError("Something is wrong.\n  Change it."))

    ended = nmod("version")

    assert ended == (Exit.PROBLEM, "", "ApplicationError: Something is wrong.\n  Change it.\n")
    for arguments in (("--debug", "version"), ("version", "--debug")):
        debugged = nmod(*arguments)
        assert debugged.code == Exit.PROBLEM
        assert "Traceback" in debugged.err


def test_debug_shows_the_frames_that_tracebacks_leave_out(nmod, monkeypatch) -> None:
    """An error whose traceback ends in a user's line still shows the whole stack when asked."""

    def raising() -> None:
        NeuralType("B Spectogram")

    monkeypatch.setattr("nm_core.cli.version._versions", raising)

    assert "Traceback" not in nmod("version").err
    assert "nm_types/notation/reading.py" in nmod("version", "--debug").err.replace("\\", "/")


def test_an_unforeseen_error_says_how_to_see_more(nmod, monkeypatch) -> None:
    """A bug has an exit code of its own, and one screen that asks for a report."""
    fail(monkeypatch, RuntimeError("never thought of"))

    ended = nmod("version")

    assert ended.code == Exit.BUG
    assert "RuntimeError: never thought of" in ended.err
    assert "--debug" in ended.err
    assert "Traceback" not in ended.err
    assert nmod("version", "--debug").code == Exit.BUG


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 8. GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 2 GiB.\nA paragraph."),
    ],
)
def test_memory_that_runs_out_is_no_bug(nmod, monkeypatch, error: Exception) -> None:
    """It is told as what it is, with what to change, wherever it runs out: in loading and making modules too."""
    fail(monkeypatch, error)

    ended = nmod("version")

    assert ended.code == Exit.PROBLEM
    assert ended.err.startswith(f"Out of memory: {str(error).splitlines()[0]}\n")
    assert "smaller batches" in ended.err
    assert "nobody foresaw" not in ended.err


def test_a_missing_file_is_no_bug(nmod, monkeypatch) -> None:
    """Errors of the file system name the file."""
    fail(monkeypatch, FileNotFoundError(2, "No such file or directory", "labels.txt"))

    assert nmod("version") == (Exit.PROBLEM, "", "labels.txt: No such file or directory.\n")


def test_a_long_message_is_cut_to_one_screen(nmod, monkeypatch) -> None:
    """A thousand lines would hide the first."""
    fail(monkeypatch, ApplicationError("\n".join(map(str, range(1000)))))

    ended = nmod("version")

    assert len(ended.err.splitlines()) < 45
    assert "more lines" in ended.err


def test_an_interrupt_ends_with_130(nmod, monkeypatch) -> None:
    """Ctrl-C is no error."""
    fail(monkeypatch, KeyboardInterrupt())

    ended = nmod("version")

    assert ended.code == Exit.INTERRUPTED
    assert "Traceback" not in ended.err


def test_a_real_interrupt_is_clean(environment, site) -> None:
    """Ctrl-C while a command waits leaves no traceback."""
    (site / "nmx_wait.py").write_text("import time\nprint('waiting', flush=True)\ntime.sleep(30)\n")
    code = "import sys; from nm_core.cli.main import main; import nm_core.cli.version as v; import runpy; "
    code += "v._versions = lambda: runpy.run_module('nmx_wait'); sys.exit(main(['version']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)

    assert process.returncode == Exit.INTERRUPTED
    assert err.strip() == "Interrupted."


def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run nmod in a process of its own."""
    command = [sys.executable, "-c", "import sys, nmod; sys.exit(nmod.main())", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, env=os.environ | environment, timeout=60)


@pytest.mark.parametrize("arguments", [("explain",), ("modules", "--json"), ("explain", *CODES), ("--help",)])
def test_a_closed_pipe_is_no_error(environment, arguments) -> None:
    """`nmod modules | head -1` ends in silence and with 0, whether all fits into a buffer or not."""
    command = [sys.executable, "-c", "import sys, nmod; sys.exit(nmod.main())", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=20) == 0
    process.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", [("explain",), ("modules", "--json"), ("version",)])
def test_a_full_disk_under_the_output_is_said(environment, arguments) -> None:
    """`nmod modules --json > listing.json` on a disk without room ends with 1, once, and blames nobody."""
    command = [sys.executable, "-c", "import sys, nmod; sys.exit(nmod.main())", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == Exit.PROBLEM
    assert done.stderr.startswith("No space left on device: output of the command could not be written.")
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(os.name != "posix", reason="a shell of Unix closes streams")
@pytest.mark.parametrize("closing", [">&-", "<&-", "2>&-", ">&- 2>&- <&-"])
def test_a_process_may_lack_streams(environment, closing) -> None:
    """As services and `nohup` scripts start them."""
    line = f'"{sys.executable}" -c "import sys, nmod; sys.exit(nmod.main())" version {closing}'
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the current folder of a process")
def test_a_current_folder_that_is_gone_is_said(environment, tmp_path) -> None:
    """Libraries would end the process without a word."""
    gone = tmp_path / "gone"
    gone.mkdir()
    code = "import os, sys; os.rmdir(os.getcwd()); import nmod; sys.exit(nmod.main())"
    command = [sys.executable, "-c", code, "modules"]
    done = subprocess.run(command, cwd=gone, capture_output=True, text=True, timeout=60)
    assert done.returncode == Exit.PROBLEM
    assert done.stderr == "The current folder is no longer there. Go to another: cd PATH.\n"


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - {"tune"}))  # whose table of spaces is not broken either
def test_a_narrow_terminal_gets_narrow_pages(nmod, command, monkeypatch) -> None:
    """In 60 columns no line of help is wider, but examples and the choices of an option, which are not broken."""
    monkeypatch.setenv("COLUMNS", "60")

    lines = nmod(command, "--help").out.splitlines()

    assert [line for line in lines if len(line) > 60 and "nmod " not in line and "[" not in line] == []


@pytest.mark.parametrize(("command", "width"), [("modules", 60), ("collections", 80), ("version", 60)])
def test_a_narrow_terminal_gets_narrow_tables(nmod, command, width, monkeypatch) -> None:
    """What does not fit beside the first columns stands below them; versions of builds are long, and are not cut."""
    monkeypatch.setenv("COLUMNS", str(width))

    lines = nmod(command).out.splitlines()

    assert all(len(line) <= width for line in lines if "  " in line or "─" in line), lines


@pytest.mark.parametrize("command", ["modules", "version", "explain", "nope"])
def test_a_terminal_without_our_letters_is_no_error(environment, command) -> None:
    """With a locale that knows ASCII alone, lines are plain and nothing fails."""
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": ""}
    done = run(command, **plain)

    assert done.returncode == (Exit.USAGE if command == "nope" else 0)
    assert b"Traceback" not in done.stderr
    assert (done.stdout + done.stderr).isascii()
    assert command == "nope" or b"-----" in done.stdout


def test_colours_are_for_terminals_that_want_them(nmod, monkeypatch) -> None:
    """On a terminal heads are bold; NO_COLOR leaves them plain."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1m" in nmod("version").out

    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in nmod("version").out


@pytest.mark.parametrize("code", Exit)
def test_exit_codes_are_documented_in_one_place(code) -> None:
    """The page of errors has a line for each, and every page of help names them."""
    page = Path(__file__).parents[4] / "docs" / "errors.md"
    if not page.is_file():
        pytest.skip("the documentation is not beside this package")
    assert f"| {code.value} | " in page.read_text(encoding="utf-8")
    assert f" {code.value} " in f" {EPILOG} "


def test_what_is_printed_is_json_where_asked(nmod, app) -> None:
    """Every command that prints a result prints it as JSON too; completion prints a script, `new` has its own test."""
    python = ("--backend", "python")
    asked = {
        "check": (app, *python),
        "train": (app, "--quiet", "--save", "out", *python),
        "eval": (app, *python),
        "infer": (app, "--graph", "eval", *python),
        "draw": (app, *python),
        "diff": (app, app, *python),
        "modules": (),
        "collections": (),
        "doctor": (),
        "runs": (),
        "plot": ("runs",),
        "explain": (),
        "version": (),
    }
    assert set(COMMANDS) - set(asked) == {"completion", "tune", "new"}
    for command, arguments in asked.items():
        assert json.loads(nmod(command, *arguments, "--json").out), command


def test_a_misspelt_option_is_corrected(nmod) -> None:
    """Usage errors end with 2 and name the nearest options."""
    ended = nmod("check", "app.yaml", "--jsn")

    assert ended.code == Exit.USAGE
    assert "--json" in ended.err
