"""The process that ``isolation`` starts: ``python -m nm_core.plugins.doctor.worker FOLDER`` examines one collection."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nm_core.plugins.doctor.examination import examine
from nm_core.plugins.doctor.isolation import REQUEST, RESULT, STEPS
from nm_core.plugins.records import Candidate, Step


def main(folder: Path) -> None:
    """Read the request in a folder, note each step there, and leave the result."""
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    candidate = Candidate(**request["candidate"])
    with (folder / STEPS).open("w", encoding="utf-8") as steps:

        def note(step: Step, doing: str) -> None:
            # flushed at once: a crash takes with it what is still buffered
            print(json.dumps([step, doing]), file=steps, flush=True)

        examination = examine(candidate, deep=request["deep"], note=note)
        (folder / RESULT).write_text(json.dumps(examination.to_dict()), encoding="utf-8")
        # after the result: a library may still crash while the interpreter ends
        note(Step.TARGETS, "the interpreter comes to its end")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
