"""Fresh environments, each of its own test, and what the packages under test show in one without guests."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from nm_core_wheels import Environment


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Give a fresh virtual environment that sees the packages under test."""
    return Environment(tmp_path / "environment")


@pytest.fixture(scope="session")
def official(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Give the ids of all modules where nothing else is installed."""
    alone = Environment(tmp_path_factory.mktemp("official"))
    listed = json.loads(alone.nmod("modules", "--json").out)
    return {entry["id"] for entry in listed if "@" in entry["id"]}  # modules have a version, other names have none
