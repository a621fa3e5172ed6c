"""How far one has to walk through the source: files entered and calls between files, for three common things to do.

- `call`: from `encoder(...)` on symbolic tensors to the recorded call
- `train`: from `nmod train FILE` to the first update
- `load`: from `load_application` to the first result

Each walk is a process of its own, so that nothing is known from an earlier one. What runs while a module is imported
is not counted, nor what other threads do; a call through another library counts as one from the file that called that.
A resumed generator counts as a call.

    python benchmarks/walks.py --json
"""

import argparse
import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

PACKAGES = ("nm_types", "nm_core", "nm_torch", "nm_asr", "nm_nlp", "nmod")
FILES = Path(__file__).parent.parent / "tests" / "golden" / "v0_1"


def roots() -> dict[str, str]:
    """Return the folder of each package, or its file, by the package's name."""
    origins = {name: importlib.util.find_spec(name) for name in PACKAGES}
    return {name: spec.origin.removesuffix("__init__.py") for name, spec in origins.items() if spec and spec.origin}


class Walk:
    """Counts calls of this thread from `start` to `stop`.

    Attributes:
        files: calls of functions of each source file, by its path from the folder of its package.
        crossings: calls from one source file into another.
    """

    def __init__(self) -> None:
        self.files: Counter[str] = Counter()
        self.crossings = 0
        folders = roots()

        @cache
        def source(path: str) -> str | None:
            package = next((name for name, root in folders.items() if path.startswith(root)), None)
            return package and f"{package}/{path.removeprefix(folders[package])}".removesuffix("/")

        self._source = source

    def start(self) -> None:
        """Count from now on."""
        sys.setprofile(self._profile)

    def stop(self, *_: Any) -> None:
        """Count no more."""
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        entered = self._source(frame.f_code.co_filename) if event == "call" else None
        if entered is None:
            return
        caller = None
        above = frame.f_back
        while above is not None:
            if above.f_code.co_filename == "<frozen importlib._bootstrap>":
                return
            caller = caller or self._source(above.f_code.co_filename)
            above = above.f_back
        self.files[entered] += 1
        self.crossings += caller not in (None, entered)


def walk_call(walk: Walk) -> None:
    """Call an encoder on symbolic tensors."""
    from nm_asr import JasperEncoder
    from nm_core import inputs

    encoder = JasperEncoder(feat_in=64, blocks=[{"filters": 32, "kernel": 11, "stride": 2}])
    spec, length = inputs(spec="B Spectrogram:64 T:t", length="B ; Lengths(t)")
    walk.start()
    encoder(audio_signal=spec, length=length)
    walk.stop()


def walk_train(walk: Walk) -> None:
    """Train a recogniser with the command until its weights are updated once."""
    from torch.optim.optimizer import register_optimizer_step_post_hook

    import nmod

    register_optimizer_step_post_hook(walk.stop)
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        options = ["--placement", "cpu", "--work-dir", folder, "--max-steps", "1", "--quiet"]
        sys.argv = ["nmod", "train", str(FILES / "speech.yaml"), *options]
        walk.start()
        nmod.main()


def walk_load(walk: Walk) -> None:
    """Load the recogniser that was saved, and run it on a recording."""
    import torch

    from nm_core import load_application

    walk.start()
    application = load_application(FILES / "saved" / "speech", placement="cpu")
    next(application.infer("listen", audio=torch.zeros(1, 4000), length=torch.tensor([4000])))
    walk.stop()


WALKS: dict[str, Callable[[Walk], None]] = {"call": walk_call, "train": walk_train, "load": walk_load}


def figures(name: str) -> dict[str, Any]:
    """Make one walk in this process and return what was counted."""
    walk = Walk()
    WALKS[name](walk)
    packages = Counter(path.partition("/")[0] for path in walk.files)
    counts = {"files": len(walk.files), "calls": walk.files.total(), "calls between files": walk.crossings}
    return {"walk": name, **counts, "packages": packages, "entered": list(walk.files)}


def main() -> None:
    """Count and print a table, JSON, or the files of a walk in the order in which they are entered."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON, with the files")
    parser.add_argument("--walk", choices=WALKS, help="one walk, in this process, as JSON")
    options = parser.parse_args()
    if options.walk:
        print(json.dumps(figures(options.walk)))
        return
    command = [sys.executable, __file__, "--walk"]
    counted = [json.loads(subprocess.run([*command, name], check=True, capture_output=True).stdout) for name in WALKS]
    if options.json:
        print(json.dumps(counted, indent=1))
        return
    print(f"{'':8}{'files':>7}{'calls':>9}{'between files':>15}")
    for row in counted:
        by_package = ", ".join(f"{name} {count}" for name, count in row["packages"].items())
        print(f"{row['walk']:8}{row['files']:7}{row['calls']:9}{row['calls between files']:15}   {by_package}")


if __name__ == "__main__":
    main()
