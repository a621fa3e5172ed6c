"""Let the tests of applications import the sample collection beside them."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from nm_core.plugins import Collections

Write = Callable[[str], Path]


@pytest.fixture(scope="session")
def collections() -> Collections:
    """The sample collection and nothing installed."""
    from nm_core_speech import SpeechPlugin

    return Collections.load({"speech": SpeechPlugin()}, installed=False)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write an application file beside the data that it names."""
    (tmp_path / "words.txt").write_text("no\nyes\nmaybe\n")

    def write_text(text: str, name: str = "app.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write_text


@pytest.fixture
def load(collections: Collections) -> Any:
    """Load an application on the backend of the samples."""
    from nm_core.application import load_application

    return lambda path, **settings: load_application(path, collections=collections, backend="python", **settings)


@pytest.fixture
def check(collections: Collections) -> Any:
    """Check a file against the sample collection."""
    from nm_core.application import check_file

    return lambda path, **options: check_file(path, collections=collections, backend="python", **options)
