"""Look for inputs that end badly, in pieces that can be stopped and go on.

python tests/fuzzing --seconds 600 --state fuzz.json            all targets in turn
python tests/fuzzing --seconds 60 --state fuzz.json manifests   one of them
python tests/fuzzing --seed 17 manifests                        repeat a case
"""

import argparse
import faulthandler
import os
import resource
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]  # this folder, and the modules that tests share

from campaign import Progress, note_killed, read_state, run_campaign, run_case, write_state  # noqa: E402
from targets import TARGETS  # noqa: E402

PIECE = 20.0
"""Seconds after which the state is written and the next target has its turn."""

MEMORY = 12 << 30


def main() -> int:
    """Run pieces until the time is over; return 1 if faults are known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60.0, help="seconds to run")
    parser.add_argument("--cases", type=int, default=sys.maxsize, help="cases of each target to run at most")
    parser.add_argument("--state", type=Path, help="the file of the campaign's state, read and written")
    parser.add_argument("--seed", type=int, help="run this case alone and show its fault")
    options = parser.parse_args()
    names = options.targets or list(TARGETS)
    faulthandler.dump_traceback_later(options.seconds + 600, exit=True)  # code that no signal interrupts
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if options.seed is not None:
        return _repeat(names, options.seed)
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stderr__.fileno())  # libraries in C write there
    state = read_state(options.state) if options.state else {}
    remaining = options.seconds
    first = {name: state[name].next_seed if name in state else 0 for name in names}
    while remaining > 0 and any(_left(state, name, first, options.cases) for name in names):
        for name in names:
            progress = state.setdefault(name, Progress())
            before = progress.seconds
            running = options.state.with_name(f"{options.state.name}.{name}") if options.state else None
            if running:
                note_killed(progress, running)
            cases = _left(state, name, first, options.cases)
            run_campaign(TARGETS[name], progress, seconds=min(PIECE, remaining), cases=cases, running=running)
            remaining -= progress.seconds - before
            if options.state:
                write_state(options.state, state)
    for name in names:
        progress = state[name]
        print(f"{name}: {progress.next_seed} cases in {progress.seconds:.0f} s, {progress.ends}")
        for seed, fault in progress.faults.items():
            print(f"  seed {seed}: {fault.strip().splitlines()[-1][:200]}")
    return int(any(state[name].faults for name in names))


def _left(state: dict[str, Progress], name: str, first: dict[str, int], cases: int) -> int:
    return cases - (state[name].next_seed - first[name] if name in state else 0)


def _repeat(names: list[str], seed: int) -> int:
    for name in names:
        with tempfile.TemporaryDirectory() as temporary:
            shared = Path(temporary) / "shared"
            shared.mkdir()
            end, fault = run_case(TARGETS[name](shared), seed, Path(temporary))
        print(f"{name}, seed {seed}: {end}\n{fault or ''}")
    return int(fault is not None)


if __name__ == "__main__":
    sys.exit(main())
