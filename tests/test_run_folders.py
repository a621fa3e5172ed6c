"""One folder, one run: two trainings at once, a killed one, one that is interrupted in Python, and who may go on."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nm_core.cli.exits import Exit
from nm_core.runs import RunFolder
from test_wrong_inputs import Project, project  # noqa: F401 - the healthy project

LOOP = """
import os, signal, sys
from nm_core import Callback, load_application

class Press(Callback):
    step_interval = 1
    def on_step(self, run):
        if run.step == 2:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
for number in range(3):
    print("training", number, flush=True)
    app = load_application(sys.argv[1], placement="cpu", work_dir=f"runs/{number}")
    app.train(also=[Press()])
"""
READ = """
import os, signal, sys, threading, time
from nm_core import load_application

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background processes ignore it
app = load_application(sys.argv[1], placement="cpu", changes={"train_data.workers": "2"})
threading.Timer(float(sys.argv[2]), os.kill, (os.getpid(), signal.SIGINT)).start()
while True:
    app.infer("train").collect()
"""


def start(project: Project, *arguments: str) -> subprocess.Popen[str]:  # noqa: F811
    """Start a training of many updates and wait for its first checkpoint."""
    command = [sys.executable, "-m", "nmod", "train", str(project.file), "--work-dir", "run", "--quiet", *arguments]
    process = subprocess.Popen(command, cwd=project.folder, stderr=subprocess.PIPE, text=True)
    checkpoints = project.folder / "run" / "checkpoints"
    while process.poll() is None and not list(checkpoints.glob("*-step-*")):
        time.sleep(0.05)
    return process


@pytest.fixture
def long(project: Project) -> Project:  # noqa: F811
    """The project with many updates, a checkpoint after each, and data that workers read."""
    project.edit("max_steps: 3", "max_steps: 100000")
    project.edit("[{type: checkpoint}]", "[{type: checkpoint, params: {every_steps: 1}}]")
    return project


@pytest.mark.slow
def test_a_second_training_is_kept_out_and_a_killed_one_is_no_obstacle(long: Project) -> None:
    """With --resume or --restart, too, the living process is named; after SIGKILL its run goes on at once."""
    process = start(long, "--set", "train_data.workers=2")
    try:
        for option in ("--resume", "--restart"):
            code, said = long.train("--quiet", option)
            assert code == Exit.PROBLEM
            assert f"is in use by process {process.pid} on " in said
        assert RunFolder(long.folder / "run").state() == "running"
        assert process.poll() is None
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    run = RunFolder(long.folder / "run")
    assert run.state() == "killed"
    step = int(run.checkpoint_paths()[-1].name.rpartition("-")[2])
    before = long.train("--quiet")[1]
    assert "holds a run already (killed at update" in before

    code, said = long.train("--quiet", "--resume", "--max-steps", str(step + 2))

    assert code == 0, said
    record = run.record()
    assert record is not None
    assert (record.state, record.update, record.process.pid) == ("finished", step + 2, os.getpid())


@pytest.mark.slow
def test_ctrl_c_in_python_ends_the_loop_around_a_training(long: Project) -> None:
    """After a checkpoint, as KeyboardInterrupt: the next training of the loop does not begin."""
    command = [sys.executable, "-c", LOOP, str(long.file)]
    done = subprocess.run(command, cwd=long.folder, capture_output=True, text=True, timeout=120)

    assert done.stdout.split() == ["training", "0"]
    assert "KeyboardInterrupt: interrupted after 2 updates, checkpoint runs/0/checkpoints/" in done.stderr
    assert done.returncode != 0
    assert RunFolder(long.folder / "runs" / "0").state() == "interrupted"


@pytest.mark.slow
def test_ctrl_c_in_python_ends_inference(project: Project) -> None:  # noqa: F811
    """Workers that read data are not waited for."""
    command = [sys.executable, "-c", READ, str(project.file), "1.5"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, timeout=60)

    assert "KeyboardInterrupt" in done.stderr
    assert done.returncode in (-signal.SIGINT, Exit.INTERRUPTED), done.stderr[-2000:]
