"""Run `nmod tune` here and in processes of its own, with a collection whose backend learns."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "application"


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return what it printed as data."""
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which the collection is installed as a distribution."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "nmx_tuning-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nmx-tuning\nVersion: 1.0\nSummary: Samples.\n")
    (info / "entry_points.txt").write_text("[nm.collections]\nspeech = nm_core_tuning:plugin\n")
    return folder


@pytest.fixture
def app(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give an application file in the working folder, and an environment that sees its collection and no other."""
    paths = [str(path) for path in (site, SAMPLES, HERE)]
    monkeypatch.setenv("NM_COLLECTIONS", "speech")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    for path in paths:
        monkeypatch.syspath_prepend(path)
    monkeypatch.chdir(tmp_path)
    from nm_core_tuning import APP

    (tmp_path / "data.txt").write_text("1 2 no\n3 4 yes\n")
    (tmp_path / "app.yaml").write_text(APP)
    return tmp_path / "app.yaml"


@pytest.fixture
def tune(app: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run `nmod tune app.yaml` and return its exit code and what it printed."""
    from nm_core.cli.main import main

    def run(*arguments: object) -> Ended:
        code = main(["tune", "app.yaml", "--backend", "python", *map(str, arguments)])
        return Ended(int(code), *capsys.readouterr())

    return run


@pytest.fixture
def start(app: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `nmod tune app.yaml` in a process of its own."""
    started = []

    def run(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "nm_core.cli", "tune", "app.yaml", "--backend", "python", *map(str, arguments)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen(command, text=True, **pipes))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()
