"""Completion in shells: what the protocol of click is asked and answers, and how little it imports for it."""

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

COMPLETE = """
import json, sys
from nm_core.cli.main import main
try:
    main([])
finally:
    print("\\n" + json.dumps(sorted(sys.modules)))
"""
HEAVY = ("torch", "numpy", "rich", "msgspec", "nm_torch", "nm_asr", "nm_nlp", "optuna")


@pytest.fixture
def complete(environment, monkeypatch, capsys):
    """Complete the last word of a line as bash asks for it."""
    from nm_core.cli.main import main

    def ask(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_NMOD_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        with pytest.raises(SystemExit) as ended:
            main([])
        out, err = capsys.readouterr()
        assert (ended.value.code, err) == (0, "")
        return [item.removeprefix("plain,") for item in out.splitlines() if item]

    return ask


def test_commands_are_completed_with_those_of_collections(complete) -> None:
    """Every command is offered, and of several only those that begin as asked."""
    assert {"check", "train", "diff", "completion", "count"} <= set(complete("nmod "))
    assert complete("nmod ch") == ["check"]


def test_options_and_their_values_are_completed(complete) -> None:
    """Options of a command, and the choices of one."""
    assert complete("nmod check --js") == ["--json"]
    assert complete("nmod draw app.yaml --format ") == ["svg", "mermaid", "dot"]
    assert complete("nmod completion ") == ["bash", "zsh", "fish"]


def test_application_files_and_folders_are_completed(complete, app, environment) -> None:
    """Files that may be applications, folders on the way with a slash, saved applications without."""
    (environment / "runs" / "saved").mkdir(parents=True)
    (environment / "runs" / "saved" / "manifest.json").touch()
    (environment / ".hidden").mkdir()

    assert complete("nmod train ") == ["app.yaml", "runs/"]
    assert complete("nmod check app.yaml run") == ["runs/"]
    assert complete("nmod eval runs/") == ["runs/saved"]
    assert complete(f"nmod diff app.yaml {environment}/a") == [f"{environment}/app.yaml"]
    assert complete("nmod train nowhere/") == []


def test_names_in_the_application_are_completed(complete, app) -> None:
    """Graphs for --graph, and what --set can change."""
    assert complete("nmod draw app.yaml --graph ") == ["train", "eval", "infer"]
    assert complete("nmod infer app.yaml --graph e") == ["eval"]
    assert complete("nmod train app.yaml --set wi") == ["width="]
    assert complete("nmod check app.yaml --json --set train.opt") == [
        "train.optimize=",
        "train.optimizer.name=",
        "train.optimizer.lr=",
    ]
    assert "encoder.width=" in complete("nmod train app.yaml --set ")


def test_what_cannot_be_read_offers_nothing(complete, environment) -> None:
    """A file that is missing or broken is no reason to print anything."""
    (environment / "bad.yaml").write_text("{")

    assert complete("nmod draw bad.yaml --graph ") == []
    assert complete("nmod draw missing.yaml --set ") == []


def test_modules_collections_and_codes_are_completed(complete) -> None:
    """From light declarations."""
    assert complete("nmod modules speech.En") == ["speech.Encoder", "speech.EncodeDecode"]
    assert "speech.WordCount" in complete("nmod modules speech.")
    assert complete("nmod modules --collection sp") == ["speech"]
    assert complete("nmod explain nm10")[:2] == ["NM101", "NM102"]


@pytest.mark.parametrize(
    "line", ["nmod ", "nmod train --", "nmod train APP --set ", "nmod modules asr.", "nmod explain "]
)
def test_completion_is_light(line, app, monkeypatch) -> None:
    """With all that is installed here, a key press imports no framework, no collection's library and no drawing."""
    monkeypatch.delenv("NM_COLLECTIONS", raising=False)
    line = line.replace("APP", str(app))
    asked = {"_NMOD_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}

    done = subprocess.run([sys.executable, "-c", COMPLETE], capture_output=True, text=True, env=os.environ | asked)
    names = json.loads(done.stdout.splitlines()[-1])

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) > 2
    allowed = {"nm_asr", "nm_torch", "nm_nlp"} & set(names) if line in ("nmod ", "nmod modules asr.") else set()
    assert not [name for name in names if name in HEAVY and name not in allowed]
    if "--set" not in line:
        assert not [name for name in names if name.startswith(("nm_core.application", "nm_core.drawing", "yaml"))]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_says_where_it_belongs(nmod, shell) -> None:
    """The script is click's own for the shell, with a comment in front."""
    ended = nmod("completion", shell)

    assert ended.code == 0
    assert f"nmod completion {shell} >" in ended.out
    assert f"_NMOD_COMPLETE={shell}_complete" in ended.out
    assert (shell == "zsh") == ended.out.startswith("#compdef nmod\n")


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_understands_the_script(nmod, app, environment: Path) -> None:
    """A real bash, given the script, asks nmod and gets the words."""
    shim = environment / "bin" / "nmod"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m nm_core.cli "$@"\n')
    shim.chmod(shim.stat().st_mode | stat.S_IXUSR)
    (environment / "nmod.bash").write_text(nmod("completion", "bash").out)
    line = "source ./nmod.bash; COMP_WORDS=(nmod draw app.yaml --graph ''); COMP_CWORD=4; "
    line += "_nmod_completion_open nmod; echo ${COMPREPLY[@]}; complete -p nmod"

    path = {"PATH": f"{shim.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=os.environ | path, timeout=60)

    assert done.stdout.splitlines() == ["train eval infer", "complete -o nosort -F _nmod_completion_open nmod"]
