"""Public names of a package are imported when they are first used."""

import subprocess
import sys
from pathlib import Path

import pytest

INIT = """
from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_types_lazy import shapes
    from nm_types_lazy.shapes import Circle, square
else:
    __getattr__, __dir__ = lazy_exports(
        __name__, {"Circle": "nm_types_lazy.shapes", "square": "nm_types_lazy.shapes", "shapes": "nm_types_lazy.shapes"}
    )

__all__ = ["Circle", "shapes", "square"]
"""

SHAPES = """
class Circle: ...
def square(): ...
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with the package `nm_types_lazy`."""
    (tmp_path / "nm_types_lazy").mkdir()
    (tmp_path / "nm_types_lazy" / "__init__.py").write_text(INIT, encoding="utf-8")
    (tmp_path / "nm_types_lazy" / "shapes.py").write_text(SHAPES, encoding="utf-8")
    return tmp_path


def run(package: Path, code: str) -> str:
    """Run code that may import the package, and return what it prints."""
    prelude = f"import sys; sys.path.insert(0, {str(package)!r}); import nm_types_lazy as package\n"
    done = subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_name_is_imported_when_it_is_used(package: Path) -> None:
    """Importing the package imports no other module; afterwards the name is an ordinary attribute."""
    code = """
print("nm_types_lazy.shapes" in sys.modules, package.Circle.__name__, "nm_types_lazy.shapes" in sys.modules)
print("Circle" in vars(package), "square" in vars(package), package.shapes.square is package.square)
"""

    assert run(package, code).split() == ["False", "Circle", "True", "True", "False", "True"]


def test_names_are_listed_before_they_are_imported(package: Path) -> None:
    """Completion and `from package import *` know every name."""
    code = """
names = dir(package)
from nm_types_lazy import *
print({"Circle", "square", "shapes"} <= set(names), "__name__" in names, names == sorted(names), square.__name__)
"""

    assert run(package, code).split() == ["True", "True", "True", "square"]


def test_a_wrong_name_is_an_attribute_error(package: Path) -> None:
    """The message names the package and the nearest name."""
    code = """
try:
    package.Circel
except AttributeError as error:
    print(error)
"""

    assert run(package, code) == "module 'nm_types_lazy' has no attribute 'Circel'. Did you mean \"Circle\"?"
