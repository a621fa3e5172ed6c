"""Install each package with its declared requirements and nothing else, and import every module of it.

Use: `python tools/smoke.py --constraint constraints.txt --constraint dist/pins.txt --find-links dist [nm-core ...]`.
Test tools bring libraries of their own (pytest brings pluggy and packaging) and so hide a requirement that nobody
declared; here there are none. One environment serves all packages: what a collection brought is removed before the next
one comes.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FOUNDATION = {"nm-types": "nm_types", "nm-core": "nm_core", "nm-torch": "nm_torch"}
COLLECTIONS = {"nm-asr": "nm_asr", "nm-nlp": "nm_nlp"}

IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, re, sys
requirements = importlib.metadata.requires(sys.argv[1].replace("_", "-")) or ()
extras = " ".join(line for line in requirements if "extra ==" in line)
package = importlib.import_module(sys.argv[1])
names = [module.name for module in pkgutil.walk_packages(package.__path__, package.__name__ + ".")]
for name in names:
    if name.endswith("__main__"):
        continue
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        if not re.search(rf"(^| ){error.name}\\b", extras):
            raise
print(f"{sys.argv[1]}: {len(names)} modules imported")
"""


def run(*command: str) -> str:
    """Run a command of this environment and return what it printed; stop at the first failure."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command[:4])} ... failed\n{done.stdout}{done.stderr}")
    return done.stdout


def python(*arguments: str) -> str:
    """Run the environment's own Python."""
    return run(sys.executable, *arguments)


def installed() -> set[str]:
    """Return the names of the distributions in this environment."""
    return {line.split("==")[0].split(" @ ")[0] for line in python("-m", "pip", "freeze", "--all").splitlines()}


def check(package: str, module: str, options: Sequence[str]) -> None:
    """Install one package, and see that its requirements agree, its modules import and its command answers."""
    python("-m", "pip", "install", "--no-compile", *options, package)
    python("-m", "pip", "check")
    print(python("-c", IMPORT_ALL, module), end="")
    if package != "nm-types":
        listing = run(str(Path(sys.executable).with_name("nmod")), "modules")
        if package in COLLECTIONS and f"{module.removeprefix('nm_')}." not in listing:
            raise SystemExit(f"`nmod modules` does not list the modules of {package}:\n{listing}")


def main() -> None:
    """Check all packages, lowest layer first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--constraint", action="append", default=[])
    parser.add_argument("--find-links", required=True)
    parser.add_argument("packages", nargs="*", default=[*FOUNDATION, *COLLECTIONS])
    given = parser.parse_args()
    options = [f"--find-links={given.find_links}", *(f"--constraint={path}" for path in given.constraint)]
    strangers = installed() - {"pip", "setuptools", "wheel", *FOUNDATION}
    if strangers:
        raise SystemExit(f"Expected a bare environment, found {', '.join(sorted(strangers))}: tox run -r -e smoke")
    for package, module in FOUNDATION.items():
        if package in given.packages:
            check(package, module, options)
    before = installed()
    for package, module in COLLECTIONS.items():
        if package not in given.packages:
            continue
        check(package, module, options)
        python("-m", "pip", "uninstall", "--yes", *sorted(installed() - before))


if __name__ == "__main__":
    main()
