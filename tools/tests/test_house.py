"""The map of the house names every room, on the floors that the contracts of imports hold."""

import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("types", "core", "torch", "asr", "nlp")
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")


def rooms_on_page(package: str) -> Iterator[tuple[int, str]]:
    """Yield the floor and the name of each room in the table of a package."""
    head = "### nm-asr and nm-nlp" if package in ("asr", "nlp") else f"### nm-{package}"
    section = PAGE.split(f"{head}\n")[1].split("\n#")[0]
    if package in ("asr", "nlp"):
        section = section.split(f"room of nm-{package}")[1].split("room of")[0]
    for floor, names in re.findall(r"^\| (\d+) \| ([^|]*) \|", section, re.MULTILINE):
        yield from ((int(floor), name) for name in re.findall(r"`(\w+)`", names))


@pytest.mark.parametrize("package", PACKAGES)
def test_every_room_is_on_the_map(package: str) -> None:
    """Each folder and file of a package stands in its table once, and nothing else does."""
    folder = ROOT / "packages" / f"nm-{package}" / "src" / f"nm_{package}"
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    folders = {path.name for path in folder.iterdir() if (path / "__init__.py").exists()}

    assert sorted(name for _, name in rooms_on_page(package)) == sorted(files | folders)


@pytest.mark.parametrize("package", ["types", "core", "torch"])
def test_floors_follow_the_contracts(package: str) -> None:
    """A room that a contract lays below another one is on a lower floor of the map."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    (contract,) = (each for each in settings["contracts"] if each.get("containers") == [f"nm_{package}"])
    floors = {name: floor for floor, name in rooms_on_page(package)}
    layers = [[floors[name] for name in re.findall(r"\w+", layer) if name in floors] for layer in contract["layers"]]

    for upper, lower in pairwise(layers):
        assert min(upper) > max(lower)
