"""Each installed collection ends in one record, and none takes another down."""

import sys

import pytest

from nm_core.plugins import Collections, State, Step, hookimpl

BROKEN = {
    "raises": ("raise ValueError('bad day')", Step.IMPORT, "ValueError: bad day"),
    "exits": ("import sys\nsys.exit(7)", Step.IMPORT, "sys.exit(7)"),
    "interrupts": ("raise KeyboardInterrupt", Step.IMPORT, "KeyboardInterrupt"),
    "incomplete": ("import nm_no_such_package", Step.IMPORT, "nm_no_such_package"),
    "syntax": ("def (:", Step.IMPORT, "SyntaxError"),
    "silent": ("x = 1", Step.DECLARE, "must return a Collection, got nothing"),
    "hook": (
        "from nm_core.plugins import hookimpl\n@hookimpl\ndef nm_collection():\n    raise RuntimeError('late')",
        Step.DECLARE,
        "RuntimeError: late",
    ),
    "data": (
        "from nm_core.plugins import hookimpl\n@hookimpl\ndef nm_collection():\n    return 'data'",
        Step.DECLARE,
        "must return a Collection, got 'data'",
    ),
    "signature": (
        "from nm_core.plugins import hookimpl\n@hookimpl\ndef nm_collection(factory):\n    pass",
        Step.REGISTER,
        "nm_collection",
    ),
    "misspelt": (
        "from nm_core.plugins import hookimpl\n@hookimpl\ndef nm_optimisers():\n    return {{}}",
        Step.REGISTER,
        'Did you mean "nm_optimizers"?',
    ),
    "liar": (
        "from nm_core.plugins import Collection, hookimpl\n@hookimpl\ndef nm_collection():\n"
        "    return Collection('other', 'Another name.')",
        Step.DECLARE,
        "the two names must be equal",
    ),
    "offer": (
        "from nm_core.plugins import Collection, hookimpl\n@hookimpl\ndef nm_collection():\n"
        "    return Collection('offer', 'One.')\n@hookimpl\ndef nm_policies():\n    return {{'cosine': print}}",
        Step.DECLARE,
        "package.module:Object",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_collection_is_one_record(site, name) -> None:
    """Whatever one collection does, the other works, and the record says how far the first came."""
    declaration, step, message = BROKEN[name]
    site.install(f"nmx-{name}", name=name, declaration=declaration)
    site.install("nmx-healthy", name="healthy")

    collections = Collections.load(path=site.path, environ={})

    records = {record.collection: record for record in collections.records}
    assert records[name].state is State.FAILED
    assert records[name].step is step
    assert message in records[name].error
    assert f"NM_DISABLE={name}" in records[name].error
    assert records["healthy"].state is State.LOADED
    assert list(collections.modules) == ["healthy.Widget"]


def test_a_record_says_where_a_collection_comes_from(site) -> None:
    """Distribution, version, module and time are in the record, as plain data too."""
    site.install("nmx-healthy", name="healthy", version="2.5")

    (record,) = Collections.load(path=site.path, environ={}).records

    assert (record.distribution, record.version, record.target) == ("nmx-healthy", "2.5", "nmx_healthy._collection")
    assert record.to_dict()["state"] == "loaded"
    assert record.seconds > 0
    assert record.ok


def test_declaring_imports_no_target(site) -> None:
    """Listing modules imports the light declaration; resolving one imports its class."""
    site.install("nmx-healthy", name="healthy")
    collections = Collections.load(path=site.path, environ={})
    assert "nmx_healthy.widget" not in sys.modules

    widget = collections.resolve("healthy.Widget")

    assert widget.__name__ == "Widget"
    assert collections.id_of(widget) == "healthy.Widget"


@pytest.mark.parametrize(
    "environ", [{"NM_DISABLE": "two"}, {"NM_COLLECTIONS": "one"}, {"NM_COLLECTIONS": "one, two", "NM_DISABLE": " two "}]
)
def test_disabled_means_not_imported(site, environ) -> None:
    """NM_COLLECTIONS and NM_DISABLE decide before any code runs."""
    site.install("nmx-one", name="one")
    site.install("nmx-two", name="two")

    collections = Collections.load(path=site.path, environ=environ)

    assert list(collections.collections) == ["one"]
    assert {record.collection: record.state for record in collections.records}["two"] is State.DISABLED
    assert "nmx_two" not in sys.modules


def test_a_misspelt_setting_is_reported(site) -> None:
    """A name in a setting that nothing declares is a record with a suggestion, or with the line that installs it."""
    site.install("nmx-widgets", name="widgets")

    records = Collections.load(path=site.path, environ={"NM_COLLECTIONS": "widgtes,asr"}).records

    errors = {record.collection: record.error for record in records if record.state is State.MISSING}
    assert 'Did you mean "widgets"?' in errors["widgtes"]
    assert "python -m pip install packages/nm-asr" in errors["asr"]


def test_two_distributions_with_one_name_both_stay_out(site) -> None:
    """Neither wins, neither is imported, and both are named where the name is used."""
    site.install("nmx-first", name="same")
    site.install("nmx-second", name="same")

    collections = Collections.load(path=site.path, environ={})

    assert [record.state for record in collections.records] == [State.CONFLICT] * 2
    assert "nmx_first" not in sys.modules
    with pytest.raises(KeyError, match="NM_PREFER=same=") as caught:
        collections.resolve("same.Widget")
    assert "nmx-first and nmx-second" in str(caught.value)


def test_a_preference_settles_a_conflict(site) -> None:
    """NM_PREFER names the distribution that has the name."""
    site.install("nmx-first", name="same")
    site.install("nmx-second", name="same")

    collections = Collections.load(path=site.path, environ={"NM_PREFER": "same=nmx-second"})

    assert collections.distribution_of("same") == "nmx-second"
    assert {record.distribution: record.state for record in collections.records}["nmx-first"] is State.DISABLED


def test_a_preference_that_settles_nothing_is_reported(site) -> None:
    """One for a name that nothing declares, or for a distribution that does not claim it, is not passed over."""
    site.install("nmx-first", name="same")
    site.install("nmx_second", name="same")

    def errors(preference: str) -> str:
        records = Collections.load(path=site.path, environ={"NM_PREFER": preference}).records
        return "\n".join(record.error or "" for record in records)

    assert "NM_PREFER=same=nmx-third names neither" in errors("same=nmx-third")
    assert "NM_PREFER names saem" in errors("saem=nmx-first,same=nmx.SECOND")
    assert "NM_PREFER gives the name same to nmx.SECOND" in errors("same=nmx.SECOND")


@pytest.mark.parametrize(
    ("requirement", "fits"),
    [
        ("nm-core>=99", False),
        ("NM_Core<0.0.1", False),
        ("nm-types==99.*", False),
        ("nm-core>=0.0", True),
        ('nm-core>=99; extra == "later"', True),
        ('nm-core>=99; python_version < "3"', True),
        ("numpy>=99", True),
        ("not a requirement >< 1", True),
    ],
)
def test_declared_requirements_are_judged_before_import(site, requirement, fits) -> None:
    """A collection written for another nm-core is not imported, and the record says what to update."""
    site.install("nmx-new", name="new", requires=(requirement,))

    (record,) = Collections.load(path=site.path, environ={}).records

    assert record.state is (State.LOADED if fits else State.INCOMPATIBLE)
    assert ("nmx_new" in sys.modules) is fits
    if not fits:
        assert "pip install --upgrade" in record.error


def test_unreadable_metadata_is_one_record(site) -> None:
    """A distribution without a name in its metadata does not hide the others."""
    site.install("nmx-healthy", name="healthy")
    site.install("nmx-damaged", name="damaged")
    (site.folder / "nmx_damaged-1.0.dist-info" / "METADATA").write_text("\n")

    collections = Collections.load(path=site.path, environ={})

    assert list(collections.collections) == ["healthy"]
    (record,) = (record for record in collections.records if not record.ok)
    assert record.step is Step.METADATA
    assert f"remove {site.folder / 'nmx_damaged-1.0.dist-info'}" in record.error


def test_the_first_distribution_of_a_name_on_the_path_counts(site, tmp_path_factory) -> None:
    """A stale second installation of the same distribution is no conflict: Python imports the first too."""
    later = type(site)(tmp_path_factory.mktemp("later"))
    site.install("nmx-healthy", name="healthy", version="2.0")
    later.install("nmx-healthy", name="healthy", version="1.0")

    (record,) = Collections.load(path=[*site.path, *later.path], environ={}).records

    assert (record.version, record.state) == ("2.0", State.LOADED)


def test_an_object_that_cannot_be_compared_or_hashed_disturbs_nobody(demo) -> None:
    """Each declaration is read on its own, so one with a strange ``__eq__`` or a wrapper reaches no other."""

    class Strange:
        __hash__ = None

        def __eq__(self, other: object) -> bool:
            raise RuntimeError

        @hookimpl(hookwrapper=True)
        def nm_collection(self):
            yield
            raise RuntimeError

    records = Collections.load({"strange": Strange(), "demo": demo}, installed=False).records

    assert {record.collection: record.state for record in records} == {"strange": State.FAILED, "demo": State.LOADED}
