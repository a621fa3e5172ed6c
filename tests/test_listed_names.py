"""`nmod modules` lists what the official collections offer, and shows the parameters of each without fail."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from nm_asr.encoders.presets import PRESETS
from nm_core.cli.listing import NAMED, find_entries
from nm_core.cli.main import nmod
from nm_core.plugins import Collections

OFFICIAL = Collections.load()


def run(*arguments: str) -> str:
    """Run `nmod modules` in this process."""
    ended = CliRunner().invoke(nmod, ["modules", *arguments], standalone_mode=False)
    assert ended.exception is None, ended.output
    return ended.output


@pytest.mark.parametrize("kind", [kind for kind in NAMED if OFFICIAL.names(kind)])
def test_each_name_is_shown(kind: str) -> None:
    """Optimizers, callbacks and the like, each with where it is and what it takes."""
    for name in OFFICIAL.names(kind):
        data = json.loads(run(name, "--kind", kind, "--json"))
        assert data["distribution"].startswith("nm-")
        assert data["documentation"], name


def test_the_parameters_of_an_optimizer_and_a_policy() -> None:
    """Those that a file gives."""
    assert {"lr", "betas", "weight_decay"} <= {each["name"] for each in json.loads(run("adam", "--json"))["parameters"]}
    assert "warmup_steps" in run("cosine")


def test_presets_are_those_of_the_module() -> None:
    """The declaration lists what the encoder takes, and each is shown as the blocks that it stands for."""
    listed = [entry.name for entry in find_entries(OFFICIAL) if entry.kind == "presets"]

    assert listed == list(PRESETS)
    assert json.loads(run("quartznet_5x5", "--json"))["value"] == [dict(block) for block in PRESETS["quartznet_5x5"]]


def test_the_list_imports_no_framework() -> None:
    """Neither torch nor numpy, whatever kinds are listed."""
    code = (
        "import sys\nfrom nm_core.cli.listing import find_entries\nfrom nm_core.plugins import Collections\n"
        "assert len(list(find_entries(Collections.load()))) > 40\nassert not {'torch', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
