"""The pictures in the documentation are what the commands and examples beside them draw.

With NM_WRITE_DOCS=1 the pictures are drawn anew instead.
"""

import os
import re
import shlex
import shutil
from pathlib import Path

import pytest

from nm_core.application.sketching import sketch_file
from nm_core.cli.main import main
from nm_core.drawing import Mark, Sketch, mermaid, svg
from test_docs import ROOT, with_outputs

IMAGES = ROOT / "docs" / "images"
COMMAND = re.compile(r"^nmod (draw .* -o (\S+\.svg))$", re.MULTILINE)
COMMANDS = {
    name: shlex.split(command)
    for page in sorted((ROOT / "docs").glob("*.md"))
    for command, name in COMMAND.findall(page.read_text(encoding="utf-8"))
    if f"images/{name}" in page.read_text(encoding="utf-8")
}


def hold(name: str, drawn: str) -> None:
    """Compare a drawing with the picture of that name, or put it in its place."""
    if os.environ.get("NM_WRITE_DOCS"):
        (IMAGES / name).write_text(drawn, encoding="utf-8")
    assert drawn == (IMAGES / name).read_text(encoding="utf-8"), f"{name} is stale: NM_WRITE_DOCS=1 draws it anew"


@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_is_what_its_command_draws(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of a page that draws one of its pictures draws it still."""
    monkeypatch.chdir(ROOT)
    *arguments, output = COMMANDS[name]
    main([*arguments, str(tmp_path / output)])

    hold(name, (tmp_path / output).read_text(encoding="utf-8"))


def test_a_picture_is_what_its_example_draws(tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page about drawings unfolds a graph, and shows what comes of it."""
    shutil.copytree(tones.parent, tmp_path, dirs_exist_ok=True)
    (tmp_path / tones.name).rename(tmp_path / "train.jsonl")
    monkeypatch.chdir(tmp_path)
    with_outputs((ROOT / "docs" / "drawing.md").read_text(encoding="utf-8"))

    hold("unfolded.svg", (tmp_path / "unfolded.svg").read_text(encoding="utf-8"))


def test_every_picture_is_held() -> None:
    """No picture of the documentation is drawn by hand."""
    assert {path.name for path in IMAGES.iterdir()} == {*COMMANDS, "unfolded.svg"}


@pytest.mark.parametrize("unfold", [(), "recogniser", "*"])
def test_a_nested_graph_looks_alike_from_its_file_and_as_it_was_built(tmp_path: Path, unfold: str) -> None:
    """Folded and unfolded, the file alone gives the picture of the graph that is made from it."""
    from nm_core import load_application

    text = (ROOT / "examples" / "digits.yaml").read_text(encoding="utf-8")
    text = text.replace("fsdd/test.jsonl", "test.jsonl")
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "test.jsonl").write_text('{"audio_filepath": "a.wav", "duration": 1.0, "text": "one"}\n')

    of_file, report, _ = sketch_file(tmp_path / "app.yaml", "test", unfold=unfold)
    built = Sketch.of(load_application(tmp_path / "app.yaml").graphs["test"], unfold=unfold)

    assert report.ok
    assert mermaid(of_file) == mermaid(built)
    shown = [re.sub(r"(?s)<title>.*?</title>", "", svg(sketch)) for sketch in (of_file, built)]
    assert shown[0] == shown[1]


def test_a_file_whose_types_follow_from_what_is_wrong_is_drawn(tmp_path: Path) -> None:
    """What comes after a bad connection has no types, even where templates take theirs from it; faults are red."""
    text = (ROOT / "examples" / "digits.yaml").read_text(encoding="utf-8")
    text = text.replace("audio: train_data.spec,", "audio: train_data.transcript,")
    text = text.replace("target_length: train_data.transcript_len", "target_length: train_data.transcript_l")
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")

    sketch, report, _ = sketch_file(tmp_path / "app.yaml", "train")

    assert len(report.problems) == 2
    assert {(edge.target_port, edge.note) for edge in sketch.edges if edge.mark is Mark.BAD} == {
        ("audio", "NM101 an axis means something else"),
        ("target_length", 'train_data has no output port "transcript_l"'),
    }
    augment = next(node for node in sketch.nodes if node.title == "spec_augment")
    assert [port.type for port in augment.outputs] == [""]
