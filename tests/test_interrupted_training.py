"""Ctrl-C during real training: exit code 130, one line, and --resume goes on as if it had never stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from nm_core.cli.exits import Exit
from test_wrong_inputs import Project, project  # noqa: F401 - the healthy project

DRIVER = Path(__file__).parents[1] / "packages/nm-core/tests/cli/nm_core_interrupting.py"
GRACEFUL = "Interrupted after {} updates. To go on: nmod train"
AT_ONCE = "Interrupted."


def interrupted(project: Project, moment: str, *arguments: str, times: int = 1) -> tuple[int, str, str]:  # noqa: F811
    """Run nmod in a process of its own and interrupt it."""
    command = [sys.executable, str(DRIVER), moment, str(times), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=project.folder)
    return done.returncode, done.stdout, done.stderr.strip()


def weights(project: Project) -> dict[str, bytes]:  # noqa: F811
    """Return the weights of the saved application."""
    folder = project.folder / "run" / "application" / "weights"
    return {path.name: json.dumps({k: v.tolist() for k, v in load_file(path).items()}) for path in folder.iterdir()}


@pytest.fixture
def steady(project: Project) -> Project:  # noqa: F811
    """The project with a checkpoint after every second of eight updates."""
    project.edit("max_steps: 3", "max_steps: 8")
    project.edit("[{type: checkpoint}]", "[{type: checkpoint, params: {every_steps: 2}}]")
    return project


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moment", "times", "said"),
    [
        ("torch", 30, AT_ONCE),
        ("nm_asr.data.layer:AudioToTextDataLayer.sample@9", 1, GRACEFUL.format(2)),
        ("nm_asr.losses:CTCLossNM.total@4", 1, GRACEFUL.format(4)),
        ("nm_asr.losses:CTCLossNM.total@4", 30, AT_ONCE),
        ("nm_torch.checkpoint.durable_files:Files.write@7", 1, GRACEFUL.format(3)),
        ("nm_torch.checkpoint.durable_files:Files.write@7", 30, AT_ONCE),
        ("nm_core.application.saved.folder:_write_manifest", 30, AT_ONCE),
    ],
)
def test_training_goes_on_from_any_interrupt(steady: Project, moment: str, times: int, said: str) -> None:
    """While torch is imported, data is read, a step runs, a checkpoint or the application is written; pressed again."""
    whole = steady.folder / "run" / "application"
    assert steady.train("--quiet")[0] == 0
    expected = weights(steady)
    whole.parent.rename(steady.folder / "whole")

    code, out, err = interrupted(steady, moment, "train", str(steady.file), "--work-dir", "run", "--quiet", times=times)

    assert (code, out) == (Exit.INTERRUPTED, "")
    assert err.startswith(said)
    assert "\n" not in err
    assert not whole.exists()
    assert not list(steady.folder.rglob("*.unfinished")), "half-written folders"
    code, text = steady.train("--quiet", "--resume")
    assert code == 0, text
    assert weights(steady) == expected


@pytest.mark.slow
def test_several_processes_end_as_one(steady: Project) -> None:
    """Ctrl-C in a terminal reaches all of them: one line, one checkpoint of the last update, from which all go on."""
    steady.edit("max_steps: 8", "max_steps: 100000")
    options = ["--work-dir", "run", "--quiet", "--nproc", "2"]
    command = [sys.executable, "-m", "nmod", "train", str(steady.file), *options]
    run = steady.folder / "run"
    started = subprocess.Popen(command, cwd=steady.folder, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        while started.poll() is None and not list(run.glob("checkpoints/*-step-*")):
            time.sleep(0.05)
        os.killpg(started.pid, signal.SIGINT)
        _, err = started.communicate(timeout=60)
    finally:
        if started.poll() is None:
            os.killpg(started.pid, signal.SIGKILL)

    assert started.returncode == Exit.INTERRUPTED, err
    (line,) = (line for line in err.splitlines() if "nterrupted" in line)
    step = int(line.split()[2])
    assert line.startswith(GRACEFUL.format(step))
    assert "Traceback" not in err
    assert list(run.glob(f"checkpoints/*-step-{step}"))
    further = [*command, "--resume", "--max-steps", str(step + 2), "--json"]
    done = subprocess.run(further, cwd=steady.folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["step"] == step + 2


@pytest.mark.slow
def test_several_processes_share_a_run(steady: Project) -> None:
    """Files of the working folder with names of Python's own disturb none; a second training is refused once."""
    for name in ("token.py", "logging.py", "json.py"):
        (steady.folder / name).write_text("raise SystemExit('imported from the working folder')")
    options = ["--work-dir", "run", "--quiet", "--nproc", "2", "--json"]
    nmod = str(Path(sys.executable).with_name("nmod"))
    command = [nmod, "train", str(steady.file), *options]

    first, second = (
        subprocess.run(command, cwd=steady.folder, capture_output=True, text=True, timeout=120, check=False)
        for _ in range(2)
    )

    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["step"] == 8
    assert second.returncode == Exit.PROBLEM
    assert second.stderr.count("holds a run already") == 1, second.stderr
    assert "Traceback" not in second.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "moment", ["nm_asr.data.layer:AudioToTextDataLayer.sample@5", "nm_asr.encoders.jasper:JasperEncoder.forward@2"]
)
def test_inference_ends_in_the_middle(steady: Project, moment: str) -> None:
    """Inference over a data layer ends at once, whatever it reads or computes; records so far are whole lines."""
    code, out, err = interrupted(steady, moment, "infer", str(steady.file), "--graph", "train", "--json", times=30)

    assert (code, err.splitlines()[-1]) == (Exit.INTERRUPTED, AT_ONCE)
    assert all(json.loads(line) for line in out.splitlines())
