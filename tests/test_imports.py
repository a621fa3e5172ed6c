"""Importing costs what is used, and no more."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest


def loaded_by(code: str) -> set[str]:
    """Run code in a new interpreter and return the top-level names of the modules it has then loaded."""
    report = "; import sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code + report], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("package", ["nm_types", "nm_core", "nm_core.plugins", "nm_core.cli.main"])
def test_the_core_loads_no_framework(package: str) -> None:
    """Types, core, plugins and the command load neither torch nor numpy."""
    assert not loaded_by(f"import {package}") & {"torch", "numpy"}


def test_the_types_load_the_standard_library_alone() -> None:
    """nm_types needs nothing that Python does not bring."""
    assert loaded_by("import nm_types") - loaded_by("pass") <= {*sys.stdlib_module_names, "nm_types"}


@pytest.mark.parametrize("package", ["nm_torch", "nm_asr", "nm_nlp"])
def test_a_collection_is_lazy(package: str) -> None:
    """Importing a collection imports none of its modules, and no framework."""
    assert not loaded_by(f"import {package}") & {"torch", "numpy", "soundfile", "sentencepiece"}


def test_the_listing_loads_no_application_and_no_framework() -> None:
    """Listing every module of every collection imports no module."""
    code = "from nm_core.plugins import Collections; c = Collections.load(); assert 'asr.JasperEncoder' in c.modules"

    assert not loaded_by(code) & {"torch", "numpy"}


@pytest.mark.parametrize(
    ("use", "unused"),
    [
        (
            "import nm_asr; nm_asr.JasperEncoder",
            {"librosa", "scipy", "numba", "espeakng_loader", "rich", "tensorboard"},
        ),
        ("import nm_nlp; nm_nlp.TransformerEncoderNM", {"sacrebleu", "rich", "tensorboard"}),
        ("import nm_torch; nm_torch.TorchModule", {"rich", "click", "yaml", "msgspec", "tensorboard"}),
    ],
)
def test_the_first_use_loads_torch_and_little_else(use: str, unused: set[str]) -> None:
    """What only some runs need (drawings, progress, odd formats) waits for its first use."""
    loaded = loaded_by(use)

    assert "torch" in loaded
    assert not loaded & unused


@pytest.mark.parametrize("package", ["nm_torch", "nm_torch.common", "nm_asr", "nm_nlp"])
def test_each_public_name_is_exported_three_times(package: str) -> None:
    """`__all__`, the names imported on demand and those that type checkers see are the same, of the same modules."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    (block,) = (node for node in ast.parse(Path(module.__file__).read_text()).body if isinstance(node, ast.If))
    imported = {
        alias.name: f"{node.module}.{alias.name}" if alias.name == "common" else node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    (assignment,) = block.orelse
    assert isinstance(assignment, ast.Assign)
    assert isinstance(assignment.value, ast.Call)

    assert ast.literal_eval(assignment.value.args[1]) == imported
    assert set(module.__all__) == set(imported)
    assert all(getattr(module, name) is not None for name in imported)
