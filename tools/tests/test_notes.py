from scratch_repository import Repository


def test_notes_are_sorted_by_kind_and_stand_above_older_releases(repository: Repository) -> None:
    """Breaking changes come first, long sentences are wrapped, and what was written of older releases stays."""
    folder = "packages/nm-types"
    repository.write(f"{folder}/CHANGELOG.md", "# Changelog\n\nPreamble.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n")
    repository.write(f"{folder}/changes/a.fixed.md", "Mended " + "and mended " * 12 + "again.\n")
    repository.write(f"{folder}/changes/b.breaking.md", "Gone.\n")
    collect = (
        "import sys; sys.path.insert(0, 'tools'); import notes, pathlib; notes.collect(pathlib.Path(sys.argv[1]), 'X')"
    )
    repository.write("tools/collect.py", collect)

    assert repository.tool("collect", folder).returncode == 0

    text = (repository.path / folder / "CHANGELOG.md").read_text(encoding="utf-8")
    head, _, tail = text.partition("### Fixed\n\n")
    assert head == "# Changelog\n\nPreamble.\n\n## X\n\n### Breaking\n\n- Gone.\n\n### Added\n\n- The first of all.\n\n"
    mended, _, old = tail.partition("\n\n")
    assert old == "## 0.1.0 (2026-01-01)\n\n- Old.\n"
    assert len(mended.splitlines()) == 2
    assert mended.replace("\n ", "") == "- Mended " + "and mended " * 12 + "again."


def test_notes_of_all_packages_are_checked(repository: Repository) -> None:
    """A faulty note is found before anybody releases; notes without fault are shown as they will stand."""
    assert "## nm-core, next release\n\n### Added\n\n- The first of all.\n" in repository.tool("notes").stdout

    repository.write("packages/nm-core/changes/note.md", "No kind.\n")

    assert "packages/nm-core/changes/note.md: a note is a file" in repository.tool("notes").stderr
