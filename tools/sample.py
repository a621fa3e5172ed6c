"""Do what docs/publish-a-collection.md says: each command is run, each file is written, each output compared.

Use, in an environment of its own: `python tools/sample.py --constraint constraints.txt --constraint dist/pins.txt
--find-links dist`.
With NM_WRITE_DOCS=1 the page is brought up to date instead. What the page may hold:

- a ```console block: after `$` a command, below it what it prints. There is no shell: a word is a word, `cd` stays, and
  patterns of files are filled in. `...` stands for anything; versions and times need not agree.
- a block with a title: a file. If there is one already, as in what `nmod new` has written, the block is a part of it.
"""

import argparse
import difflib
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "publish-a-collection.md"
WRITTEN = "nm-birds"
BLOCK = re.compile(r'^```(?:console|\w+ title="(?P<title>[^"]+)")\n(?P<body>.*?)^```$', re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<line>.*)\n(?P<shown>(?:(?!\$ ).*\n)*)", re.MULTILINE)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CHANGING = {
    r"\b\d+\.\d+\.\d+(\.post\d+)?\+[\w.]+": "0.1.0",  # what is built here has a version of its own
    r"\b\d+(\.\d+)? ?(s|ms)\b": "0 s",
    r"={3,}": "===",
    r"(?m)[ ─]+$": "",
}


class Follower:
    """Does what the page says, in an empty folder.

    Attributes:
        folder: where a command runs; `cd` changes it.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment

    def followed(self, block: re.Match[str]) -> str:
        """Do what one block says, and return the block with what was printed."""
        if block["title"]:
            self.file(self.folder / block["title"], block["body"])
            return block[0]
        body = COMMAND.sub(lambda command: f"$ {command['line']}\n{self.printed(*command.groups())}", block["body"])
        return f"```console\n{body}```"

    def file(self, path: Path, text: str) -> None:
        """Write a file, or see that it holds what the page shows of it."""
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        elif text not in path.read_text(encoding="utf-8"):
            raise SystemExit(f"{path} does not hold what the page shows of it:\n{text}")

    def printed(self, line: str, shown: str) -> str:
        """Run a command and return what the page should show: what it shows now, if that is right."""
        start = time.monotonic()
        program, *words = shlex.split(line)
        if program == "cd":
            self.folder /= words[0]
            return ""
        words = [name for word in words for name in (self.files(word) if "*" in word else [word])]
        place = sys.executable if program == "python" else self.program(program)
        done = subprocess.run(
            [place, *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        print(f"{time.monotonic() - start:5.1f} s  {line}", flush=True)
        if done.returncode:
            raise SystemExit(f"{line} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        printed = COLOUR.sub("", done.stdout).strip("\n")
        return shown if agree(shown, printed) else f"{printed}\n"

    def program(self, name: str) -> str:
        """Return where a program is, in this environment first."""
        return shutil.which(name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}") or name

    def files(self, pattern: str) -> list[str]:
        """Return the files that a pattern stands for."""
        return sorted(glob.glob(pattern, root_dir=self.folder)) or [pattern]


def agree(shown: str, printed: str) -> bool:
    """Tell whether the page shows what was printed."""
    for pattern, word in CHANGING.items():
        shown, printed = re.sub(pattern, word, shown), re.sub(pattern, word, printed)
    expected = re.escape(shown.strip()).replace(r"\.\.\.", ".*")
    return re.fullmatch(expected, printed.strip(), re.DOTALL) is not None


def environment(constraints: Iterable[str], links: str) -> dict[str, str]:
    """Return the environment of all commands: pip takes what was built here, and the versions that are tested."""
    changes = {
        "PIP_CONSTRAINT": " ".join(Path(path).resolve().as_uri() for path in constraints),
        "PIP_FIND_LINKS": f"{os.environ.get('PIP_FIND_LINKS', '')} {Path(links).resolve()}",
        "PIP_NO_COMPILE": "1",  # most of torch is never imported, and to compile it takes longer than to install it
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "PYTHONPATH")}
    return kept | changes | {"NM_DISABLE": "", "NM_COLLECTIONS": ""}


def main() -> None:
    """Follow the page from its first block to its last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--constraint", action="append", default=[])
    parser.add_argument("--find-links", required=True)
    given = parser.parse_args()
    text = PAGE.read_text(encoding="utf-8")
    # what the last run in this environment has left
    subprocess.run([sys.executable, "-m", "pip", "uninstall", "--quiet", "--yes", WRITTEN], check=True)
    with tempfile.TemporaryDirectory() as folder:
        follower = Follower(Path(folder), environment(given.constraint, given.find_links))
        now = BLOCK.sub(follower.followed, text)
    if os.environ.get("NM_WRITE_DOCS"):
        PAGE.write_text(now, encoding="utf-8")
    elif now != text:
        lines = difflib.unified_diff(text.splitlines(), now.splitlines(), "shown", "printed", lineterm="", n=1)
        raise SystemExit("\n".join([f"{PAGE.name} shows something else than what is printed:", *lines]))


if __name__ == "__main__":
    main()
