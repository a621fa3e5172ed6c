"""Every Python example in the Markdown files runs, and prints what the text block after it shows."""

import contextlib
import io
import re
import shutil
from pathlib import Path

import pytest

from nm_core import NmError

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (ROOT, ROOT / "docs", *ROOT.glob("packages/*"))
    for path in folder.glob("*.md")
    if "```python" in path.read_text(encoding="utf-8")
)
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n?^```text\n(.*?)^```)?", re.MULTILINE | re.DOTALL)
LOCATION = re.compile(r" +\S+:\d+$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_and_print_what_is_shown(
    page: str, tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page's examples share one namespace, in order; `train.jsonl` is a manifest; an error shows as its message."""
    shutil.copytree(tones.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / tones.name).rename(tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}

    for code, shown in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            try:
                exec(compile(code, "train.py", "exec"), namespace)
            except NmError as error:
                if not shown:
                    raise
                print(error)
        if shown:
            assert LOCATION.sub("", printed.getvalue()).split("\n") == LOCATION.sub("", shown).split("\n")
