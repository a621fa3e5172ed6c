"""Standard output belongs to the command: what a collection prints while it is read goes to standard error."""

import json
import logging
import os
import subprocess
import sys
import threading

import pytest

from nm_core.plugins import Collections
from nm_core.plugins.doctor import diagnose
from nm_core.plugins.standard_output import KEPT, divert_output

LOUD = """
import os, subprocess, sys
from nm_core.plugins import Collection, ModuleSpec, hookimpl

print("declaration")

@hookimpl
def nm_collection():
    print("hook")
    os.write(1, b"descriptor\\n")
    subprocess.run([sys.executable, "-c", "print('process')"], check=True)
    return Collection("{name}", "Talks.", modules=[ModuleSpec("Widget", "W.", {{"torch": "{package}.widget:Widget"}})])
"""
WIDGET = "from nm_core import NeuralModule\nprint('target')\nclass Widget(NeuralModule): ...\n"
SAID = ("declaration", "hook", "descriptor", "process")


@pytest.fixture
def loud(site):
    """Install a collection that prints wherever it can."""
    site.install("nmx-loud", name="loud", declaration=LOUD, widget=WIDGET)
    return site


def test_it_goes_to_standard_error_and_into_the_record(loud, capfd) -> None:
    """Prints of the import and of the hook, what is written past Python, and what a process writes."""
    print("before")
    collections = Collections.load(path=loud.path, environ={})
    collections.resolve("loud.Widget")
    print("after")

    out, err = capfd.readouterr()
    assert out == "before\nafter\n"
    assert {*SAID, "target"} <= {*err.split()}
    (record,) = collections.records
    assert (record.ok, record.output) == (True, "declaration\nhook\n")


def test_listings_stay_json(loud) -> None:
    """Whatever the declarations and the shown module print, programs read the listing."""
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([*loud.path, *sys.path]), "NM_COLLECTIONS": "nm,loud"}

    for arguments in (["modules"], ["modules", "loud.Widget"], ["doctor", "--deep"], ["doctor"], ["collections"]):
        command = [sys.executable, "-m", "nm_core.cli", *arguments, "--json"]
        ended = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert json.loads(ended.stdout), ended.stderr


@pytest.mark.parametrize("deep", [False, True])
def test_the_doctor_notes_it(loud, deep) -> None:
    """With its beginning and how it is mended; it breaks nothing."""
    found = diagnose("loud", deep=deep, environ={})

    (finding,) = (finding for finding in found.findings if finding.about == "output")
    assert found.ok
    assert "reading it prints 'declaration' and" in finding.message
    assert "nmx_loud._collection" in finding.message


def test_a_stream_that_is_held_is_the_usual_one_afterwards(capsys) -> None:
    """A log handler that a collection makes while it is imported writes where it would have written."""
    with divert_output() as output:
        handler = logging.StreamHandler(sys.stdout)
        print("x" * KEPT, "y")

    handler.emit(logging.makeLogRecord({"msg": "later"}))
    assert capsys.readouterr() == ("later\n", f"{'x' * KEPT} y\n")
    assert output.text == "x" * KEPT


def test_a_stream_that_a_collection_sets_stays(monkeypatch, capsys) -> None:
    """As anybody may set it; nothing of ours is put in its place."""
    with divert_output():
        monkeypatch.setattr("sys.stdout", sys.stderr)

    print("there")
    assert capsys.readouterr() == ("", "there\n")


def test_steps_within_steps_and_other_threads(capfd) -> None:
    """The outer step has the text of the inner one; a thread that is not the main one leaves the streams alone."""
    with divert_output() as outer, divert_output():
        print("inner")

    def load() -> None:
        with divert_output():
            print("thread")

    thread = threading.Thread(target=load)
    thread.start()
    thread.join()

    assert outer.text == "inner\n"
    assert capfd.readouterr() == ("thread\n", "inner\n")
