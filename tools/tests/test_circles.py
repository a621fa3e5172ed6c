import pytest

from scratch_repository import Repository

FOLDER = "packages/nm-core/src/nm_core"


def circles(repository: Repository, **files: str) -> str:
    """Write files of nm-core, a double underscore for each folder, and return what the check prints."""
    for name, text in files.items():
        repository.write(f"{FOLDER}/{name.replace('__', '/')}.py", text)
    done = repository.tool("circles")
    assert done.returncode == (0 if "no circle" in done.stdout else 1)
    return done.stdout + done.stderr


def test_imports_in_one_direction_pass(repository: Repository) -> None:
    """Two files that import a third, and one of them the other, make no circle."""
    text = circles(repository, a="from nm_core import b, c", b="import nm_core.c", c="import nm_types")

    assert text == "nm_core, nm_types: no circle of imports.\n"


@pytest.mark.parametrize(
    "back",
    [
        "import nm_core.a",
        "from nm_core import a",
        "from nm_core.a import name",
        "def f():\n    from nm_core.a import name",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nm_core.a import name",
        "import importlib\ndef f():\n    importlib.import_module('nm_core.a')",
    ],
)
def test_a_circle_is_found_however_it_is_imported(repository: Repository, back: str) -> None:
    """Imports for type checkers and those inside functions count; each step is named with its file and line."""
    text = circles(repository, a='"""A file."""\nfrom nm_core import b', b=back)

    first, *steps = text.splitlines()
    assert first == "nm_core: files import each other in a circle."
    assert "  nm_core/a.py:2 imports nm_core.b" in steps
    assert f"  nm_core/b.py:{len(back.splitlines())} imports nm_core.a" in steps


def test_a_name_is_looked_for_where_it_is_defined(repository: Repository) -> None:
    """A room's `__init__` passes names on: they count for the files that define them, and the room for nothing more."""
    repository.write(
        f"{FOLDER}/room/__init__.py", "from nm_core.room.low import low\nfrom nm_core.room.high import high\n"
    )
    repository.write(f"{FOLDER}/room/low.py", "low = 1\n")
    repository.write(f"{FOLDER}/room/high.py", "from nm_core.other import name as high\n")

    assert "no circle" in circles(repository, other="from nm_core.room import low as name")
    assert "nm_core/other.py:1 imports nm_core.room.high" in circles(repository, other="from nm_core.room import high")


def test_a_long_circle_is_shown_by_its_shortest_way(repository: Repository) -> None:
    """Of several files that reach each other the shortest way round is shown, and all of them are named."""
    text = circles(repository, a="from nm_core import b", b="from nm_core import c", c="from nm_core import a, b")

    assert text.count(" imports ") == 2
    assert "The circle has 3 files: nm_core.a, nm_core.b, nm_core.c" in text


def test_a_package_that_is_not_there_is_refused(repository: Repository) -> None:
    """A misspelt package is an error, so that nothing passes unseen."""
    done = repository.tool("circles", "nm_cor")

    assert done.returncode == 2
    assert "There is no package nm_cor" in done.stderr
