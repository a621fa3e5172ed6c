"""`nmod tune` in one process: what is searched, what becomes of trials, and what is written down."""

import json
from pathlib import Path

import pytest

from nm_core.cli.exits import Exit

LR = ("--set", "train.optimizer.lr=0.05..1.5")
GRID = ("--sampler", "grid", "--quiet", "--json")


def scores(result) -> dict[str, float]:
    """Return the score of each learning rate."""
    return {trial["values"]["train.optimizer.lr"]: trial["score"] for trial in result["trials"]}


def test_every_form_of_space_is_searched(tune) -> None:
    """Numbers, whole numbers, orders of magnitude, steps and choices arrive in the trials as what they are."""
    result = tune(
        *("--set", "train.optimizer.lr=1e-3..1.5:log"),
        *("--set", "train.max_steps=2..4"),
        *("--set", "weight.start=0.0..0.5"),
        *("--set", "weight.width=2..8:step=2"),
        *("--set", "weight.kind=plain,fancy"),
        *("--set", "seed=5"),
        *("--trials", 4, "--quiet", "--json"),
    ).json()

    assert len(result["trials"]) == 4
    for trial in result["trials"]:
        values = {name.rpartition(".")[2]: text for name, text in trial["values"].items()}
        assert 1e-3 <= float(values["lr"]) <= 1.5
        assert values["max_steps"] in {"2", "3", "4"}
        assert 0.0 <= float(values["start"]) <= 0.5
        assert values["width"] in {"2", "4", "6", "8"}
        assert values["kind"] in {"plain", "fancy"}
        step = (1 - float(values["start"])) * abs(1 - float(values["lr"])) ** int(values["max_steps"])
        assert trial["score"] == pytest.approx(step)


def test_the_best_application_is_a_complete_file(tune, app, tmp_path) -> None:
    """It stands elsewhere and means the same: it checks, trains to the score of its trial, and keeps references."""
    from nm_core.application import check_file, load_application

    result = tune(*LR, "--set", "size=2", "--trials", 3, "--quiet", "--json").json()

    file = tmp_path / result["file"]
    assert check_file(file, backend="python").ok
    text = file.read_text()
    assert f"lr: {result['best']['values']['train.optimizer.lr']}" in text
    assert f"data: {tmp_path / 'data.txt'}" in text
    assert "manifest: $data" in text
    assert result["best"]["score"] == min(trial["score"] for trial in result["trials"])
    trained = load_application(file, backend="python", work_dir=tmp_path / "again")
    trained.train()
    assert trained.eval()["distance"] == result["best"]["score"]
    saved = load_application(result["application"], backend="python")
    assert saved.eval()["distance"] == result["best"]["score"]
    assert result["next"].startswith(f"nmod train {result['file']} --work-dir ")
    assert (tmp_path / result["best"]["folder"] / "app.yaml").read_text() == text


def test_people_get_a_table_and_the_next_command(tune) -> None:
    """Progress goes to standard error, trial by trial; the table has the best one at the top."""
    ended = tune(*LR, "--trials", 2)

    assert ended.code == 0
    assert "0 of 2 trials are done; minimize dev.distance" in ended.err
    assert "train.optimizer.lr: numbers from 0.05 to 1.5" in ended.err
    assert "the best so far" in ended.err
    head, _, first, second = ended.out.splitlines()[:4]
    assert head.split() == ["trial", "dev.distance", "state", "train.optimizer.lr"]
    assert float(first.split()[1]) <= float(second.split()[1])
    assert "next: nmod train runs/app-" in ended.out


def test_each_trial_has_a_folder_with_its_log(tune, tmp_path) -> None:
    """The log of a trial holds its evaluations."""
    result = tune(*LR, "--trials", 1, "--quiet", "--json", "--work-dir", "here").json()

    lines = (tmp_path / "here" / "trials" / "0000" / "metrics.jsonl").read_text().splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["event"] for event in events] == ["start", *["evaluation"] * 4, "end"]
    assert events[-2]["dev.distance"] == result["best"]["score"]


@pytest.mark.slow
def test_one_process_repeats_itself(tune) -> None:
    """The seed decides what is drawn, in whatever pieces the trials are made; another seed draws something else."""
    options = (*LR, "--quiet", "--json", "--set", "weight.kind=plain,fancy")
    whole = tune(*options, "--trials", 11, "--work-dir", "whole").json()
    for trials in (4, 11):
        pieces = tune(*options, "--trials", trials, "--work-dir", "pieces").json()
    other = tune(*options, "--trials", 1, "--seed", 7, "--work-dir", "other").json()

    def drawn(result):
        return [trial["values"] for trial in sorted(result["trials"], key=lambda trial: trial["trial"])]

    assert drawn(whole) == drawn(pieces)
    assert drawn(other)[0] not in drawn(whole)
    assert "seed: 7" in Path(other["file"]).read_text()


def test_the_same_command_goes_on(tune) -> None:
    """It says how much is done and does the rest; when all is done it only shows it again."""
    assert "0 of 2 trials are done" in tune(*LR, "--trials", 2).err

    more = tune(*LR, "--trials", 3)
    assert "2 of 3 trials are done" in more.err
    assert more.err.count("train.optimizer.lr=") == 1
    again = tune(*LR, "--trials", 3)
    assert "3 of 3 trials are done" in again.err
    assert again.out == more.out


def test_a_grid_tries_each_combination_once(tune) -> None:
    """As many trials as combinations, unless fewer are asked for; going on makes those that are missing."""
    options = ("--set", "train.optimizer.lr=0.1,0.2", "--set", "train.max_steps=2..4", *GRID)
    assert len(tune(*options, "--trials", 4).json()["trials"]) == 4

    values = [tuple(trial["values"].values()) for trial in tune(*options).json()["trials"]]

    assert sorted(values) == [(lr, steps) for lr in ("0.1", "0.2") for steps in ("2", "3", "4")]


def test_a_grid_needs_an_end(tune) -> None:
    """A range of numbers without steps is no grid, and the message says how to make it one."""
    ended = tune(*LR, *GRID)

    assert ended.code == Exit.PROBLEM
    assert "0.0..0.5:step=0.1" in ended.err


def test_a_trial_that_does_not_check_is_noted(tune) -> None:
    """Types that cannot fit cost a trial, with the reason, and not the study."""
    result = tune("--set", "narrow.width=2,3", "--set", "train.optimizer.lr=0.1,0.2", *GRID).json()

    states = {tuple(trial["values"].values()): trial for trial in result["trials"]}
    assert [states[width, "0.1"]["state"] for width in ("2", "3")] == ["done", "invalid"]
    assert "NM105" in states["3", "0.1"]["reason"]
    assert states["3", "0.1"]["score"] is None
    assert result["best"]["values"]["narrow.width"] == "2"


def test_values_that_fit_together_are_found_though_alone_they_clash(tune) -> None:
    """Two widths that must agree: what is wrong in the file as it stands, one by one, can be right in a trial."""
    result = tune("--set", "narrow.width=3,4", "--set", "size=3,4", *GRID).json()

    assert sorted(trial["state"] for trial in result["trials"]) == ["done", "done", "invalid", "invalid"]


def test_a_trial_that_fails_is_noted(tune) -> None:
    """An error in training costs a trial, with the reason."""
    result = tune("--set", "train.optimizer.lr=0.1,90", *GRID).json()

    (failed,) = (trial for trial in result["trials"] if trial["state"] == "failed")
    assert failed["reason"] == "ArithmeticError: the weight is no number that is worth its name"
    assert scores(result)["0.1"] == pytest.approx(0.9**4)


def test_failures_one_after_the_other_end_the_search(tune, tmp_path) -> None:
    """Where nothing works the cause is no value: the error itself is shown, and mended, the search goes on."""
    (tmp_path / "data.txt").rename(tmp_path / "away.txt")
    ended = tune(*LR, "--trials", 5)

    assert ended.code == Exit.PROBLEM
    assert ended.err.count("trial 2: train") == 1
    assert "trial 3" not in ended.err
    assert "data.txt" in ended.err.splitlines()[-1]
    (tmp_path / "away.txt").rename(tmp_path / "data.txt")
    assert len(tune(*LR, "--trials", 5, "--json", "--quiet").json()["trials"]) == 5


def test_a_search_without_a_score_says_so(tune) -> None:
    """When every trial was told apart by the check there is no best file, and the exit code says it."""
    ended = tune("--set", "narrow.width=3,4", *GRID)

    assert ended.code == Exit.PROBLEM
    assert "No trial of 2 came to its end with a score: 2 does not check" in ended.err
    assert json.loads(ended.out)["file"] is None


def test_trials_that_are_worse_are_pruned(tune) -> None:
    """After five whole trainings, one that is worse than half of them stops at its first evaluation."""
    rates = [0.5, 0.51, 0.52, 0.53, 0.54, 0.1]
    result = tune("--set", f"train.optimizer.lr={','.join(map(str, rates))}", *GRID).json()

    worst = next(trial for trial in result["trials"] if trial["values"]["train.optimizer.lr"] == "0.1")
    assert worst["state"] == "pruned"
    assert worst["score"] == pytest.approx(0.9)
    log = Path(worst["folder"], "metrics.jsonl").read_text()
    assert log.count('"evaluation"') == 1
    unpruned = tune(
        "--set", f"train.optimizer.lr={','.join(map(str, rates))}", *GRID, "--pruner", "none", "--study", "x"
    )
    assert scores(unpruned.json())["0.1"] == pytest.approx(0.9**4)


def test_hyperband_prunes_too(tune) -> None:
    """Successive halving ends trials early, and every trial still counts."""
    result = tune(
        *LR, "--trials", 12, "--pruner", "hyperband", "--set", "train.max_steps=9", "--quiet", "--json"
    ).json()

    assert len(result["trials"]) == 12
    assert any(trial["state"] == "pruned" for trial in result["trials"])
    assert result["best"]["state"] == "done"


def test_the_score_is_that_of_the_last_weights(tune, app) -> None:
    """Where the last update was not evaluated, or nothing was, the weights at the end are."""
    app.write_text(app.read_text().replace("every_steps: 1", "every_steps: 3"))
    assert scores(tune("--set", "train.optimizer.lr=0.1,0.2", *GRID).json())["0.1"] == pytest.approx(0.9**4)
    text = app.read_text().replace(
        "{type: evaluation, params: {name: dev, every_steps: 3}, metrics: eval}", "{type: pause}"
    )
    app.write_text(text)
    result = tune("--set", "train.optimizer.lr=0.1,0.2", *GRID).json()

    assert result["metric"] == "eval.distance"
    assert scores(result)["0.1"] == pytest.approx(0.9**4)


def test_another_direction_can_be_asked_for(tune) -> None:
    """A score that no metric speaks for needs a direction, and gets it; one against its metric is refused."""
    options = ("--set", "train.optimizer.lr=0.1,0.2", *GRID)
    contrary = tune(*options, "--direction", "maximize")
    assert contrary.code == Exit.PROBLEM
    assert "--direction maximize is against the goal of dev.distance, whose metric says min" in contrary.err

    unclear = tune(*options, "--metric", "dev.samples")
    assert unclear.code == Exit.PROBLEM
    assert "--direction minimize or maximize" in unclear.err
    assert tune(*options, "--metric", "dev.samples", "--direction", "maximize").json()["best"]["score"] == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--metric", "dev.distanc"), 'Did you mean "dev.distance"?'),
        (("--metric", "dve.distance"), 'Did you mean "dev.distance"?'),
        (("--metric", "distance"), "Known: dev.distance (min)"),
        (
            ("--metric", "dev.distanc", "--direction", "minimize"),
            'has no score "dev.distanc". Did you mean "dev.distance"?',
        ),
    ],
)
def test_a_misspelt_metric_is_corrected(tune, given, said) -> None:
    """Known before the first trial where the metric declares its scores, and else after its first evaluation."""
    ended = tune(*LR, *given)

    assert ended.code == Exit.PROBLEM
    assert said in ended.err
    assert "trial 1" not in ended.err


def test_several_scores_or_none_ask_for_a_choice(tune, app) -> None:
    """The message lists what there is."""
    text = app.read_text()
    other = (
        "{type: evaluation, params: {name: test}, metrics: [{type: speech.Distance, inputs: {scores: train.score}}]}"
    )
    app.write_text(text.replace("- {type: pause}", f"- {other}"))
    assert "Known: dev.distance (min), test.distance (min)." in tune(*LR).err
    assert tune(*LR, "--metric", "test.distance", "--trials", 1).code == 0
    app.write_text(
        text.partition("eval: {metrics")[0]
        .replace(", metrics: eval}", "}")
        .replace("type: evaluation, params: {name: dev, every_steps: 1}", "type: pause")
    )
    assert "Nothing in the application says how good it is" in tune(*LR).err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--set", "train.optimizer.lr=0.5..0.1"), "the lower bound comes first"),
        (("--set", "weight.strat=0.0..0.5"), 'Did you mean "start"?'),
        (("--set", "wieght.start=0.0..0.5"), 'Did you mean "weight"?'),
        (("--set", "weight.width=0.1..0.5"), "no value of it fits"),
        (("--set", "size=0.1..0.5"), "no value of it fits"),
        (("--set", "train.optimizer.lr=fast,slow"), "lr is no number"),
        (("--set", "train.optimizer.lr=0.1"), "There is nothing to search"),
        ((*LR, "--set", "weight.width=x"), "width"),
        ((*LR, "--storage", "study.db"), "sqlite:///study.db"),
        ((*LR, "--storage", "sqlite:///nowhere/study.db"), "cannot be opened"),
    ],
)
def test_what_cannot_be_searched_is_told_before_the_first_trial(tune, given, said) -> None:
    """Names, spaces, the file and the database are looked at first."""
    ended = tune(*given)

    assert ended.code == Exit.PROBLEM
    assert said in ended.err
    assert "trial 0" not in ended.err


def test_braces_that_the_shell_expanded_are_explained(tune) -> None:
    """Bash makes several words of braces without quotes; the message has the words that work."""
    ended = tune("--set", "weight.kind=plain", "weight.kind=fancy")

    assert ended.code == Exit.USAGE
    assert "--set weight.kind=plain,fancy" in ended.err
    assert tune("weight.kind=plain,fancy").code == Exit.USAGE


def test_a_saved_application_is_no_file_to_search(tune, app, capsys) -> None:
    """Its weights fit one structure only."""
    from nm_core.cli.main import main

    saved = tune(*LR, "--trials", 1, "--json", "--quiet").json()["application"]
    assert main(["tune", saved, "--backend", "python", *LR]) == Exit.PROBLEM
    assert "init_from" in capsys.readouterr().err


def test_a_study_of_something_else_is_not_mixed(tune) -> None:
    """A name that is taken is an error which says what differs; each search of its own has a name of its own."""
    assert tune(*LR, "--trials", 1, "--study", "mine").code == 0

    ended = tune("--set", "train.optimizer.lr=0.05..1.0", "--study", "mine")

    assert ended.code == Exit.PROBLEM
    assert "{'train.optimizer.lr': '0.05..1.5'} there, {'train.optimizer.lr': '0.05..1.0'} now" in ended.err


def test_without_optuna_the_line_that_installs_it_is_shown(tune, monkeypatch) -> None:
    """The extra is named."""
    monkeypatch.setattr("nm_core.tuning.command.find_spec", lambda name: None)

    ended = tune(*LR)

    assert ended.code == Exit.PROBLEM
    assert "python -m pip install 'nm-core[tune]'" in ended.err


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_a_saved_application_is_not_searched(app, capsys, name) -> None:
    """Its weights fit one structure; the message says how a search begins with them."""
    from nm_core.cli.main import main

    assert main(["train", str(app), "--backend", "python", "--quiet", "--save", name]) == 0
    code = main(["tune", name, *LR, "--backend", "python"])

    assert code == Exit.PROBLEM
    assert f"init_from: {{MODULE: {name}}}" in capsys.readouterr().err


def test_trials_of_a_study_that_is_gone_are_not_overwritten(tune, tmp_path: Path) -> None:
    """Their folder is refused, and another one named."""
    assert tune(*LR, "--trials", 1, "--quiet", "--work-dir", tmp_path / "here").code == 0
    (tmp_path / "here" / "study.db").unlink()

    ended = tune(*LR, "--trials", 1, "--quiet", "--work-dir", tmp_path / "here")

    assert ended.code == 1
    assert f"--work-dir {tmp_path / 'here-2'}" in ended.err.replace("\n", " ")
