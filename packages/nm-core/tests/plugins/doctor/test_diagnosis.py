"""The whole of what the doctor finds: records, conflicts, requirements, versions."""

import json
import sys

import pytest

from nm_core.plugins import State
from nm_core.plugins.doctor import diagnose


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Give settings that leave out all that is installed here."""
    return {"NM_COLLECTIONS": "one,two"}


def test_a_sound_installation_is_sound(site, environ) -> None:
    """No conflict, no finding, a record each, versions of what takes part, and all of it as plain data."""
    for name in ("one", "two"):
        site.install(f"nmx-{name}", name=name, requires=("nm-core>=0.0", "click"))

    found = diagnose(environ=environ)

    loaded = [record.collection for record in found.records if record.state is State.LOADED]
    assert loaded == ["one", "two"]
    assert (found.ok, found.conflicts) == (True, ())
    assert found.packages.keys() == {"nm-core", "nm-types", "click"}
    assert {"one", "two"} <= {name for one in found.installations for name in one.collections}
    assert json.loads(json.dumps(found.to_dict()))["python"]["executable"] == sys.executable


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("nmx-absent", "requires nmx-absent, which is not installed. Install it: python -m pip install nmx-absent"),
        ("nmx_absent>=2", "Install it: python -m pip install 'nmx-absent>=2'"),
        ("click>=99", "Change it: python -m pip install 'click>=99'"),
    ],
)
def test_what_a_collection_lacks_has_its_pip_line(site, environ, requirement, message) -> None:
    """Requirements are compared with what is installed, also where no import has failed yet."""
    site.install("nmx-one", name="one", requires=(requirement, 'nmx-never; extra == "more"'))
    site.install("nmx-two", name="two")

    found = diagnose(environ=environ)

    (finding,) = found.findings
    assert (finding.collection, finding.fault, found.ok) == ("one", True, False)
    assert message in finding.message


def test_what_is_disabled_is_at_no_fault(site, environ) -> None:
    """Leaving a collection out is a way out whatever was wrong with it."""
    site.install("nmx-one", name="one")
    site.install("nmx-gone", name="gone", requires=("nmx-absent",))
    (site.folder / "nmx_gone" / "_collection.py").unlink()

    assert not diagnose("gone", environ={}).ok
    assert diagnose("gone", environ=environ).ok


def test_one_collection_can_be_asked_for(site, environ) -> None:
    """The others are neither imported nor spoken of."""
    site.install("nmx-one", name="one")
    site.install("nmx-two", name="two", declaration="raise AssertionError")

    found = diagnose("one", environ=environ)

    assert found.ok
    assert [record.collection for record in found.records] == ["one"]
    assert "nmx_two" not in sys.modules


def test_a_deep_look_tells_how_far_it_is(site, environ) -> None:
    """Each collection is named before it is examined."""
    site.install("nmx-one", name="one", widget="from nm_core import NeuralModule\nclass Widget(NeuralModule): ...\n")
    told = []

    found = diagnose("one", deep=True, environ=environ, progress=lambda *where: told.append(where))

    assert found.ok, found
    assert told == [("one", 1, 1)]
    assert "nmx_one" not in sys.modules


def test_an_official_tag_cannot_be_given_another_meaning(site, environ) -> None:
    """A collection that defines an id of nm-types differently is in conflict with it."""
    declaration = """
from nm_core.plugins import Collection, hookimpl

@hookimpl
def nm_collection():
    return Collection("{name}", "With a tag.", tags=["{package}.widget:Time"])
"""
    site.install("nmx-two", name="two")
    widget = "from nm_types import ChannelTag\nclass Time(ChannelTag, id='nm.Time'): ...\n"
    site.install("nmx-one", name="one", declaration=declaration, widget=widget)

    (conflict,) = diagnose(environ=environ).conflicts

    assert conflict.startswith("one defines nm.Time differently than nm-types")
    assert "NM_DISABLE=one" in conflict


OFFERS = """
from nm_core.plugins import Collection, hookimpl

@hookimpl
def nm_collection():
    return Collection("{name}", "With two callbacks.")

@hookimpl
def nm_callbacks():
    return {{"bell": "{package}.widget:Widget", "progress": "{package}.widget:Widget"}}
"""


def test_a_short_name_that_is_not_theirs_is_a_note(site) -> None:
    """An official name that another collection offers, and one of two others, breaks nothing."""
    site.install("nmx-one", name="one", declaration=OFFERS)
    site.install("nmx-two", name="two", declaration=OFFERS)

    found = diagnose(environ={"NM_COLLECTIONS": "nm,one,two"})

    notes = {finding.message: finding.fault for finding in found.findings if finding.about == "names"}
    assert notes == {
        'callbacks: "bell" is offered by one and two, and neither wins.\n  Write one.bell or two.bell.': False,
        'callbacks: "progress" stays that of nm.\n  That of one and two is one.progress or two.progress.': False,
    }
    assert found.conflicts == ()


def test_a_tag_in_the_namespace_of_another_is_a_note(site, environ) -> None:
    """Also where nobody else defines it yet."""
    declaration = """
from nm_core.plugins import Collection, hookimpl

@hookimpl
def nm_collection():
    return Collection("{name}", "With a tag.", tags=["{package}.widget:Song"])
"""
    widget = "from nm_types import ChannelTag\nclass Song(ChannelTag, id='radio.Song'): ...\n"
    site.install("nmx-one", name="one", declaration=declaration, widget=widget)
    site.install("nmx-two", name="two")

    found = diagnose(environ=environ)

    (finding,) = found.findings
    assert (finding.collection, finding.about, found.ok) == ("one", "meanings", True)
    assert "one.Song" in finding.message
