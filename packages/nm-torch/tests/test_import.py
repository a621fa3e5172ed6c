"""Importing the engine costs little more than importing torch."""

import subprocess
import sys

CODE = """
import sys, time
import torch, numpy
begun = time.process_time()
import nm_torch
print(time.process_time() - begun)
print(" ".join(sorted(name for name in sys.modules if name.split(".")[0] in {"rich", "yaml", "msgspec", "click"})))
"""


def test_importing_costs_at_most_50_milliseconds_over_torch() -> None:
    """Progress bars, schemas and parsers of files are imported when they are used."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    seconds, heavy = done.stdout.splitlines()
    assert float(seconds) < 0.05
    assert heavy == ""
