"""Everything that a collection declares is imported and is what it is declared as; the rest goes on where one fails."""

import pytest

from nm_core.plugins import State, Step
from nm_core.plugins.conflicts import Definition
from nm_core.plugins.discovery import discover
from nm_core.plugins.doctor.examination import examine
from nm_core.plugins.doctor.findings import Examination
from nm_core.plugins.settings import CollectionSettings

HEAD = """
from nm_core.plugins import Collection, ModuleSpec, Upgrade, hookimpl

@hookimpl
def nm_collection():
    return Collection("widgets", "Of all sorts.", modules={modules}, tags={tags}, kinds={kinds})
"""
WIDGET = """
import click
from nm_core import Metric, NeuralModule, ports
from nm_types import Kind, TokenTag

class Widget(NeuralModule):
    input_ports = ports(x="B T")
    output_ports = ports(y="B T")

class Unreadable(NeuralModule):
    input_ports = ports(x="B T")

Unreadable.input_ports = 3

class Rate(Metric):
    input_ports = ports(x="B T")

class Phoneme(TokenTag, id="widgets.Phoneme"): ...
class Pitch(Kind, id="widgets.Pitch", dtype="int", parameters=("octaves",)): ...

def upgrade(params): return params
def fine(): return []
def nothing(): return None
def complain(): return ["the sound card is missing: plug it in"]
def fall(): raise OSError("no card")
def strange(): return [3]
def interrupt(): raise KeyboardInterrupt

@click.command()
def command(): ...
"""


def examined(site, *, deep: bool = True, modules: str = "[]", tags=(), kinds=(), **hooks: dict[str, str]):
    """Examine a collection that declares what is given."""
    declaration = HEAD.replace("{modules}", modules).replace("{tags}", repr(tags)).replace("{kinds}", repr(kinds))
    for hook, offered in hooks.items():
        declaration += f"\n@hookimpl\ndef {hook}():\n    return {offered!r}\n"
    declaration = declaration.replace("{", "{{").replace("}", "}}")
    site.install("nmx-widgets", name="widgets", declaration=declaration, widget=WIDGET)
    (candidate,) = discover(CollectionSettings(), site.path)[0]
    steps = []
    found = examine(candidate, deep=deep, note=lambda step, doing: steps.append((step, doing)))
    return found, steps


def module(name: str, more: str = "") -> str:
    """Return the text of a list with one module."""
    return f"[ModuleSpec('{name}', 'One.', {{'any': 'nmx_widgets.widget:{name}'}}{more})]"


def test_all_sorts_of_targets_are_followed(site) -> None:
    """Modules, upgrades, tags, kinds and names are imported, and each step is told before it is begun."""
    found, steps = examined(
        site,
        modules=module("Widget", ", version=2, upgrades={1: 'nmx_widgets.widget:upgrade'}"),
        tags=("nmx_widgets.widget:Phoneme",),
        kinds=("nmx_widgets.widget:Pitch",),
        nm_metrics={"Rate": "nmx_widgets.widget:Rate"},
        nm_commands={"count": "nmx_widgets.widget:command"},
        nm_doctor_checks={"fine": "nmx_widgets.widget:fine", "nothing": "nmx_widgets.widget:nothing"},
    )

    assert (found.record.state, found.record.step, found.findings) == (State.LOADED, Step.DONE, ())
    assert found.offers["commands"] == ("count",)
    assert found.defined == (
        Definition("widgets.Phoneme", "widgets.Phoneme < nm.Token < Tag"),
        Definition("widgets.Pitch", "widgets.Pitch < Kind < Frozen, int values with sizes octaves"),
    )
    assert steps[0] == (Step.IMPORT, "its declaration nmx_widgets._collection is read")
    assert (Step.TARGETS, "widgets.Widget is imported from nmx_widgets.widget:Widget") in steps
    assert (Step.TARGETS, "doctor_checks: fine runs") in steps
    assert len(steps) == 11


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"modules": module("Phoneme")}, "Expected a subclass of nm_core.modules.module.NeuralModule"),
        ({"modules": module("Unreadable")}, "The input ports of Unreadable are declared as int"),
        ({"modules": module("Wigdet")}, "there is no 'Wigdet' in nmx_widgets.widget"),
        ({"tags": ("nmx_widgets.widget:Pitch",)}, "Expected a subclass of nm_types"),
        ({"kinds": ("nmx_widgets.widget:Phoneme",)}, "Expected a subclass of nm_types"),
        ({"kinds": ("nmx_widgets.widget:upgrade",)}, "kinds of widgets is declared as nmx_widgets.widget:upgrade"),
        ({"nm_metrics": {"Rate": "nmx_widgets.widget:Widget"}}, "widgets.Rate is declared as"),
        ({"nm_commands": {"count": "nmx_widgets.widget:upgrade"}}, "Expected a Command of click"),
        ({"nm_optimizers": {"fast": "nmx_absent:Fast"}}, "optimizers: fast cannot be imported"),
        ({"nm_doctor_checks": {"card": "nmx_widgets.widget:complain"}}, "the sound card is missing: plug it in"),
        ({"nm_doctor_checks": {"card": "nmx_widgets.widget:fall"}}, "OSError: no card, while doctor_checks: card runs"),
        ({"nm_doctor_checks": {"card": "nmx_widgets.widget:strange"}}, "must return texts, one per problem"),
        ({"nm_doctor_checks": {"card": "nmx_widgets.widget:__doc__"}}, "Expected a function without arguments"),
        ({"nm_doctor_checks": {"card": "nmx_widgets.widget:interrupt"}}, "KeyboardInterrupt, while"),
    ],
)
def test_what_is_not_as_declared_fails_the_record(site, declared, message) -> None:
    """The record ends at its targets with a message that says what was expected; another target is still followed."""
    others = dict(declared.pop("nm_callbacks", {}), other="nmx_absent.other:Other")

    found, _ = examined(site, **declared, nm_callbacks=others)

    assert (found.record.state, found.record.step) == (State.FAILED, Step.TARGETS)
    assert message in found.record.error
    assert "callbacks: other cannot be imported from nmx_absent.other" in found.record.error


def test_without_depth_only_tags_and_kinds_are_imported(site) -> None:
    """They are compared with those of others; a module that is missing waits until it is used."""
    found, _ = examined(site, deep=False, modules=module("Wigdet"), tags=("nmx_widgets.widget:Phoneme",))

    assert found.record.ok
    assert [definition.id for definition in found.defined] == ["widgets.Phoneme"]


def test_a_missing_extra_is_no_fault(site) -> None:
    """What an extra would bring is a note with the line that installs it."""
    spec = "[ModuleSpec('Big', 'Needs more.', {'any': 'nmx_absent:Big'}, extra='big')]"

    found, _ = examined(site, modules=spec)

    assert found.record.ok
    assert [(finding.about, finding.fault) for finding in found.findings] == [("extra", False)]
    assert "python -m pip install 'nmx-widgets[big]'" in found.findings[0].message


def test_an_eager_package_is_noticed(site) -> None:
    """A package that imports its modules as soon as it is listed is told how not to."""
    site.install("nmx-eager", name="eager", widget=WIDGET)
    (site.folder / "nmx_eager" / "__init__.py").write_text("from nmx_eager import widget\n")
    (candidate,) = discover(CollectionSettings(), site.path)[0]

    (finding,) = examine(candidate, deep=True).findings

    assert (finding.about, finding.fault) == ("lazy", False)
    assert "listing it imports nmx_eager.widget as well" in finding.message


def test_an_examination_travels_as_plain_data(site) -> None:
    """What another process has found is what it would have been here."""
    found, _ = examined(site, tags=("nmx_widgets.widget:Phoneme",), nm_optimizers={"fast": "nmx_absent:Fast"})

    assert Examination.from_dict(found.to_dict()) == found
