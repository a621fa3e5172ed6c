"""Listing is light: three levels of import, each no deeper than it has to be."""

import json
import subprocess
import sys

import pytest

PRINT_MODULES = """
import json, sys
from nm_core.cli.main import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""
HEAVY = ("torch", "numpy", "scipy", "soundfile", "librosa", "transformers", "sentencepiece", "optuna", "sqlalchemy")


def imported(*arguments: str) -> list[str]:
    """Run a command in a process of its own and return the modules that it imported."""
    done = subprocess.run([sys.executable, "-c", PRINT_MODULES, *arguments], capture_output=True, text=True, check=True)
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code in (0, 3), done.stderr
    return names


@pytest.mark.parametrize(
    "arguments", [("modules",), ("collections",), ("doctor",), ("version",), ("explain",), ("-h",)]
)
def test_nothing_heavy_is_imported(arguments, monkeypatch) -> None:
    """With all that is installed here, listing imports no framework and no collection's library."""
    monkeypatch.delenv("NM_COLLECTIONS", raising=False)

    names = imported(*arguments)

    assert not [name for name in HEAVY if name in names]


def test_collections_import_no_declaration(environment) -> None:
    """Level one: metadata only."""
    assert "nm_core_cli_plugin" not in imported("collections")


def test_modules_import_no_application_and_no_drawing(environment) -> None:
    """Level two: light declarations only, and of nm-core only what listing needs."""
    names = imported("modules")

    assert "nm_core_cli_plugin" in names
    assert not [
        name for name in names if name.startswith(("nm_core.application", "nm_core.drawing", "yaml", "msgspec"))
    ]


def test_a_module_imports_its_class(environment) -> None:
    """Level three: the target of the one module that is named."""
    assert "nm_core.cli.describe" in imported("modules", "speech.Encoder")


@pytest.mark.parametrize("command", ["modules", "collections"])
def test_listing_imports_little(command, monkeypatch) -> None:
    """Listing imports a bounded number of modules, and of this project's own only what it shows."""
    monkeypatch.delenv("NM_COLLECTIONS", raising=False)

    names = imported(command)

    assert len(names) < 450
    assert sum(name.startswith("nm_") for name in names) < 130
