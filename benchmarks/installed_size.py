"""What an installation weighs: packages and bytes of nm-types, nm-core and nm-asr, each alone in a fresh environment.

Use: `python benchmarks/installed_size.py dist`, after `python tools/build_wheels.py dist`. Files are counted as the
wheels bring them, without bytecode and without pip. *Beyond torch* leaves out PyTorch and all that it requires.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("nm-types", "nm-core", "nm-torch", "nm-asr", "nm-nlp")
LIST = """
import importlib.metadata
for found in importlib.metadata.distributions():
    sizes = [path.locate().stat().st_size for path in found.files or () if path.locate().is_file()]
    print(found.metadata["Name"].lower().replace("_", "-"), sum(sizes))
"""


def installed(requirement: str, dist: Path) -> dict[str, int]:
    """Install one requirement into a fresh environment and return the bytes of each distribution, pip left out."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = next(path for path in Path(folder).glob("*/python*") if path.stem == "python")
        constraints = ["-c", str(ROOT / "constraints.txt"), "-c", str(dist / "pins.txt"), "--find-links", str(dist)]
        install = [str(python), "-m", "pip", "install", "--quiet", "--no-compile", *constraints, requirement]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        listing = subprocess.run([str(python), "-c", LIST], check=True, capture_output=True, text=True).stdout
    sizes = {name: int(size) for name, size in (line.split() for line in listing.splitlines())}
    return {name: size for name, size in sizes.items() if name not in ("pip", "setuptools")}


def row(name: str, sizes: dict[str, int], torch: dict[str, int]) -> str:
    """Return a line of the table: all of it, and what comes beyond torch."""
    beyond = {name: size for name, size in sizes.items() if name not in torch}
    cells = (len(sizes), sum(sizes.values()) / 2**20, len(beyond), sum(beyond.values()) / 2**20)
    return f"| {name} | {cells[0]} | {cells[1]:.1f} | {cells[2]} | {cells[3]:.1f} |"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dist", type=Path)
    parser.add_argument("packages", nargs="*", default=PACKAGES)
    given = parser.parse_args()
    torch = installed("torch", given.dist.resolve())
    print(f"Python {sys.version.split()[0]}; itself included\n")
    print("| package | packages | MiB | packages beyond torch | MiB beyond torch |\n|---|---|---|---|---|")
    print(row("torch", torch, torch))
    for package in given.packages:
        print(row(package, installed(package, given.dist.resolve()), torch), flush=True)


if __name__ == "__main__":
    main()
