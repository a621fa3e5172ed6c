"""The hooks are documented with their exact signature, and this is what they are."""

import inspect

from nm_core.plugins import hooks

SIGNATURES = {
    "nm_collection": "() -> 'Collection'",
    "nm_backends": "() -> 'Mapping[str, str]'",
    "nm_strategies": "() -> 'Mapping[str, str]'",
    "nm_callbacks": "() -> 'Mapping[str, str]'",
    "nm_metrics": "() -> 'Mapping[str, str]'",
    "nm_optimizers": "() -> 'Mapping[str, str]'",
    "nm_policies": "() -> 'Mapping[str, str]'",
    "nm_tokenizers": "() -> 'Mapping[str, str]'",
    "nm_commands": "() -> 'Mapping[str, str]'",
    "nm_tasks": "() -> 'Mapping[str, str]'",
    "nm_recipes": "() -> 'Mapping[str, str]'",
    "nm_doctor_checks": "() -> 'Mapping[str, str]'",
    "nm_examples": "() -> 'Mapping[str, str]'",
    "nm_probes": "() -> 'Mapping[str, str]'",
}


def test_hooks_have_exactly_these_signatures() -> None:
    """A hook added, removed or changed is a change of the interface and has to be made here too."""
    specs = {name: value for name, value in vars(hooks).items() if name.startswith("nm_")}

    assert {name: str(inspect.signature(spec)) for name, spec in specs.items()} == SIGNATURES


def test_every_hook_is_documented() -> None:
    """Authors read what a hook returns where it is declared."""
    for name in SIGNATURES:
        assert (getattr(hooks, name).__doc__ or "").startswith("Return "), name


def test_every_optional_hook_can_be_looked_up() -> None:
    """What a hook offers is reached by a name of its own."""
    assert {hooks.REQUIRED, *hooks.NAMES.values()} == set(SIGNATURES)
