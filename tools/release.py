"""Release one package: check everything, write its changelog, build its archives, commit and tag. Nothing is uploaded.

Use: `python tools/release.py nm-core 0.2.0 [--dry-run]`, in an environment with hatchling and twine. All of it happens
in a scratch clone; this repository gets commit and tag only when every check has passed, and nothing otherwise.
`docs/releasing.md` says in which order packages are released.
"""

import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from packaging.version import InvalidVersion, Version

import notes
from requirements import all_packages, requirements_of
from version import PACKAGES, git

ROOT = PACKAGES.parent


def refusals(package: str, wanted: str) -> Iterator[str]:
    """Yield each reason why this version cannot be released from this folder as it is."""
    folder = PACKAGES / package
    if dirty := git(ROOT, "status", "--porcelain").splitlines():
        yield f"{len(dirty)} files are not committed ({dirty[0].split()[-1]} ...). Commit first: a tag names a commit."
    released = versions_of(package)
    try:
        version = Version(wanted)
    except InvalidVersion:
        yield f"{wanted!r} is no version. Expected three numbers such as 0.2.0, or 0.2.0rc1."
        return
    if str(version) != wanted or version.local or version.is_devrelease or version.is_postrelease:
        yield f"{wanted!r} is no version of a release. Expected three numbers such as 0.2.0, or 0.2.0rc1."
    elif version in released:
        yield f"{package} {wanted} exists: the tag {package}-v{wanted}. Take the next: a release never changes."
    elif released and version < max(released):
        yield f"{package} {wanted} goes back: {max(released)} is released. Take a later version."
    yield from notes.faults(folder)
    if not notes.notes_of(folder):
        yield f"packages/{package}/changes has no note. Say in a sentence what is new: changes/<subject>.added.md."
    breaking = [note.name for note in notes.notes_of(folder) if notes.kind_of(note) == "breaking"]
    if breaking and released and series(version) <= series(max(released)):
        yield f"{breaking[0]} breaks users of {max(released)}, who admit {wanted}. Take a new {next_of(released)}."
    yield from range_refusals(package, version)


def range_refusals(package: str, version: Version) -> Iterator[str]:
    """Yield each range between siblings that a release would contradict."""
    for other in all_packages():
        for needed in requirements_of(other):
            if needed.name == package and not needed.specifier.contains(version, prereleases=True):
                yield (
                    f"{other} requires {needed}, which does not admit {version}. Widen the range in "
                    f"packages/{other}/pyproject.toml; its lower bound can rise once {package} {version} is released."
                )
    for needed in requirements_of(package):
        is_sibling = (PACKAGES / needed.name).is_dir() and needed.name != package
        if is_sibling and not any(needed.specifier.filter(versions_of(needed.name))):
            yield f"{package} requires {needed}, of which nothing is released. Release {needed.name} first."


def versions_of(package: str) -> list[Version]:
    """Return the versions of a package that are tagged."""
    tags = git(ROOT, "tag", "--list", f"{package}-v[0-9]*").split()
    return [Version(tag.removeprefix(f"{package}-v")) for tag in tags]


def series(version: Version) -> tuple[int, ...]:
    """Return the numbers that stay while nothing breaks: major, or 0 and minor."""
    return (version.major,) if version.major else (0, version.minor)


def next_of(released: list[Version]) -> str:
    """Return the words for the first version that may break."""
    last = max(released)
    return f"major version, {last.major + 1}.0.0" if last.major else f"minor version, 0.{last.minor + 1}.0"


def run(*command: object, cwd: Path) -> None:
    """Run a command and stop at its failure, leaving the repository as it was."""
    print("+", *command)
    done = subprocess.run([str(part) for part in command], cwd=cwd, check=False)
    if done.returncode:
        raise SystemExit(f"{Path(str(command[0])).name} {command[1]} failed; nothing was released.")


def prepare(clone: Path, package: str, version: str) -> None:
    """Write the changelog, commit and tag, in the clone."""
    for field in ("user.name", "user.email"):
        run("git", "config", field, git(ROOT, "config", field), cwd=clone)
    notes.collect(clone / "packages" / package, f"{version} ({datetime.datetime.now(datetime.UTC):%Y-%m-%d})")
    run("git", "add", "--all", cwd=clone)
    run("git", "commit", "--quiet", "--message", f"Release {package} {version}", cwd=clone)
    run("git", "tag", "--annotate", f"{package}-v{version}", "--message", f"{package} {version}", cwd=clone)


def build_and_check(clone: Path, package: str, version: str) -> list[Path]:
    """Build all packages in the clone, check every archive, install the one to release; return its archives."""
    dist = clone / "dist"
    run(sys.executable, "tools/build_wheels.py", dist, cwd=clone)
    archives = sorted(dist.glob(f"{package.replace('-', '_')}-{version}[-.]*"))
    if len(archives) != 2:
        raise SystemExit(
            f"Expected a wheel and a source archive of {package} {version}, built {sorted(dist.iterdir())}."
        )
    run(sys.executable, "-m", "twine", "check", "--strict", *archives, cwd=clone)
    run(sys.executable, "tools/check_distributions.py", dist, cwd=clone)
    run(sys.executable, "-m", "venv", clone / "env", cwd=clone)
    python = clone / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ("--constraint", "constraints.txt", "--constraint", dist / "pins.txt", "--find-links", dist)
    run(python, "tools/smoke.py", *options, package, cwd=clone)
    return archives


def main() -> None:
    """Release, or say every reason why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("package", choices=all_packages())
    parser.add_argument("version")
    parser.add_argument("--dry-run", action="store_true", help="build and check everything, then change nothing")
    given = parser.parse_args()
    if reasons := list(refusals(given.package, given.version)):
        raise SystemExit("\n".join(f"Refused: {reason}" for reason in reasons))
    tag = f"{given.package}-v{given.version}"
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder, "clone")
        run("git", "clone", "--quiet", ROOT, clone, cwd=ROOT)
        prepare(clone, given.package, given.version)
        archives = build_and_check(clone, given.package, given.version)
        if given.dry_run:
            print((clone / "packages" / given.package / "CHANGELOG.md").read_text(encoding="utf-8"))
            print(f"Every check passed. Without --dry-run there would now be a commit and the tag {tag}.")
            return
        release = ROOT / "build" / tag
        release.mkdir(parents=True, exist_ok=True)
        for archive in archives:
            shutil.copy(archive, release)
        run("git", "fetch", "--quiet", clone, "HEAD", f"refs/tags/{tag}:refs/tags/{tag}", cwd=ROOT)
        run("git", "merge", "--quiet", "--ff-only", f"{tag}^{{commit}}", cwd=ROOT)
    print(f"Released in this repository; nothing has left it. To publish:\n  git push origin HEAD {tag}")
    print(f"  python -m twine upload build/{tag}/*\nThen raise >=... of its dependants where they need what is new.")


if __name__ == "__main__":
    main()
