"""Where collections come from, and what is left of those that are no more."""

import json

import pytest

from nm_core.plugins.doctor.installations import find_stale, installations


def findings() -> list[str]:
    """Return what is stale among the distributions of these tests."""
    ours = [(one, claim) for one, claim in installations() if one.distribution.startswith("nmx")]
    return [finding.message for finding in find_stale(ours)]


def write(site, file: str, text: str, distribution: str = "nmx_widgets-1.0") -> None:
    """Write a file among the metadata of a distribution."""
    (site.folder / f"{distribution}.dist-info" / file).write_text(text)


@pytest.mark.parametrize(
    ("direct", "origin"),
    [
        (None, "by pip"),
        ("{", "by pip"),
        ({"url": 3}, "by pip"),
        ({"url": "file:///a%20b/w.whl", "archive_info": {}}, "/a b/w.whl"),
        ({"url": "https://host/w.git", "vcs_info": {"vcs": "git", "commit_id": "0123456789abcdef"}}, "0123456789ab"),
        ({"url": "file:///a/b", "dir_info": {"editable": True}}, "editable /a/b"),
        ({"url": "file:///a/b", "dir_info": {}}, "/a/b"),
    ],
)
def test_an_installation_says_where_it_comes_from(site, direct, origin) -> None:
    """A file, a folder, an address with its commit, or else the installer, as PEP 610 records it."""
    site.install("nmx-widgets", name="widgets")
    write(site, "INSTALLER", "pip\n")
    if direct is not None:
        write(site, "direct_url.json", direct if isinstance(direct, str) else json.dumps(direct))

    (found,) = (one for one, _ in installations() if one.distribution == "nmx-widgets")

    assert found.origin.endswith(origin)
    assert found.collections == ("widgets",)
    assert found.metadata == str(site.folder / "nmx_widgets-1.0.dist-info")


def test_nothing_is_stale_where_all_is_there(site) -> None:
    """A distribution whose module can be found is left in peace, and the module is not imported for it."""
    site.install("nmx-widgets", name="widgets", declaration="raise AssertionError")

    assert findings() == []


def test_an_entry_point_to_nowhere_is_stale(site) -> None:
    """A declaration that the distribution has no longer is named, with how to get rid of the rest."""
    site.install("nmx-widgets", name="widgets")
    (site.folder / "nmx_widgets" / "_collection.py").unlink()

    (message,) = findings()

    assert "names nmx_widgets._collection, and there is no such module" in message
    assert "python -m pip uninstall nmx-widgets" in message


def test_a_folder_without_the_module_is_not_the_module(site) -> None:
    """An uninstallation that leaves a file of somebody's own leaves its folder, too."""
    site.install("nmx-widgets", name="widgets")
    for file in ("_collection.py", "__init__.py"):
        (site.folder / "nmx_widgets" / file).unlink()
    (site.folder / "nmx_widgets" / "_collection").mkdir()

    (message,) = findings()

    assert "there is no such module" in message


def test_what_an_interrupted_uninstallation_leaves_is_named(site) -> None:
    """The folder that pip had renamed is to be removed."""
    site.install("nmx-widgets", name="widgets")
    (site.folder / "nmx_widgets-1.0.dist-info").rename(site.folder / "~mx_widgets-1.0.dist-info")

    (message,) = findings()

    assert f"{site.folder / '~mx_widgets-1.0.dist-info'} is what is left of an interrupted" in message


def test_an_editable_installation_without_its_source_is_stale(site) -> None:
    """The folder that is gone is named."""
    site.install("nmx-widgets", name="widgets")
    gone = site.folder / "gone"
    write(site, "direct_url.json", json.dumps({"url": gone.as_uri(), "dir_info": {"editable": True}}))

    (message,) = findings()

    assert f"an editable installation of {gone}, and that folder is gone" in message


def test_two_metadata_of_one_name_are_reported(site) -> None:
    """Both places are named; how the name is spelt makes no difference."""
    site.install("nmx-widgets", name="widgets")
    (site.folder / "nmx_widgets-1.0.dist-info").rename(site.folder / "old.dist-info")
    (site.folder / "nmx_widgets").rename(site.folder / "moved")
    site.install("nmx_widgets", name="widgets", version="2.0")

    (message,) = findings()

    assert "is installed more than once" in message
    assert str(site.folder / "old.dist-info") in message
    assert str(site.folder / "nmx_widgets-2.0.dist-info") in message


def test_metadata_beside_the_source_are_no_second_installation(site) -> None:
    """Editable installations of some tools leave an egg-info there."""
    site.install("nmx-widgets", name="widgets")
    beside = site.folder / "nmx_widgets.egg-info"
    beside.mkdir()
    for file, of in (("PKG-INFO", "METADATA"), ("entry_points.txt", "entry_points.txt")):
        (beside / file).write_text((site.folder / "nmx_widgets-1.0.dist-info" / of).read_text())

    assert findings() == []
