"""Small collections, in memory and installed on disk."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from nm_core.plugins import Collection, ModuleSpec, Upgrade, hookimpl

HEALTHY = """
from nm_core.plugins import Collection, ModuleSpec, hookimpl

@hookimpl
def nm_collection():
    return Collection("{name}", "A healthy collection.", modules=[
        ModuleSpec("Widget", "Does one thing.", targets={{"torch": "{package}.widget:Widget"}}),
    ])
"""

Install = Callable[..., None]


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.packages: list[str] = []

    @property
    def path(self) -> list[str]:
        """Where the distributions are, as ``Collections.load`` takes it."""
        return [str(self.folder)]

    def install(
        self,
        distribution: str,
        *,
        name: str | None = None,
        declaration: str = HEALTHY,
        version: str = "1.0",
        requires: tuple[str, ...] = (),
        widget: str = "class Widget:\n    pass\n",
    ) -> None:
        """Write a package with its metadata, as an installer would."""
        package = distribution.replace("-", "_")
        name = name or package
        self.packages.append(package)
        module = self.folder / package
        module.mkdir()
        (module / "__init__.py").write_text("")
        (module / "_collection.py").write_text(declaration.format(name=name, package=package))
        (module / "widget.py").write_text(widget)
        info = self.folder / f"{package}-{version}.dist-info"
        info.mkdir()
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {distribution}",
            f"Version: {version}",
            f"Summary: About {name}.",
            *(f"Requires-Dist: {requirement}" for requirement in requires),
        ]
        (info / "METADATA").write_text("\n".join(lines) + "\n")
        (info / "entry_points.txt").write_text(f"[nm.collections]\n{name} = {package}._collection\n")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Give an empty folder of distributions that Python imports from, and forget its packages afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = Site(tmp_path)
    yield made
    for name in list(sys.modules):
        if name.partition(".")[0] in made.packages:
            del sys.modules[name]


@pytest.fixture
def demo() -> SimpleNamespace:
    """Give a collection as an object, with one module from the standard library and names of several sorts."""

    @hookimpl
    def nm_collection() -> Collection:
        return Collection(
            "demo",
            "For tests.",
            modules=[
                ModuleSpec("Ordered", "An ordered dictionary.", targets={"torch": "collections:OrderedDict"}),
                ModuleSpec(
                    "Broken",
                    "Nowhere to be found.",
                    targets={"any": "nm_no_such_package.x:Broken"},
                    version=3,
                    upgrades={1: Upgrade(), 2: Upgrade()},
                    formerly=["Whole"],
                ),
                ModuleSpec("Renamed", "Declared under an old name.", targets={"torch": "collections:OrderedDcit"}),
                ModuleSpec("Heavy", "Needs an extra.", targets={"torch": "nm_no_such_package:Heavy"}, extra="big"),
            ],
        )

    @hookimpl
    def nm_optimizers() -> dict[str, str]:
        return {"descent": "collections:Counter"}

    @hookimpl
    def nm_metrics() -> dict[str, str]:
        return {"Rate": "fractions:Fraction"}

    return SimpleNamespace(nm_collection=nm_collection, nm_optimizers=nm_optimizers, nm_metrics=nm_metrics)
