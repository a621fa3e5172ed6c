"""The conformance suite for collections passes an honest one, and catches each lie by the check that names it."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nm_core_honest
import nm_core_lies
import pytest

from nm_core import Metric
from nm_core.plugins import Collection, Collections, ModuleSpec, UnknownEntryError, hookimpl
from nm_core.testing import SUITE, collection_failures
from nm_core.testing.collections import CHECKS, checks_of, verdict_on
from nm_core.testing.collections.declaration import DECLARED
from nm_core.testing.collections.suite import Suite
from nm_core.testing.collections.verdicts import CheckState, SuiteCheck, judge

DATA = ("Forgetful", "Whimsical", "Swapping")


def lying(*names: str, **changes: Any) -> Collections:
    """Return collections of which one, "liar", has these modules; the backend comes from the honest one."""
    classes = {name: getattr(nm_core_lies, name) for name in names}
    metrics = [name for name, cls in classes.items() if isinstance(cls, type) and issubclass(cls, Metric)]
    specs = [
        ModuleSpec(name, "A liar.", {"reference": f"nm_core_lies:{name}"}) for name in names if name not in metrics
    ]
    declared = Collection("liar", "Liars.", modules=specs, **changes)
    examples = {name: "nm_core_honest:numbers" for name in names if name in DATA}
    plugin = SimpleNamespace(
        nm_collection=hookimpl(lambda: declared, specname="nm_collection"),
        nm_metrics=hookimpl(lambda: {name: f"nm_core_lies:{name}" for name in metrics}, specname="nm_metrics"),
        nm_examples=hookimpl(lambda: examples, specname="nm_examples"),
    )
    return Collections.load({"liar": plugin, "honest": nm_core_honest}, installed=False)


def failing(collections: Collections) -> dict[str, str]:
    """Return what fails of the liars, by the name of the check."""
    return {id.rpartition("::")[2]: text for id, text in collection_failures("liar", collections).items()}


def test_an_honest_collection_passes() -> None:
    """Sources with files, framework and host modules, optional inputs, metrics, tags."""
    assert collection_failures("honest", lying()) == {}


def test_every_check_is_made_of_the_honest_collection(tmp_path: Path) -> None:
    """So that each is known to pass as well as to fail; `light` needs an installed collection."""
    suite = Suite(lying(), "honest", tmp_path)

    made = {check.name for subject in (suite, *suite.cases()) for check in checks_of(subject)}

    assert made == {check.name for check in (*DECLARED, *CHECKS)} - {"light"}


CAUGHT = {
    "Demanding": {"constructs"},
    "Nameless": {"options"},
    "Living": {"constructs"},
    "Refusing": {"constructs", "application"},
    "Restless": {"constructs", "signature", "application"},
    "Welcoming": {"connections"},
    "Cutting": {"ports"},
    "Writing": {"inputs"},
    "Dicing": {"seed"},
    "Noisy": {"evaluation"},
    "Sometimes": {"evaluation"},
    "Secluded": {"ports", "inputs", "seed", "evaluation", "modes", "weights", "batch"},
    "Moody": {"modes", "weights"},
    "Secretive": {"weights"},
    "Gathering": {"weights"},
    "Peeking": {"padding"},
    "Sociable": {"batch"},
    "Forgetful": {"epoch"},
    "Whimsical": {"order"},
    "Swapping": {"ports"},
    "Averaging": {"merge"},
    "Amnesic": {"state"},
    "Clinging": {"reset"},
    "Boastful": {"goals"},
    "Batchwise": {"batches"},
    "Diluting": {"total"},
    "Weightless": {"total"},
    "NotAModule": {"target"},
}


@pytest.mark.parametrize("name", CAUGHT)
def test_each_lie_is_caught_by_the_check_that_names_it(name: str) -> None:
    """And, but for lies that reach further, by no other."""
    found = failing(lying(name, suite=SUITE))

    assert CAUGHT[name] <= set(found), found
    assert len(CAUGHT[name]) > 1 or set(found) == CAUGHT[name], found


def test_every_lie_is_told() -> None:
    """Each class of the module of lies stands in the table above."""
    assert {cls.__name__ for cls in nm_core_lies.LIES} == set(CAUGHT) - {"NotAModule"}
    assert {check.name for check in CHECKS} == set.union(*CAUGHT.values())


@pytest.mark.parametrize("name", ["Boastful", "Batchwise", "Diluting", "Weightless"])
def test_checks_of_the_third_suite_fail_no_older_collection(name: str) -> None:
    """A released collection stays green with a newer nm-core."""
    assert failing(lying(name, suite=2)) == {}


def test_a_missing_example_is_told_in_full() -> None:
    """What to write, and where."""
    text = failing(lying("Demanding"))["constructs"]

    assert 'DEMANDING = [{"level": <float>}]' in text
    assert 'return {"Demanding": "nm_core_lies.examples:DEMANDING"}' in text


def test_a_constructor_without_options_is_told_what_to_take(tmp_path: Path) -> None:
    """What to write; it fails no collection that was written before type checkers knew constructors."""
    assert "End it with **options: Unpack[ModuleOptions]" in failing(lying("Nameless", suite=2))["options"]

    suite = Suite(lying("Nameless"), "liar", tmp_path)
    states = {check.name: verdict_on(check, case).state for case in suite.cases() for check in checks_of(case)}

    assert states.pop("options") is CheckState.NEWER
    assert set(states.values()) == {CheckState.PASSED}


def test_declarations_are_held_to_what_they_say() -> None:
    """Tags of another namespace; names of modules and checks that are none."""
    found = failing(lying("Noisy", tags=["nm_core_lies:StrangerTag"], exempt={"Nosy": {"padding": "why"}}))
    misspelt = failing(lying("Noisy", exempt={"Noisy": {"evaluations": "why"}}))

    assert 'id="liar.Stranger"' in found["meanings"]
    assert 'exempt: "Nosy" is unknown. Did you mean "Noisy"?' in found["names"]
    assert 'exempt of Noisy: "evaluations" is unknown. Did you mean "evaluation"?' in misspelt["names"]


def test_targets_of_hooks_must_lead_somewhere() -> None:
    """The check says which name leads nowhere."""
    plugin = SimpleNamespace(
        nm_collection=hookimpl(lambda: Collection("liar", "One."), specname="nm_collection"),
        nm_policies=hookimpl(lambda: {"steep": "nm_core_lies:Stepp"}, specname="nm_policies"),
    )

    found = collection_failures("liar", Collections.load({"liar": plugin}, installed=False))

    assert "policies: steep" in found["liar::offers"]


def test_without_a_probe_nothing_passes_unseen() -> None:
    """The message says what is missing."""
    spec = ModuleSpec("Noisy", "A liar.", {"strange": "nm_core_lies:Noisy"})
    plugin = SimpleNamespace(
        nm_collection=hookimpl(lambda: Collection("liar", "One.", modules=[spec]), specname="nm_collection")
    )

    found = collection_failures("liar", Collections.load({"liar": plugin}, installed=False))

    assert "probe for the backend 'strange'" in found["liar.Noisy::evaluation"]


def test_an_exemption_is_judged(tmp_path: Path) -> None:
    """It excuses a failure with its reason; where nothing fails, it is needless."""
    exempt = {"Noisy": {"evaluation": "it is random by nature"}, "Writing": {"evaluation": "no reason at all"}}
    suite = Suite(lying("Noisy", "Writing", exempt=exempt), "liar", tmp_path)

    verdicts = {
        case.name: verdict_on(check, case)
        for case in suite.cases()
        for check in checks_of(case)
        if check.name == "evaluation"
    }

    assert verdicts["Noisy"].state is CheckState.EXEMPT
    assert verdicts["Noisy"].reason == "it is random by nature"
    assert verdicts["Writing"].state is CheckState.NEEDLESS


def test_one_reason_is_enough_where_no_values_can_be_invented() -> None:
    """An exemption from `ports` covers every check that needs values."""
    assert failing(lying("Secluded", exempt={"Secluded": {"ports": "only a decoder makes lattices"}})) == {}


def test_a_newer_check_fails_no_older_collection() -> None:
    """It is reported; a collection that was written for it fails."""

    def broken(subject: str) -> None:
        raise ValueError(subject)

    check = SuiteCheck("broken", SUITE + 1, broken, lambda _: True)

    assert judge(check, "x", exempt=None, written_for=SUITE).state is CheckState.NEWER
    assert judge(check, "x", exempt=None, written_for=SUITE + 1).state is CheckState.FAILED


def test_an_unknown_collection_is_refused(tmp_path: Path) -> None:
    """With a guess."""
    with pytest.raises(UnknownEntryError, match='Did you mean "honest"'):
        Suite(lying(), "honnest", tmp_path)


def test_examples_must_be_a_sequence_of_mappings() -> None:
    """One mapping alone is a likely slip."""
    plugin = SimpleNamespace(
        nm_collection=hookimpl(
            lambda: Collection(
                "liar", "One.", modules=[ModuleSpec("Noisy", "A liar.", {"reference": "nm_core_lies:Noisy"})]
            ),
            specname="nm_collection",
        ),
        nm_examples=hookimpl(lambda: {"Noisy": "nm_core_lies:EXAMPLES"}, specname="nm_examples"),
    )

    found = collection_failures("liar", Collections.load({"liar": plugin}, installed=False))

    assert "a sequence of mappings" in found["liar.Noisy::constructs"]


def test_a_heavy_declaration_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read in a process of its own, which sees what is imported by name."""
    (tmp_path / "torch.py").write_text("")
    (tmp_path / "weighty.py").write_text(
        "import torch\nfrom nm_core.plugins import Collection, hookimpl\n\n"
        '@hookimpl\ndef nm_collection():\n    return Collection("weighty", "Heavy.")\n'
    )
    info = tmp_path / "weighty-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: weighty\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[nm.collections]\nweighty = weighty\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", None)  # the real one stays out of this process
    monkeypatch.delitem(sys.modules, "torch")

    found = collection_failures("weighty")

    assert "torch" in found["weighty::light"]
