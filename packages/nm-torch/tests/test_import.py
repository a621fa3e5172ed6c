"""Importing the engine brings little beyond torch."""

import subprocess
import sys

CODE = """
import sys
import torch, numpy
before = len(sys.modules)
import nm_torch
print(len(sys.modules) - before)
print(" ".join(sorted(name for name in sys.modules if name.split(".")[0] in {"rich", "yaml", "msgspec", "click"})))
"""


def test_importing_brings_few_modules_over_torch() -> None:
    """Progress bars, schemas and parsers of files are imported when they are used; seconds are for benchmarks."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    added, heavy = done.stdout.splitlines()
    assert int(added) < 100
    assert heavy == ""
