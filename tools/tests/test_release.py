import subprocess
from collections.abc import Callable

import pytest

from scratch_repository import Repository

NOTE = "packages/nm-types/changes"


def refused(repository: Repository, *arguments: str) -> str:
    """Return what a release says that is refused, and hold that it left everything as it was."""
    before = repository.git("rev-parse", "HEAD"), repository.git("tag"), repository.git("status", "--porcelain")
    done = repository.tool("release", *arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    after = repository.git("rev-parse", "HEAD"), repository.git("tag"), repository.git("status", "--porcelain")
    assert after == before
    return done.stderr


def released(repository: Repository) -> None:
    """Make as if nm-types 0.1.3 were released, and something new."""
    repository.git("tag", "nm-types-v0.1.3")
    repository.write(f"{NOTE}/later.added.md", "Something new.\n")
    repository.commit()


def forget_a_file(repository: Repository) -> None:
    """Leave a file behind that is not committed."""
    repository.write("packages/nm-types/src/nm_types/forgotten.py", "")


def forget_the_notes(repository: Repository) -> None:
    """Remove all notes."""
    repository.git("rm", "--quiet", "-r", NOTE)
    repository.commit()


def write_a_list(repository: Repository) -> None:
    """Write a note that is no sentence."""
    repository.write(f"{NOTE}/two.added.md", "- one\n- two\n")
    repository.commit()


def write_a_kind_of_ones_own(repository: Repository) -> None:
    """Write a note of no known kind."""
    repository.write(f"{NOTE}/two.improved.md", "All is better.\n")
    repository.commit()


def break_something(repository: Repository) -> None:
    """Write a breaking note."""
    repository.write(f"{NOTE}/old.breaking.md", "The old is gone.\n")
    repository.commit()


@pytest.mark.parametrize(
    ("prepare", "version", "message"),
    [
        (forget_a_file, "0.1.4", "1 files are not committed (packages/nm-types/src/nm_types/forgotten.py ...)."),
        (forget_the_notes, "0.1.4", "packages/nm-types/changes has no note."),
        (write_a_list, "0.1.4", "packages/nm-types/changes/two.added.md: expected one sentence"),
        (write_a_kind_of_ones_own, "0.1.4", "packages/nm-types/changes/two.improved.md: a note is a file"),
        (break_something, "0.1.4", "Take a new minor version, 0.2.0."),
        (None, "0.1.3", "nm-types 0.1.3 exists: the tag nm-types-v0.1.3."),
        (None, "0.1.2", "nm-types 0.1.2 goes back: 0.1.3 is released."),
        (None, "0.1.4.dev1", "'0.1.4.dev1' is no version of a release."),
        (None, "newest", "'newest' is no version."),
        (
            None,
            "0.2.0",
            "nm-core requires nm-types<0.2,>=0.1, which does not admit 0.2.0. Widen the range in packages/nm-core/py",
        ),
    ],
)
def test_what_cannot_be_released_is_refused(
    repository: Repository, prepare: Callable[[Repository], None] | None, version: str, message: str
) -> None:
    """Each reason is said with what to do, and nothing is changed."""
    released(repository)
    if prepare is not None:
        prepare(repository)

    assert message in refused(repository, "nm-types", version)


def test_every_reason_is_said_at_once(repository: Repository) -> None:
    """A release that is wrong in three ways is refused with three lines."""
    released(repository)
    forget_the_notes(repository)
    forget_a_file(repository)

    assert refused(repository, "nm-types", "0.2.0").count("Refused: ") == 3


def test_a_package_follows_those_that_it_requires(repository: Repository) -> None:
    """What no index could install is refused: a sibling comes first."""
    assert "Release nm-types first." in refused(repository, "nm-core", "0.1.0")


def test_a_failed_check_leaves_everything_as_it_was(repository: Repository) -> None:
    """A README that breaks on a package index stops the release after commit and tag were made in the scratch clone."""
    repository.write("packages/nm-types/README.md", "# nm-types\n" + "\n[House](../../docs/house.md)\n" * 10)
    repository.commit()

    said = refused(repository, "nm-types", "0.1.0")

    assert "the README's link (../../docs/house.md) leads nowhere" in said


@pytest.mark.slow
def test_a_release_from_notes_to_tag(repository: Repository) -> None:
    """A dry run changes nothing; a release moves notes, builds, checks, installs, commits and tags."""
    before = repository.git("rev-parse", "HEAD")

    tried = repository.tool("release", "nm-types", "0.1.0", "--dry-run")

    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert (repository.git("rev-parse", "HEAD"), repository.git("tag")) == (before, "")

    done = repository.tool("release", "nm-types", "0.1.0")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "nm_types: 0 modules imported" in done.stdout
    assert repository.git("tag", "--points-at", "HEAD") == "nm-types-v0.1.0"
    assert repository.git("rev-parse", "HEAD~1") == before
    assert repository.git("status", "--porcelain") == ""
    assert repository.version("nm-types") == "0.1.0"
    assert not (repository.path / NOTE).exists()
    changelog = (repository.path / "packages/nm-types/CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.startswith("# Changelog of nm-types\n\n## 0.1.0 (20")
    assert changelog.endswith(")\n\n### Added\n\n- The first of all.\n")
    built = sorted(path.name for path in (repository.path / "build" / "nm-types-v0.1.0").iterdir())
    assert built == ["nm_types-0.1.0-py3-none-any.whl", "nm_types-0.1.0.tar.gz"]
    assert "git push origin HEAD nm-types-v0.1.0\n  python -m twine upload build/nm-types-v0.1.0/*" in done.stdout
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("remote", "get-url", "origin")
