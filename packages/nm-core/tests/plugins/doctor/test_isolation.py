"""A process of its own holds whatever a collection does: noise, questions, children, crashes, hangs."""

import os
import sys
import time
from pathlib import Path

import pytest

from nm_core.plugins import State, Step
from nm_core.plugins.discovery import discover
from nm_core.plugins.doctor.isolation import examine_in_process
from nm_core.plugins.settings import CollectionSettings


def examined(site, widget: str, timeout: float = 30.0):
    """Examine a collection whose module has this text."""
    widget += "\nfrom nm_core import NeuralModule\nclass Widget(NeuralModule): ...\n"
    site.install("nmx-widgets", name="widgets", widget=widget)
    (candidate,) = discover(CollectionSettings(), site.path)[0]
    return examine_in_process(candidate, deep=True, timeout=timeout)


def test_noise_and_questions_disturb_nothing(site) -> None:
    """What a collection prints goes nowhere; asking somebody is an error like any other."""
    found = examined(
        site, "import sys\nprint('{}', flush=True)\nsys.stderr.write('import time: 1 | 2 | torch')\ninput()"
    )

    assert found.record.state is State.FAILED
    assert "EOFError" in found.record.error


def test_a_crash_at_the_very_end_is_noticed(site) -> None:
    """A library that takes the interpreter down while it ends does so to the user, too."""
    found = examined(site, "import atexit, os\natexit.register(os._exit, 3)")

    assert (found.record.state, found.record.step) == (State.FAILED, Step.TARGETS)
    assert "it ended the interpreter (exit code 3) while the interpreter comes to its end" in found.record.error


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a process cannot be asked where it is")
def test_a_hang_says_where(site) -> None:
    """The trace of one that was stopped has its own line, and none of ours."""
    found = examined(site, "import time\ndef wait():\n    time.sleep(60)\nwait()", timeout=3)

    assert "it did not end within 3 s, while widgets.Widget is imported" in found.record.error
    assert "widget.py" in found.record.trace
    assert "in wait" in found.record.trace
    assert "nm_core/plugins" not in found.record.trace


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_stays_behind(site) -> None:
    """What the collection has started ends with it, and nobody waits for it."""
    began = time.perf_counter()

    found = examined(
        site,
        f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open({str(site.folder / "child")!r}, "w").write(str(child.pid))
""",
    )

    assert found.record.ok
    assert time.perf_counter() - began < 30
    with pytest.raises(ProcessLookupError):
        _wait_for_the_end_of(int((site.folder / "child").read_text()))


def _wait_for_the_end_of(process: int) -> None:
    for _ in range(100):
        os.kill(process, 0)
        if Path(f"/proc/{process}/stat").read_text().split()[2] == "Z":  # ended, and nobody of ours to bury it
            raise ProcessLookupError
        time.sleep(0.05)
