import pytest

from scratch_repository import Repository

SOURCE = "packages/nm-core/src/nm_core/used.py"


def said(repository: Repository, source: str, requirements: str = "") -> str:
    """Write a module and requirements of nm-core, and return what the check says."""
    repository.write(SOURCE, "import nm_types\n" + source)
    pyproject = repository.path / "packages/nm-core/pyproject.toml"
    text = pyproject.read_text(encoding="utf-8").replace(
        "[tool.hatch.version]", f"{requirements}\n[tool.hatch.version]"
    )
    pyproject.write_text(text, encoding="utf-8")
    done = repository.tool("check_dependencies")
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "source", ["import torch.nn", "from torch import nn", "def f():\n    import torch", "import_module('torch')"]
)
def test_an_undeclared_import_is_found(repository: Repository, source: str) -> None:
    """However it is imported, it is named with file and line; the standard library and the package itself are not."""
    found = said(repository, f"import os.path\nfrom nm_core import used\n{source}\n")

    assert found.startswith("nm_core/used.py:")
    assert "torch" in found
    assert "packages/nm-core/pyproject.toml does not declare." in found
    assert len(found.splitlines()) == 1


def test_what_is_declared_in_vain_is_found(repository: Repository) -> None:
    """A requirement that no source imports is named, that of an extra with the extra."""
    found = said(repository, "# nm-core[fast]", '[project.optional-dependencies]\nfast = ["PyYAML>=6"]\n')

    assert found == "packages/nm-core/pyproject.toml: its extra fast requires yaml, which nothing imports.\n"


def test_an_extra_is_imported_where_it_is_used(repository: Repository) -> None:
    """Inside a function or a block for type checkers an extra may be imported; when the file is loaded it may not."""
    extra = '[project.optional-dependencies]\nfast = ["PyYAML>=6"]\n'
    late = "# nm-core[fast]\nimport typing\nif typing.TYPE_CHECKING:\n    import yaml\ndef f():\n    import yaml"

    assert "2 packages import what they declare" in said(repository, late, extra)
    assert said(repository, "# nm-core[fast]\nimport yaml\n") == (
        "nm_core/used.py:3: imports yaml when loaded, which only the extra fast brings.\n"
    )


def test_an_extra_that_nothing_names_is_found(repository: Repository) -> None:
    """Whoever misses an extra must be told its name, in a message or in the README."""
    extra = '[project.optional-dependencies]\nfast = ["PyYAML>=6"]\n'

    found = said(repository, "def f():\n    import yaml\n", extra)

    assert found.startswith("packages/nm-core: no message, docstring or README names nm-core[fast]")


def test_lowest_bounds_are_pinned(repository: Repository) -> None:
    """Each library of a package and of the extras named is pinned to its lower bound; siblings are not."""
    said(repository, "", '[project.optional-dependencies]\nfast = ["PyYAML>=6.0.1"]\nslow = ["sleepy>=2"]\n')

    lowest = repository.path / "lowest.txt"

    repository.tool("lowest", "lowest.txt", "nm-core[fast]")
    assert lowest.read_text(encoding="utf-8") == "PyYAML==6.0.1\n"

    repository.tool("lowest", "lowest.txt", "nm-core")
    assert lowest.read_text(encoding="utf-8") == ""


def test_a_library_can_be_left_as_tested(repository: Repository) -> None:
    """A lower bound that is too large to install each time gives way to the version in `constraints.txt`, or alone."""
    said(repository, "", '[project.optional-dependencies]\nfast = ["PyYAML>=6.0.1", "sleepy>=2"]\n')
    repository.write("constraints.txt", "# tested\npytest==9.2.0\npyyaml==6.0.3\nsleepy==2.4\n")
    lowest = repository.path / "lowest.txt"

    repository.tool("lowest", "lowest.txt", "nm-core[fast]", "--as-tested", "sleepy")
    assert lowest.read_text(encoding="utf-8") == "PyYAML==6.0.1\nsleepy==2.4\n"

    repository.tool("lowest", "lowest.txt", "nm-core[fast]", "--only", "sleepy")
    assert lowest.read_text(encoding="utf-8") == "pytest==9.2.0\npyyaml==6.0.3\nsleepy==2\n"
