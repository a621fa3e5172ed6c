import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from scratch_repository import ROOT, Repository


def test_a_tagged_package_has_the_version_of_its_tag(repository: Repository) -> None:
    """What is as the tag has it is that release, whatever happened to other packages since."""
    repository.git("tag", "nm-types-v0.1.3")
    repository.write("packages/nm-core/src/nm_core/more.py", "")
    repository.commit()

    assert repository.version("nm-types") == "0.1.3"


def test_later_commits_follow_the_release(repository: Repository) -> None:
    """Commits of the package are counted; the version stays within the range of the release and comes after it."""
    repository.git("tag", "nm-types-v0.1.3")
    for number in range(2):
        repository.write("packages/nm-types/src/nm_types/more.py", f"number = {number}\n")
        repository.commit()

    version = repository.version("nm-types")

    assert re.fullmatch(r"0\.1\.3\.post2\+g[0-9a-f]{10}", version)
    assert Version("0.1.3") < Version(version) < Version("0.1.4")
    assert SpecifierSet(">=0.1.3,<0.2").contains(version)


def test_an_edit_has_a_version_of_its_own(repository: Repository) -> None:
    """Two states that are not committed differ, and going back gives the first version again."""
    repository.git("tag", "nm-types-v0.1.3")
    versions = []
    for text in ("one = 1\n", "two = 2\n", "one = 1\n"):
        repository.write("packages/nm-types/src/nm_types/more.py", text)
        versions.append(repository.version("nm-types"))

    assert all(re.fullmatch(r"0\.1\.3\+g[0-9a-f]{10}\.d[0-9a-f]{10}", version) for version in versions)
    assert versions[0] == versions[2] != versions[1]


def test_tags_of_other_packages_do_not_count(repository: Repository) -> None:
    """Each package has its own tags; one without any is on the way to its first version."""
    repository.git("tag", "nm-types-v0.7.0")

    assert re.fullmatch(r"0\.1\.0\+g[0-9a-f]{10}", repository.version("nm-core"))


def test_a_clone_without_tags_knows_the_newest_release(repository: Repository, tmp_path: Path) -> None:
    """A shallow clone reads its changelog, so that siblings that require the newest release can be installed."""
    repository.write(
        "packages/nm-types/CHANGELOG.md", "# Changelog\n\n## 0.4.2 (2026-01-01)\n\n## 0.4.1 (2025-01-01)\n"
    )
    repository.commit()
    repository.git("tag", "nm-types-v0.4.2")
    repository.write("packages/nm-types/src/nm_types/more.py", "")
    repository.commit()
    repository.git("clone", "--quiet", "--depth=1", "--no-tags", f"file://{repository.path}", str(tmp_path / "shallow"))

    version = Repository(tmp_path / "shallow").version("nm-types")

    assert re.fullmatch(r"0\.4\.2\+g[0-9a-f]{10}", version)
    assert SpecifierSet(">=0.4.2,<0.5").contains(version)


def test_a_folder_without_git_has_a_version(repository: Repository, tmp_path: Path) -> None:
    """Where git is not installed, the files decide alone."""
    assert re.fullmatch(r"0\.1\.0\+d[0-9a-f]{10}", repository.version("nm-types", PATH=str(tmp_path)))


@pytest.mark.parametrize("package", ["nm-asr", "nm-core", "nm-nlp", "nm-torch", "nm-types"])
def test_a_source_archive_builds_the_same_wheel_without_git(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unpacked anywhere, with no git, a source archive builds the very wheel that the checkout builds."""
    build = [sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path)]
    subprocess.run([*build, "-t", "sdist", "-t", "wheel"], cwd=ROOT / "packages" / package, check=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    (wheel,) = tmp_path.glob("*.whl")
    with tarfile.open(archive) as unpacked:
        unpacked.extractall(tmp_path / "empty", filter="data")
    monkeypatch.setenv("PATH", "")
    again = [*build[:-1], str(tmp_path / "again"), "-t", "wheel"]
    subprocess.run(again, cwd=tmp_path / "empty" / archive.name.removesuffix(".tar.gz"), check=True)

    assert contents(tmp_path / "again" / wheel.name) == contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    """Return every file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
