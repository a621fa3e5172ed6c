"""Judge many hostile files in a process of its own that watches what it does: `nm_core_fuzz.py FIRST COUNT FOLDER`.

Everything that reads a file is run on each: the check, the canonical form and the digest, the pictures of its graphs,
the difference to the file it was made from and, for files without problems, building all that it describes.
"""

from __future__ import annotations

import json
import resource
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import nm_core_zoo  # noqa: E402
from nm_core_mutating import mutated  # noqa: E402
from nm_core_random import COLLECTIONS, made  # noqa: E402

from nm_core.application import load_application  # noqa: E402
from nm_core.application.diff.compare import compare  # noqa: E402
from nm_core.application.diff.side import Side  # noqa: E402
from nm_core.application.sketching import sketch_graph  # noqa: E402
from nm_core.application.text.problems import ApplicationFileError  # noqa: E402
from nm_core.application.text.writers import to_yaml  # noqa: E402
from nm_core.drawing import mermaid, svg  # noqa: E402

MEMORY = 2 << 30
STEPS = 8_000_000
"""How many calls of Python functions a file of at most a hundred thousand bytes may cost."""
_FORBIDDEN = (
    *("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.remove", "os.rename", "os.rmdir"),
    *("os.mkdir", "os.chmod", "os.link", "os.symlink", "socket.", "shutil.", "ctypes.", "urllib.", "webbrowser."),
    *("pty.", "ftplib.", "http.", "smtplib.", "code.", "pickle."),
)


class Watch:
    """What happens while a file is judged that should not."""

    def __init__(self) -> None:
        self.active = False
        self.allowed: set[str] = set()
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.active:
            return
        if event == "open":
            if str(args[0]) not in self.allowed and not str(args[0]).endswith((".py", ".pyc")):
                self.seen.append(f"open {args[0]}")
        elif event == "import":
            if args[0] not in sys.modules:
                self.seen.append(f"import {args[0]}")
        elif event.startswith(_FORBIDDEN):
            self.seen.append(f"{event} {args}")


def judge(path: Path, original: Side, *, shown: bool = True) -> tuple[str, bool]:
    """Run everything on a file; return how it ended, and whether it has no problems.

    Args:
        shown: draw its graphs and say what differs, too, which takes as long as the rest.
    """
    try:
        side = Side(path, COLLECTIONS, backend="python")
    except ApplicationFileError as error:
        return ("unreadable" if error.problems and len(str(error)) < 400_000 else "told badly"), False
    str(side.report), side.report.to_dict(), side.digest
    if shown:
        for name in side.entry.graphs:
            sketch = sketch_graph(name, side.checked, side.report)
            svg(sketch), mermaid(sketch)
        str(compare(original, side).to_dict())
    if not side.report.ok:
        return "problems", False
    app = load_application(path, collections=COLLECTIONS, backend="python", work_dir=None)  # which a run would open
    for graph in app.graphs.values():
        graph.plan()
    app.to_yaml()
    if app.entry.train is not None:
        app.factory.train([app._builder.output(one) for one in app.entry.train.optimize], max_steps=1)
    if app.entry.eval is not None:
        app.metrics()
    return "built", True


def counted(function: Callable[[], Any]) -> int:
    """Return how many Python functions a call calls."""
    count = 0

    def profile(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def main(first: int, count: int, folder: Path) -> dict[str, Any]:
    """Judge files with these seeds; return how they ended, and everything that must not be."""
    watch = Watch()
    path, base = folder / "a.yaml", folder / "base.yaml"
    ends: Counter[str] = Counter()
    faults: dict[str, str] = {}
    most = 0
    for seed in range(first, first + count):
        random = Random(seed)
        if seed % 20 == 0 or seed == first:
            data = made(Random(seed // 20)).data
            base.write_text(to_yaml(data), encoding="utf-8")
            judge(base, Side(base, COLLECTIONS, backend="python"))  # imports what the rest needs, too
            original = Side(base, COLLECTIONS, backend="python")
        name, content = mutated(data, random)
        path = folder / name
        path.write_bytes(content)
        nm_core_zoo.MADE.clear()
        watch.allowed, watch.active = {str(path), str(base)}, True
        try:
            if seed % 50 == 0:
                steps = counted(partial(judge, path, original))
                most = max(most, steps)
                if steps > STEPS:
                    faults.setdefault("steps", f"{seed}: {steps}")
            end, ok = judge(path, original, shown=seed % 3 == 0)
            ends[end] += 1
            if nm_core_zoo.MADE and not ok:
                faults.setdefault("constructed", f"{seed}: {nm_core_zoo.MADE}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is counted and shown
            frame = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno} {frame.name}"
            ends[kind] += 1
            faults.setdefault(kind, f"{seed}: {error}"[:600])
        finally:
            watch.active = False
        if watch.seen:
            faults.setdefault("watched", f"{seed}: {watch.seen[:3]}")
            watch.seen.clear()
    return {"ends": dict(ends), "faults": faults, "most": most}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
