"""Every Python example in the Markdown files runs, and prints what the text block after it shows.

With NM_WRITE_DOCS=1 the pages are brought up to date instead: what the examples print replaces what is shown.
"""

import contextlib
import io
import os
import re
import shutil
from pathlib import Path

import pytest

from nm_core import NmError, check_file

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", *ROOT.glob("packages/*"))
    for path in folder.glob("*.md")
    if re.search(r"^```(python|yaml)\n", path.read_text(encoding="utf-8"), re.MULTILINE)
)
EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(\n?^```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL)
APPLICATION = re.compile(r"^```yaml\n(nm: app/1\n.*?)^```", re.MULTILINE | re.DOTALL)
LOCATION = re.compile(r" +\S+:\d+$", re.MULTILINE)


def with_outputs(page: str) -> str:
    """Run a page's examples, in order and as one program, and return the page with what they print."""
    namespace: dict[str, object] = {"__name__": "example"}

    def replaced(example: re.Match[str]) -> str:
        code, shown = example.groups()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(code, "train.py", "exec"), namespace)
            except NmError as error:
                if shown is None:
                    raise
                print(error)
        return f"```python\n{code}```\n" + (f"\n```text\n{printed.getvalue()}```\n" if shown else "")

    return EXAMPLE.sub(replaced, page)


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_and_print_what_is_shown(
    page: str, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's examples share one namespace, in order; `train.jsonl` is a manifest; an error shows as its message."""
    shutil.copytree(tones.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / tones.name).rename(tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    text = (ROOT / page).read_text(encoding="utf-8")

    now = with_outputs(text)

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
