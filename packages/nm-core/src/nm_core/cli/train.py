"""`nmod train`."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nm_core.actions.results import interrupted_result
from nm_core.actions.train_options import TrainOptions
from nm_core.cli.exits import Exit
from nm_core.cli.infer import verbs_of
from nm_core.cli.launch import launch, nproc_arguments, rank, read_application, without_nproc
from nm_core.cli.options import application_argument, declared_option, set_option, setting_options
from nm_core.cli.output import json_option, print_json
from nm_core.cli.rescue import save_trained

if TYPE_CHECKING:
    from nm_core.actions.results import LoadedWeights
    from nm_core.application import Application
    from nm_core.application.saved.document import Document
    from nm_core.callbacks.run import TrainingResult
    from nm_core.runs import OpenRun


@click.command()
@application_argument
@click.option(
    "--resume",
    is_flag=False,
    flag_value="auto",
    metavar="[PATH]",
    help="Go on from the newest checkpoint of the run's folder, or from PATH.",
)
@click.option(
    "--restart", is_flag=True, help="Begin anew; the run that is in the folder is moved to a numbered folder in it."
)
@declared_option(TrainOptions, "max_steps")
@declared_option(TrainOptions, "max_epochs")
@click.option("--nproc", type=click.IntRange(1), metavar="N", help="Processes to train with on this machine.")
@click.option(
    "--work-dir", type=click.Path(file_okay=False), help="Where checkpoints and logs go; runs/NAME by default."
)
@click.option(
    "--save",
    "target",
    type=click.Path(),
    help="Where to save it, as one archive if the name ends in .zip; WORK_DIR/application by default.",
)
@click.option("--overwrite", is_flag=True, help="Replace a saved application that is where --save says.")
@click.option(
    "--weights",
    type=click.Choice(("best", "last")),
    help="The weights that are saved: those of the best checkpoint, where one is kept, or the last.",
)
@click.option("--quiet", is_flag=True, help="Show no progress.")
@set_option
@setting_options
@json_option
@click.pass_context
def train(
    ctx: click.Context,
    app: str,
    resume: str | None,
    restart: bool,
    max_steps: int | None,
    max_epochs: int | None,
    nproc: int | None,
    work_dir: str | None,
    target: str | None,
    overwrite: bool,
    weights: str | None,
    quiet: bool,
    changes: dict[str, str],
    settings: dict[str, Any],
    as_json: bool,
) -> int:
    """Train an application as its train section says, and save it as one folder that can be used at once.

    \b
    nmod train app.yaml
    nmod train app.yaml --set train.optimizer.lr=0.01 --max-epochs 5
    nmod train app.yaml --resume
    nmod train app.yaml --nproc 2

    APP is an application file, or a saved application (a folder or a .zip), whose weights then go on learning.
    Ctrl-C writes a checkpoint into the run's folder and ends with 130; --resume goes on from there, from the file or
    from what was saved of it. A folder that holds a run is refused without --resume or --restart.

    Next: nmod eval and nmod infer use the folder that was saved.
    """
    from nm_core.application.loading import check_document, load_document

    if restart and resume is not None:
        raise click.UsageError("--restart begins anew and --resume goes on: give one of them.")
    from nm_core.application.saved.folder import try_target

    arguments: list[str] = ctx.find_root().obj
    document = read_application(app, changes)
    if nproc is not None and nproc > 1:
        # Checked before processes are started, so that a mistake is said once and not once per process.
        check_document(document, backend=settings["backend"]).raise_if_bad()
        launch(nproc, without_nproc(arguments), app, document.text or "")
    folder = Path(work_dir) if work_dir is not None else _work_dir(app, document)
    application = load_document(document, work_dir=folder, **settings)
    initial = application.initial_weights()
    for report in initial:
        # What was not taken is a fact, and shown in any case.
        if rank() == 0 and not (quiet and report.complete):
            print(f"init_from: {report}", file=sys.stderr)
    overrides: dict[str, Any] = {"resume": resume, "max_steps": max_steps, "max_epochs": max_epochs, "save": weights}
    overrides |= {"progress": False if quiet else None}
    place = folder / "application" if target is None else Path(target)

    def check(run: OpenRun) -> None:
        """Try what is written at the end before the first step."""
        try_target(place, overwrite=overwrite or application.factory.owns(place))

    with application.open_run(resume=resume, restart=restart, check=check) as run:
        try:
            result = application.train(
                **{name: value for name, value in overrides.items() if value is not None},
            )
        except KeyboardInterrupt as interrupt:
            interrupted = interrupted_result(interrupt)
            if interrupted is None:
                raise
            # Nothing is saved: the checkpoint has the state of the optimizer too, and --resume goes on from it.
            if rank() == 0:
                words = [argument for argument in arguments if argument != "--restart"]
                command = shlex.join([*words, *([] if resume else ["--resume"]), *nproc_arguments()])
                print(f"Interrupted after {interrupted.step} updates. To go on: nmod {command}", file=sys.stderr)
            return Exit.INTERRUPTED
        if run is not None:
            overwrite = overwrite or application.factory.owns(place)
            saved = save_trained(application, place, run, result, arguments, overwrite=overwrite)
            _print(result, initial, saved, application.factory.best_weights() is not None, as_json)
            if not as_json:
                print(f"next: {_next(application, saved)}")
    return Exit.DONE


def _work_dir(app: str, document: Document) -> Path:
    """Return the run's folder: the one that stands in the file, else one under runs/ with the file's name."""
    train = None if document.entry is None else document.entry.train
    named = None if train is None else train.work_dir
    return Path("runs") / Path(app).resolve().stem if named is None else document.folder / named


def _print(result: TrainingResult, initial: Sequence[LoadedWeights], saved: Path, best: bool, as_json: bool) -> None:
    if as_json:
        data = {name: value for name, value in asdict(result).items() if name != "extra"}
        data["checkpoint"] = None if result.checkpoint is None else str(result.checkpoint)
        if result.best is not None:
            data["best"] |= {"path": str(result.best.path), "value": result.best.value}
        data["saved_step"] = result.best.step if best and result.best is not None else result.step
        reports = [report.to_dict() for report in initial]
        print_json(data | {"initial_weights": reports, "application": str(saved)})
        return
    if result.updates == 0:
        print(f"nothing was left to do: the training had made its {result.step} updates before. No update was made.")
    losses = ", ".join(f"{name} {value:.4g}" for name, value in result.losses.items())
    if result.updates != 0:
        print(f"{result.reason}: {result.step} updates, {result.samples} samples, {result.seconds:.1f} s. {losses}")
    for line in result.score_lines(best_saved=best):
        print(line)
    chosen = result.best if best else None
    print(f"saved: {saved}" + ("" if chosen is None else f" (update {chosen.step}, the best by {chosen.metric})"))


def _next(application: Application, saved: Path) -> str:
    """Return the commands that make sense for what was trained."""
    verbs = verbs_of(application)
    path = shlex.quote(str(saved))
    commands = [f"nmod eval {path}"] if application.entry.eval is not None else []
    commands += [f"nmod infer {path} INPUT... ({verb})" for verb in verbs] or [f"nmod infer {path}"]
    return ", or ".join(commands)
