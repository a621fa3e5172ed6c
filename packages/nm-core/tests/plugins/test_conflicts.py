"""Names, tags and kinds that collections do not agree on: one sentence each, and who has to change something."""

from nm_core.plugins.conflicts import define, find_clashes, find_shared_names
from nm_types import Kind, TokenTag


def test_a_name_is_shared_if_two_offer_it() -> None:
    """What carries its collection's name is never shared, and one offer alone is no conflict."""
    offers = {
        "one": {"optimizers": ["fast", "slow"], "metrics": ["Rate"], "doctor_checks": ["card"]},
        "two": {"optimizers": ["fast"], "policies": ["slow"], "metrics": ["Rate"], "doctor_checks": ["card"]},
    }

    (shared,) = find_shared_names(offers, official=())

    assert shared[1:] == ("fast", (), ("one", "two"))
    assert shared.message.startswith('optimizers: "fast" is offered by one and two, and neither wins.')


def test_an_official_name_wins() -> None:
    """It is no conflict, and the message says how the other one is named."""
    offers = {name: {"optimizers": ["sgd"]} for name in ("birds", "common")}

    (shared,) = find_shared_names(offers, official=("common",))

    assert shared[2:] == (("common",), ("birds",))
    assert shared.message == 'optimizers: "sgd" stays that of common.\n  That of birds is birds.sgd.'


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


def test_who_defines_an_id_of_another_namespace_is_at_fault() -> None:
    """Whoever comes first in the listing: the message names the squatter, and leaves the owner alone."""

    class Owned(TokenTag, id="zoo.Song"): ...

    class Squatted(Kind, id="zoo.Song"): ...

    for squatter in ("birds", "zzz"):
        definitions = {"zoo": [define(Owned)], squatter: [define(Squatted)]}
        for order in (definitions, dict(reversed(definitions.items()))):
            (clash,) = find_clashes(order)

            assert clash.startswith(f"{squatter} defines zoo.Song differently than zoo, in whose namespace it is.")
            assert f"{squatter}.Song" in clash
            assert clash.endswith(f"leave {squatter} out: NM_DISABLE={squatter}")
