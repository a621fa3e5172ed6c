"""Run `nmod` in this process, with the sample collection of the application tests installed on disk."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

SAMPLES = Path(__file__).parent.parent / "application"

PLUGIN = """
import click
from nm_core.plugins import hookimpl
from nm_core_speech import SpeechPlugin

class Plugin(SpeechPlugin):
    @hookimpl
    def nm_commands(self):
        here = "nm_core_cli_plugin"
        return {"count": f"{here}:count", "check": f"{here}:count", "odd": f"{here}:odd"}

    @hookimpl
    def nm_examples(self):
        return {"Encoder": "nm_core_cli_plugin:EXAMPLES"}

EXAMPLES = [{"stride": 4}, {"stride": 1}]

@click.command()
@click.argument("words", nargs=-1)
def count(words):
    "Count words."
    print(len(words))

odd = "no command"
plugin = Plugin()
"""


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str


Nmod = Callable[..., Ended]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder in which the sample collection is installed as a distribution."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "nm_core_cli_plugin.py").write_text(PLUGIN)
    info = folder / "nmx_speech-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nmx-speech\nVersion: 1.2\nSummary: Samples on disk.\n")
    (info / "entry_points.txt").write_text("[nm.collections]\nspeech = nm_core_cli_plugin:plugin\n")
    return folder


@pytest.fixture
def environment(site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let this process and those it starts see the sample collection and no other; work in an empty folder."""
    monkeypatch.setenv("NM_COLLECTIONS", "speech")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setenv("PYTHONPATH", f"{site}:{SAMPLES}")
    monkeypatch.syspath_prepend(str(SAMPLES))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nmod(environment: Path, capsys: pytest.CaptureFixture[str]) -> Nmod:
    """Run a command and return its exit code and what it printed."""
    from nm_core.cli.main import main

    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Ended(int(code), out, err)

    return run


@pytest.fixture
def app(environment: Path) -> Path:
    """Give the application file of the samples, with its data."""
    sys.path.insert(0, str(SAMPLES))
    from nm_core_app import APP, DEV, TRAIN

    (environment / "words.txt").write_text("no\nyes\nmaybe\n")
    (environment / "train.txt").write_text(TRAIN)
    (environment / "dev.txt").write_text(DEV)
    path = environment / "app.yaml"
    path.write_text(APP)
    return path
