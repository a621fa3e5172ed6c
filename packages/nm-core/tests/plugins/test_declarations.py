"""What a collection declares about itself is frozen and of one form."""

import dataclasses

import pytest

from nm_core.plugins import Collection, DeclarationError, ModuleSpec, Upgrade

TARGETS = {"torch": "pkg.mod:Thing"}


def test_a_spec_keeps_what_it_was_given_and_cannot_change() -> None:
    """A module's declaration is immutable, its targets included."""
    targets = dict(TARGETS)
    spec = ModuleSpec("Thing", "A thing.", targets=targets)
    targets["torch"] = "other:Thing"

    assert spec.target("torch") == "pkg.mod:Thing"
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.name = "Other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        spec.targets["torch"] = "x:y"  # type: ignore[index]


def test_specs_are_values() -> None:
    """Equal declarations are equal and hash alike."""
    assert ModuleSpec("Thing", "A thing.", targets=TARGETS) == ModuleSpec("Thing", "A thing.", targets=TARGETS)
    assert hash(ModuleSpec("Thing", "A thing.", targets=TARGETS)) == hash(ModuleSpec("Thing", "A thing.", TARGETS))


def test_the_target_for_any_backend_serves_all() -> None:
    """A class declared for ``any`` runs beside every backend; another class is found only under its own."""
    assert ModuleSpec("Thing", "A thing.", targets={"any": "pkg:Thing"}).target("torch") == "pkg:Thing"
    assert ModuleSpec("Thing", "A thing.", targets=TARGETS).target("jax") is None
    assert ModuleSpec("Thing", "A thing.", targets=TARGETS).target() == "pkg.mod:Thing"


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"name": "thing"}, "class name"),
        ({"name": "Thing Two"}, "class name"),
        ({"summary": ""}, "one non-empty line"),
        ({"summary": "two\nlines"}, "one non-empty line"),
        ({"targets": {}}, "targets maps a backend"),
        ({"targets": "pkg.mod:Thing"}, "targets maps a backend"),
        ({"targets": {"torch": "pkg.mod.Thing"}}, "package.module:Object"),
        ({"targets": {"torch": "pkg.mod:Thing; import os"}}, "package.module:Object"),
        ({"version": 0}, "counts from 1"),
        ({"version": True}, "counts from 1"),
        ({"version": 2}, "there is none from 1 to 2"),
        ({"version": 3, "upgrades": {2: "pkg:f"}}, "there is none from 1 to 2"),
        ({"version": 3, "upgrades": {1: "pkg:f"}}, "there is none from 2 to 3"),
        ({"upgrades": {1: "pkg:f"}}, "for each version before 1"),
        ({"version": 2, "upgrades": ["pkg:f"]}, "got .'pkg:f'."),
        ({"version": 2, "upgrades": {1: "pkg.f"}}, "package.module:Object"),
        ({"version": 2, "upgrades": {1: 3}}, "a target or an Upgrade, got 3"),
        ({"formerly": ["thing"]}, "other names such as"),
        ({"formerly": "Thing"}, "other names such as"),
        ({"deprecated": ""}, "what deprecated says must be one non-empty line"),
    ],
)
def test_fields_of_the_wrong_form_are_refused(fields: dict[str, object], about: str) -> None:
    """Each wrong field is an error that names the module and says what was expected."""
    with pytest.raises(DeclarationError, match=about) as caught:
        ModuleSpec(**{"name": "Thing", "summary": "A thing.", "targets": TARGETS, **fields})  # type: ignore[arg-type]
    assert "ModuleSpec" in str(caught.value)


@pytest.mark.parametrize(
    "fields", [{"params": "pkg.f"}, {"inputs": {"a": ""}}, {"outputs": ["a"]}, {"weights": {"a": "c", "b": "c"}}]
)
def test_upgrades_of_the_wrong_form_are_refused(fields: dict[str, object]) -> None:
    """Each wrong field of an upgrade is an error that names it."""
    with pytest.raises(DeclarationError, match=f"Upgrade.*{next(iter(fields))}"):
        Upgrade(**fields)  # type: ignore[arg-type]


def test_a_former_name_is_no_name_of_today() -> None:
    """A collection cannot say that a module was what another one is."""
    specs = [ModuleSpec("Thing", "A thing.", TARGETS, formerly=["c.Other"]), ModuleSpec("Other", "Another.", TARGETS)]

    with pytest.raises(DeclarationError, match="a module of its own"):
        Collection("c", "A collection.", modules=specs)


def test_a_collection_turns_its_lists_into_tuples() -> None:
    """A collection is immutable down to its lists."""
    collection = Collection("demo", "For tests.", modules=[ModuleSpec("Thing", "A thing.", TARGETS)], tags=["p.t:Tag"])

    assert isinstance(collection.modules, tuple)
    assert collection.tags == ("p.t:Tag",)


@pytest.mark.parametrize(
    ("fields", "about"),
    [
        ({"name": "Demo"}, "lower-case"),
        ({"summary": " "}, "one non-empty line"),
        ({"modules": ["Thing"]}, "ModuleSpec objects"),
        ({"modules": [ModuleSpec("Thing", "A.", TARGETS), ModuleSpec("Thing", "B.", TARGETS)]}, "two modules"),
        ({"tags": "pkg:Tag"}, "list of targets"),
        ({"kinds": ["Kind"]}, "package.module:Object"),
        ({"suite": 0}, "suite counts from 1"),
        ({"formerly": ["asr.Rate"]}, "former ids by the name of today"),
        ({"formerly": {"Rate": ["Rate"]}}, "lists ids such as asr.WordErrorRate, got 'Rate'"),
        ({"exempt": ["Thing"]}, "reasons by module and test"),
        ({"exempt": {"Thing": "random"}}, "reasons by module and test"),
        ({"exempt": {"Thing": {"evaluation": ""}}}, "reasons by module and test"),
    ],
)
def test_a_collection_of_the_wrong_form_is_refused(fields: dict[str, object], about: str) -> None:
    """Each wrong field is an error that names the collection and says what was expected."""
    with pytest.raises(DeclarationError, match=about):
        Collection(**{"name": "demo", "summary": "For tests.", **fields})  # type: ignore[arg-type]


def test_presets_are_places_of_data_by_parameter() -> None:
    """They are frozen, and another form is refused with the right one."""
    spec = ModuleSpec("Thing", "A thing.", TARGETS, presets={"blocks": {"small": "pkg.presets:SMALL"}})

    assert spec.presets["blocks"]["small"] == "pkg.presets:SMALL"
    with pytest.raises(DeclarationError, match="presets gives places of data by parameter and name"):
        ModuleSpec("Thing", "A thing.", TARGETS, presets={"small": "pkg.presets:SMALL"})  # type: ignore[dict-item]
    with pytest.raises(DeclarationError, match="is not a target"):
        ModuleSpec("Thing", "A thing.", TARGETS, presets={"blocks": {"small": "SMALL"}})
