"""Files of every released format keep their meaning: the same canonical form, the same digest, the same results."""

import hashlib
import json
from pathlib import Path

import pytest
from nm_core_history import HistoryPlugin
from nm_core_speech import SpeechPlugin

from nm_core.application import Application, check_file, load_application
from nm_core.application.text.writers import canonical_json
from nm_core.plugins import Collections

GOLDEN = Path(__file__).parent / "golden"
FORMATS = sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())
COLLECTIONS = Collections.load({"speech": SpeechPlugin(), "past": HistoryPlugin()}, installed=False)


def load(path: Path) -> Application:
    """Load an application of the sample collections."""
    return load_application(path, collections=COLLECTIONS, backend="python")


def test_there_is_one_of_each_format() -> None:
    """The formats released so far."""
    assert FORMATS == ["app-1"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_keeps_its_meaning(name: str, tmp_path: Path) -> None:
    """It has no problems, and the canonical JSON and the digest that its release gave it, byte for byte."""
    path = GOLDEN / name / "application.yaml"
    recorded = (GOLDEN / name / "canonical.json").read_bytes()

    report = check_file(path, collections=COLLECTIONS, backend="python")
    app = load_application(path, collections=COLLECTIONS, backend="python", work_dir=tmp_path / "run")

    report.raise_if_bad()
    assert canonical_json(app.canonical).encode() == recorded  # type: ignore[arg-type]  # a dict of data is data
    assert app.digest == hashlib.sha256(recorded).hexdigest()
    assert all(app.graphs[graph].outputs for graph in app.graphs)
    assert app.train().reason == "finished"
    assert app.eval()["words"] == 1.0


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("form", ["saved", "saved.zip"])
def test_a_saved_application_keeps_its_results(name: str, form: str, tmp_path: Path) -> None:
    """It verifies, is used at once, gives the words that its release gave, and saves to an equal application."""
    app = load(GOLDEN / name / form)
    said = json.loads((GOLDEN / name / "words.json").read_text())

    assert app.transcribe(said["rows"]) == said["words"]
    assert load(app.save(tmp_path / form)) == app
    assert app == load(GOLDEN / name / "saved")


if __name__ == "__main__":
    for one in FORMATS:
        written = canonical_json(load(GOLDEN / one / "application.yaml").canonical)  # type: ignore[arg-type]
        (GOLDEN / one / "canonical.json").write_text(written, encoding="utf-8")
