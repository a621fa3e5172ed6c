"""`nmod tune`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nm_core.cli.exits import Exit
from nm_core.cli.options import application_argument, set_option, setting_options
from nm_core.cli.output import json_option, print_json, print_table
from nm_core.plugins.known import pip_line

if TYPE_CHECKING:
    from nm_core.tuning.search import Search
    from nm_core.tuning.trials import Trials

_SHOWN = 10
_DEFAULT_TRIALS = 20


@click.command(context_settings={"allow_extra_args": True})
@application_argument
@set_option
@click.option("--trials", "total", type=click.IntRange(1), help="Trials of the study in all; 20 by default.")
@click.option("--metric", help="The score that is made better, dev.wer; found by itself where there is one.")
@click.option(
    "--direction",
    type=click.Choice(("minimize", "maximize")),
    help="Which scores are better, where the metric does not say it.",
)
@click.option("--storage", metavar="ADDRESS", help="The study's database; sqlite:///WORK_DIR/study.db by default.")
@click.option("--study", "name", help="The study's name; by default it follows from the file and what is searched.")
@click.option(
    "--sampler",
    type=click.Choice(("tpe", "random", "grid")),
    default="tpe",
    show_default=True,
    help="How values are drawn: learning from earlier trials, at random, or every combination once.",
)
@click.option(
    "--pruner",
    type=click.Choice(("median", "hyperband", "none")),
    default="median",
    show_default=True,
    help="Which trials end early: those worse than half of the others, those that a bracket drops, or none.",
)
@click.option(
    "--lost-after",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="When to give up a trial whose process gives no sign any more.",
)
@click.option("--work-dir", type=click.Path(file_okay=False), help="Where trials go; runs/STUDY by default.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@setting_options
@json_option
@click.pass_context
def tune(
    ctx: click.Context,
    app: str,
    changes: dict[str, str],
    total: int | None,
    metric: str | None,
    direction: str | None,
    storage: str | None,
    name: str | None,
    sampler: str,
    pruner: str,
    lost_after: int,
    work_dir: str | None,
    quiet: bool,
    settings: dict[str, Any],
    as_json: bool,
) -> int:
    """Search for the values with which an application trains best.

    \b
    nmod tune app.yaml --set encoder.dropout=0.0..0.5 --set train.optimizer.lr=1e-4..1e-1:log
    nmod tune app.yaml --set decoder.width=64..512:step=64 --set train.optimizer.name=adamw,novograd --trials 50
    nmod tune app.yaml --set width=64,128,256 --set train.optimizer.lr=0.01,0.02 --sampler grid

    Each --set names what nmod train could set, too, and gives a space or one value:

    \b
    0.0..0.5              numbers, both ends included: a point or an exponent makes it so
    2..8                  whole numbers
    1e-4..1e-1:log        numbers whose orders of magnitude count alike
    64..512:step=64       numbers in steps
    adamw,novograd        one of several values, each as in the file; or '{adamw,novograd}', in quotes
    0.1                   this value in every trial

    Each trial is checked, trained as the train section says and judged by the score of the weights at its end. One that
    does not check or fails is noted with its reason, and the search goes on. WORK_DIR/best.yaml is the best application
    so far, a complete file; WORK_DIR/trials has a folder per trial.

    The same command goes on where the last one ended: --trials counts all trials of the study. Started several times,
    here or elsewhere with one --storage, the processes share the trials. Ctrl-C ends after the running trial is put
    back, and ends with 130.

    Next: nmod diff APP WORK_DIR/best.yaml says what was found, and nmod train WORK_DIR/best.yaml trains with it.
    """
    _refuse_rest(ctx.args, changes)
    # Looked for, not imported: importing Optuna takes a second, and usage errors come first.
    if find_spec("optuna") is None:
        from nm_core.tuning.errors import TuningError

        raise TuningError(f"A search needs Optuna, which is not installed.\n  Install it: {pip_line('nm-core[tune]')}")
    from nm_core.tuning.study import grid, open_study, without_chatter
    from nm_core.tuning.trials import Trials

    search = _prepare(app, changes, metric, direction, settings)
    points = grid(search.spaces) if sampler == "grid" else None
    total = (total or _DEFAULT_TRIALS) if points is None else min(total or len(points), len(points))
    name = name or search.name
    folder = Path(work_dir) if work_dir is not None else Path("runs") / name
    folder.mkdir(parents=True, exist_ok=True)
    address = storage or f"sqlite:///{(folder / 'study.db').as_posix()}"

    def say(line: str) -> None:
        if not quiet:
            print(line, file=sys.stderr, flush=True)

    identity = search.identity()
    with without_chatter(), open_study(name, address, identity, pruner=pruner, lost_after=lost_after) as study:
        trials = Trials(
            search,
            study,
            folder,
            total=total,
            kind=sampler,
            points=points,
            lost_after=lost_after,
            say=say,
            progress=False if quiet else None,
        )
        trials.refuse_other_trials()
        done, goal = len(trials.finished()), search.goal
        say(f"study {name} in {address}: {done} of {total} trials are done; {goal.direction} {goal.metric}")
        for space_name, space in search.spaces.items():
            say(f"  {space_name}: {space.describe()}")
        try:
            trials.run()
        except KeyboardInterrupt:
            command, done = shlex.join(["nmod", *ctx.find_root().obj]), len(trials.finished())
            print(f"Interrupted: {done} of {total} trials are done. To go on: {command}", file=sys.stderr)
            return Exit.INTERRUPTED
        return _finish(trials, address, as_json)


def _prepare(
    app: str, changes: dict[str, str], metric: str | None, direction: str | None, settings: dict[str, Any]
) -> Search:
    """Tell spaces from values and check the application."""
    from nm_core.plugins import Collections
    from nm_core.tuning.search import Search
    from nm_core.tuning.spaces import read_space

    read = {name: read_space(name, text) for name, text in changes.items()}
    spaces = {name: space for name, space in read.items() if space is not None}
    fixed = {name: text for name, text in changes.items() if name not in spaces}
    seed = settings.pop("seed", None)
    if seed is not None:
        fixed["seed"] = str(seed)  # a value of the file like any other: the best application keeps it
    return Search.prepare(
        Path(app), fixed, spaces, collections=Collections.load(), metric=metric, direction=direction, **settings
    )


def _refuse_rest(rest: Sequence[str], changes: dict[str, str]) -> None:
    """Refuse arguments that are left over; braces without quotes leave some."""
    if not rest:
        return
    name, equals, _ = rest[0].partition("=")
    if equals and name in changes:
        words = ",".join([changes[name], *(text.partition("=")[2] for text in rest if text.startswith(f"{name}="))])
        raise click.UsageError(
            f"The shell has expanded braces without quotes to {len(rest) + 1} words. Write --set {name}={words}"
        )
    raise click.UsageError(f"There is nothing to do with {' '.join(rest)}. A space or a value comes after --set.")


def _finish(trials: Trials, address: str, as_json: bool) -> int:
    """Write down the best application, and print what was found."""
    from nm_core.tuning.study import outcome
    from nm_core.tuning.trials import BEST, WORDS

    counted, best, file = trials.finished(), trials.best(), trials.write_best()
    folder = None if best is None else trials.folder_of(best.number) / "application"
    saved = str(folder) if folder is not None and folder.is_dir() else None
    arguments = ["nmod", "train", str(file), "--work-dir", str(trials.folder / BEST)]
    command = None if file is None else shlex.join(arguments)
    rows = [trials.to_dict(trial) for trial in sorted(counted, key=trials.rank)]
    goal, names = trials.search.goal, list(trials.search.spaces)
    if as_json:
        print_json(
            {
                "study": trials.study.study_name,
                "storage": address,
                "metric": goal.metric,
                "direction": goal.direction,
                "trials": rows,
                "best": None if best is None else trials.to_dict(best),
                "file": None if file is None else str(file),
                "application": saved,
                "next": command,
            }
        )
    else:
        cells = []
        for row in rows[:_SHOWN]:
            score = "" if row["score"] is None else f"{row['score']:.6g}"
            values = (row["values"].get(name, "") for name in names)
            cells.append((row["trial"], score, WORDS[row["state"]], *values))
        print_table(("trial", goal.metric, "state", *names), cells)
    if best is None:
        states = [outcome(trial) for trial in counted]
        said = ", ".join(f"{states.count(state)} {word}" for state, word in WORDS.items() if state in states)
        print(f"No trial of {len(counted)} came to its end with a score: {said}.", file=sys.stderr)
        return Exit.PROBLEM
    if not as_json:
        print(f"best: {file}")
        if saved:
            print(f"saved: {saved}")
        print(f"next: {command}")
    return Exit.DONE
