"""`pytest --nm-collection NAME` in a process of its own, as authors of collections run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

LIARS = """
from nm_core.plugins import Collection, ModuleSpec, hookimpl

@hookimpl
def nm_examples():
    return {"Sometimes": "nm_core_lies:SOMETIMES"}

def spec(name):
    return ModuleSpec(name, "A liar.", {"reference": f"nm_core_lies:{name}"})

@hookimpl
def nm_collection():
    return Collection(
        "liars",
        "Liars.",
        modules=[spec("Noisy"), spec("Sociable"), spec("Writing"), spec("Sometimes")],
        exempt={
            "Noisy": {"evaluation": "it is a siren"},
            "Sociable": {"modes": "who knows"},
            "Sometimes": {"evaluation": "it may be loud"},
        },
    )
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return an empty folder; beside it two collections are installed, "honest" and "liars"."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "liars.py").write_text(LIARS, encoding="utf-8")
    for name, target in (("honest", "nm_core_honest"), ("liars", "liars")):
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[nm.collections]\n{name} = {target}\n", encoding="utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in the folder of a project, with the collections beside it."""
    path = [project.parent / "site", TESTS, TESTS.parent]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "NM_COLLECTIONS": "honest,liars",
        "COLUMNS": "120",
    }
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_an_honest_collection_passes_in_an_empty_folder(project: Path) -> None:
    """Without any test there, and without leaving anything behind."""
    done = run(project, "--nm-collection", "honest")

    assert done.returncode == 0, done.stdout
    assert "nm-collection: honest, suite 3 (written for 3)" in done.stdout
    assert "honest.Project[inputs=2,outputs=3] ......." in done.stdout
    assert list(project.iterdir()) == []


def test_tests_can_be_listed_and_chosen(project: Path) -> None:
    """Their names say module, parameters and check."""
    done = run(
        project, "--nm-collection", "honest", "--collect-only", "-q", "-k", "Running and padding or Project and seed"
    )

    assert done.stdout.splitlines()[:3] == [
        "honest.Project[inputs=2,outputs=3]::seed",
        "honest.Project[inputs=1,outputs=4]::seed",
        "honest.Running::padding",
    ]


def test_failures_say_what_to_do_and_the_summary_what_is_exempt(project: Path) -> None:
    """The message alone, without frames of the suite; exemptions with their reasons, and those that can go."""
    done = run(project, "--nm-collection", "liars")

    assert done.returncode == 1
    assert "liars.Writing changes its input x in evaluation." in done.stdout
    assert "Compute a new tensor" in done.stdout
    assert "def judge" not in done.stdout
    assert "liars.Noisy::evaluation: it is a siren (Run twice in evaluation" in done.stdout
    assert "the exemption can go:\n  liars.Sociable::modes: who knows\n" in done.stdout
    assert "Sometimes[loud=False]::" not in done.stdout  # another example needs the exemption
    assert "2 failed" in done.stdout
    assert "2 xfailed" in done.stdout


def test_a_project_with_its_own_tests_and_configuration(project: Path) -> None:
    """Alone, the suite runs alone; beside paths it runs with them, under the project's own conftest and settings."""
    (project / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\ntestpaths = tests\n", encoding="utf-8")
    (project / "conftest.py").write_text(
        "import pytest\n\n@pytest.fixture(autouse=True)\ndef own(): yield\n\n"
        "def pytest_collection_modifyitems(items): items.sort(key=lambda item: item.nodeid)\n",
        encoding="utf-8",
    )
    (project / "tests").mkdir()
    (project / "tests" / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    chosen = ("--nm-collection", "honest", "-k", "own or evaluation", "-q")

    alone, beside = run(project, *chosen), run(project, "tests", *chosen)

    assert "6 passed" in alone.stdout, alone.stdout
    assert "7 passed" in beside.stdout, beside.stdout


def test_an_unknown_collection_is_a_usage_error(project: Path) -> None:
    """With a guess, and without a traceback."""
    done = run(project, "--nm-collection", "honset")

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert 'there is no collection "honset". Did you mean "honest"?' in done.stderr
    assert "Traceback" not in done.stderr


def test_other_users_of_pytest_pay_nothing() -> None:
    """The option is there, and neither nm-core nor a collection is imported for it."""
    code = "import sys, nm_pytest; print([name for name in sys.modules if name.startswith(('nm_core', 'nm_types'))])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
