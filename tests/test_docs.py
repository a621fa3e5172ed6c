"""Every example in the Markdown files runs, and prints what the text block after it shows.

Blocks of Python run as one program; `$ nmod ...` in a console block runs that command; a YAML block that begins with
`# name.yaml` is saved under that name first; `<!-- after: other.md -->` runs another page before. With NM_WRITE_DOCS=1
the pages are brought up to date instead: what the examples print replaces what is shown.
"""

import contextlib
import functools
import io
import os
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from nm_core import NmError, check_file
from nm_core.cli.main import main

ROOT = Path(__file__).parent.parent
RUN_ELSEWHERE = {"docs/publish-a-collection.md"}
"""Pages whose commands install packages: `tools/sample.py` runs them, in an environment of their own."""
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", *ROOT.glob("packages/*"))
    for path in folder.glob("*.md")
    if re.search(r"^```(python|yaml|console)\n", path.read_text(encoding="utf-8"), re.MULTILINE)
    and path.relative_to(ROOT).as_posix() not in RUN_ELSEWHERE
)
EXAMPLE = re.compile(r"^```(python|console|yaml)\n(.*?)^```\n(\n?^```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)
AFTER = re.compile(r"<!-- after: (\S+) -->")
FILE = re.compile(r"# (\S+\.yaml)\n")
APPLICATION = re.compile(r"^```yaml\n((?:# \S+\n)?nm: app/1\n.*?)^```", re.MULTILINE | re.DOTALL)
LOCATION = re.compile(r" +\S+:\d+$", re.MULTILINE)


def with_outputs(page: str, names: dict[str, object] | None = None) -> str:
    """Run a page's examples, in order and as one program, and return the page with what they print."""
    namespace: dict[str, object] = {"__name__": "example"} if names is None else names

    def replaced(example: re.Match[str]) -> str:
        language, code, shown = example.groups()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            if language == "python":
                run_python(code, namespace, may_fail=shown is not None)
            elif language == "console":
                run_commands(code, may_fail=shown is not None)
            elif name := FILE.match(code):
                Path(name[1]).write_text(code, encoding="utf-8")
        return f"```{language}\n{code}```\n" + (f"\n```text\n{printed.getvalue()}```\n" if shown else "")

    return EXAMPLE.sub(replaced, page)


def run_python(code: str, namespace: dict[str, object], *, may_fail: bool) -> None:
    """Run an example; an error of ours is shown as its message where the page shows one."""
    try:
        exec(compile(code, "train.py", "exec"), namespace)
    except NmError as error:
        if not may_fail:
            raise
        print(error)


def run_commands(lines: str, *, may_fail: bool) -> None:
    """Run each command of a console block in this process; the last one may fail where the page shows what it says."""
    *before, last = lines.splitlines()
    for line in (*before, last):
        prompt, program, *arguments = shlex.split(line)
        assert (prompt, program) == ("$", "nmod"), line
        assert main(arguments) == 0 or (may_fail and line is last), line


@pytest.fixture(scope="session")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, dict[str, object]]]:
    """Runs a page that others go on from, once; returns the folder and the names that it leaves."""

    @functools.cache
    def run(page: str) -> tuple[Path, dict[str, object]]:
        folder, names = tmp_path_factory.mktemp("earlier"), {"__name__": "example"}
        with contextlib.chdir(folder):
            with_outputs((ROOT / "docs" / page).read_text(encoding="utf-8"), names)
        return folder, names

    return run


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_and_print_what_is_shown(
    page: str,
    tones: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    earlier: Callable[[str], tuple[Path, dict[str, object]]],
) -> None:
    """A page's examples share one namespace, in order; `train.jsonl` is a manifest; an error shows as its message."""
    shutil.copytree(tones.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / tones.name).rename(tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")
    names: dict[str, object] = {"__name__": "example"}
    for page_before in AFTER.findall(text):
        folder, left = earlier(page_before)
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
        names |= left

    now = with_outputs(text, names)

    if os.environ.get("NM_WRITE_DOCS"):
        (ROOT / page).write_text(now, encoding="utf-8")
    else:
        assert LOCATION.sub("", now).split("\n") == LOCATION.sub("", text).split("\n")


@pytest.mark.parametrize("page", PAGES)
def test_applications_shown_have_no_problems(page: str, tmp_path: Path) -> None:
    """What a page shows as an application file passes `nmod check`."""
    for number, text in enumerate(APPLICATION.findall((ROOT / page).read_text(encoding="utf-8"))):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text, encoding="utf-8")

        assert check_file(path).ok
