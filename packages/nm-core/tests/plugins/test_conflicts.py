"""Names, tags and kinds that collections do not agree on: one sentence each, and neither wins."""

from nm_core.plugins.conflicts import define, find_clashes, find_shared_names
from nm_types import Kind, TokenTag


def test_a_name_is_shared_if_two_offer_it() -> None:
    """What carries its collection's name is never shared, and one offer alone is no conflict."""
    offers = {
        "one": {"optimizers": ["fast", "slow"], "metrics": ["Rate"], "doctor_checks": ["card"]},
        "two": {"optimizers": ["fast"], "policies": ["slow"], "metrics": ["Rate"], "doctor_checks": ["card"]},
    }

    (conflict,) = find_shared_names(offers)

    assert conflict.startswith('optimizers: "fast" is offered by one and two, and neither wins.')


def test_a_tag_is_its_chain_of_ids() -> None:
    """Where a class lies and what it is called there does not matter."""

    class Phoneme(TokenTag, id="x.Phoneme"): ...

    class Sound(TokenTag, id="x.Phoneme"): ...

    assert define(Phoneme) == define(Sound)
    assert not list(find_clashes({"one": [define(Phoneme)], "two": [define(Sound)], "three": []}))


def test_a_kind_is_its_values_and_sizes_too() -> None:
    """Kinds of one id and one parent differ if their values or their sizes do."""

    class Pitch(Kind, id="x.Pitch", dtype="int", parameters=("octaves",)): ...

    class Height(Kind, id="x.Pitch"): ...

    (clash,) = find_clashes({"one": [define(Pitch)], "two": [define(Height)]})

    assert "one and two define x.Pitch differently" in clash
    assert "int values with sizes octaves" in clash
    assert "float values" in clash
