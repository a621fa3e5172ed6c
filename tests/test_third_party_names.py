"""Short names of third parties in files: official ones keep their meaning, others are told at their line."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nm_torch
from nm_core import load_application
from nm_core.application import check_file
from nm_core.plugins import Collection, Collections, hookimpl

GOLDEN = Path(__file__).parent / "golden" / "v0_1"
THEIRS = {
    "nm_optimizers": dict.fromkeys(("sgd", "adamw", "Adagrad", "fast"), "nm_torch.optim:Novograd"),
    "nm_policies": dict.fromkeys(("cosine", "slow"), "nm_torch.optim:Constant"),
    "nm_callbacks": dict.fromkeys(("checkpoint", "bell"), "nm_core.callbacks:ProgressCallback"),
    "nm_strategies": dict.fromkeys(("single", "ddp"), "nowhere:Strategy"),
    "nm_backends": {"torch": "nowhere:Backend"},
    "nm_tasks": {"transcribe": "nowhere:transcribe"},
    "nm_commands": {"tokenizer": "nowhere:tokenizer"},
}


def third_party(name: str) -> Any:
    """Return a collection that offers names which others have."""
    hooks = {hook: hookimpl(lambda offered=offered: offered, specname=hook) for hook, offered in THEIRS.items()}
    return SimpleNamespace(nm_collection=hookimpl(lambda: Collection(name, "Of a stranger.")), **hooks)


STRANGERS = Collections.load({name: third_party(name) for name in ("bees", "birds")})


def find_problems(folder: Path, optimizer: str, policy: str, callback: str) -> dict[str, str]:
    """Check a file with these names, and return messages by the text of their lines."""
    text = (folder / "stopping.yaml").read_text(encoding="utf-8")
    text = text.replace("{name: sgd, lr: 0.0}", f"{{name: {optimizer}, lr: 0.0}}\n  policy: {{name: {policy}}}")
    text = text.replace("{type: tensorboard, params: {log_dir: events}}", f"{{type: {callback}}}")
    path = folder / "changed.yaml"
    path.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    return {
        lines[(problem.line or 1) - 1].strip(): problem.message
        for problem in check_file(path, collections=STRANGERS).problems
    }


def test_a_name_that_two_offer_is_told_at_its_line(tmp_path: Path) -> None:
    """The message names both qualified names, and each of them is taken."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "golden"))

    problems = find_problems(folder, "fast", "slow", "bell")

    lines = {
        "optimizer: {name: fast, lr: 0.0}": "fast",
        "policy: {name: slow}": "slow",
        "- {type: bell}": "bell",
    }
    assert problems.keys() == lines.keys()
    for line, name in lines.items():
        assert f"Write bees.{name} or birds.{name}." in problems[line]
    assert find_problems(folder, "birds.fast", "bees.slow", "birds.bell") == {}


def test_official_names_keep_their_meaning(tmp_path: Path) -> None:
    """Also those of `torch.optim`, which no collection declares."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "golden"))

    for optimizer in ("sgd", "AdamW", "Adagrad"):
        assert find_problems(folder, optimizer, "constant", "progress") == {}


def test_a_training_goes_on_with_its_own_names(tmp_path: Path) -> None:
    """An application of 0.1 is loaded and its names mean what they meant, on the backend and strategy that it had."""
    application = load_application(GOLDEN / "stopping.yaml", collections=STRANGERS)

    assert type(application.factory.session).__module__.partition(".")[0] == nm_torch.__name__
    assert STRANGERS.owners("strategies", "ddp") == STRANGERS.owners("commands", "tokenizer") == ("common",)
    assert STRANGERS.owners("tasks", "transcribe") == ("asr",)
