"""Real wheels in fresh environments: whatever one of them does, the official collections work, and a line says why."""

import json

import pytest
from nm_core_third_parties import pitch, raising_hook, third_party
from nm_core_wheels import Ended, Environment, Wheel

BROKEN = {
    "raises": ({"first": "raise ValueError('bad day')"}, "ValueError: bad day"),
    "hook": ({"declaration": raising_hook("raise RuntimeError('too late')")}, "RuntimeError: too late"),
    "exits": ({"first": "import sys; sys.exit(7)"}, "it called sys.exit(7)"),
    "interrupts": ({"first": "raise KeyboardInterrupt"}, "KeyboardInterrupt"),
    "lacks": (
        {"first": "import nmx_absent", "requires": ("nm-core>=0.1", "nmx-absent>=2")},
        "No module named 'nmx_absent'",
    ),
    "future": (
        {"first": "raise AssertionError('imported')", "requires": ("nm-core>=99",)},
        "nmx-future 1.0 requires nm-core>=99, and nm-core",
    ),
}
WAYS_OUT = {
    "lacks": "python -m pip install 'nmx-absent>=2'",
    "future": "python -m pip install --upgrade packages/nm-core nmx-future",
}


def clean(ended: Ended) -> str:
    """Return the output of a command that shows no traceback and complains of nothing by itself."""
    assert "Traceback" not in ended.out + ended.err
    assert ended.err == ""
    return ended.out


def works(environment: Environment, official: set[str]) -> str:
    """Hold that both listings list what is official, and return what they say."""
    collections, modules = environment.nmod("collections"), environment.nmod("modules")
    assert (collections.code, modules.code) == (0, 0)
    text = clean(modules)
    assert official <= {line.split(" ")[0] for line in text.splitlines()}
    assert "nm-core" in clean(collections)
    return collections.out + text


def test_a_healthy_collection_appears(environment, official) -> None:
    """Installing a wheel is all it takes; a module shows its ports, and the doctor finds nothing wrong, deep down."""
    environment.install(third_party("healthy"))

    text = works(environment, official)
    shown = clean(environment.nmod("modules", "healthy.Widget"))
    examined = environment.nmod("doctor", "healthy", "--deep")

    assert "healthy.Widget@1" in text
    assert "nmx-healthy" in text
    assert "Batch Time" in shown
    assert examined.code == 0, examined
    assert "Nothing is wrong." in clean(examined)
    assert "nmx_healthy-1.0-py3-none-any.whl" in examined.out


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_collection_is_one_line(environment, official, name) -> None:
    """The listings go on without it and say why; the doctor says what to do and ends with 3."""
    wheel, message = BROKEN[name]
    environment.install(third_party(name, **wheel))

    text = works(environment, official)
    examined = environment.nmod("doctor")

    assert f"{name}.Widget" not in text
    assert message in text
    assert examined.code == 3
    assert message in clean(examined)
    assert WAYS_OUT.get(name, f"NM_DISABLE={name}") in examined.out


def test_what_is_disabled_is_not_imported(environment, official) -> None:
    """The way out that the message names is one: nothing is wrong any more."""
    environment.install(third_party("raises", **BROKEN["raises"][0]))

    examined = environment.nmod("doctor", NM_DISABLE="raises")

    assert examined.code == 0, examined
    assert "disabled by NM_DISABLE=raises" in clean(examined)


@pytest.mark.parametrize(
    ("statement", "timeout", "how"),
    [
        ("import os; os.abort()", 30, "it crashed the interpreter (SIGABRT)"),
        ("import os; os._exit(0)", 30, "it ended the interpreter (exit code 0)"),
        ("import time; time.sleep(60)", 4, "it did not end within 4 s"),
    ],
    ids=["crash", "end", "hang"],
)
def test_a_crash_or_a_hang_is_one_line_of_the_deep_examination(environment, official, statement, timeout, how) -> None:
    """A wheel that takes the interpreter down takes down a process of the doctor's, and nothing else."""
    environment.install(third_party("harsh", widget=statement))

    works(environment, official)
    examined = environment.nmod("doctor", "harsh", "--deep", "--timeout", str(timeout))

    assert examined.code == 3
    (line,) = (line for line in clean(examined).splitlines() if line.startswith("harsh: "))
    assert how in line
    assert "while harsh.Widget is imported from nmx_harsh.widget:Widget" in line
    assert "NM_DISABLE=harsh" in examined.out


def test_a_declaration_that_crashes_is_found_without_being_imported(environment) -> None:
    """The deep examination imports nothing itself, so that it answers where the listing cannot."""
    environment.install(third_party("deadly", first="import os; os.abort()"), third_party("healthy"))

    examined = environment.nmod("doctor", "--deep", NM_COLLECTIONS="nm,deadly,healthy")

    assert examined.code == 3
    assert "deadly: it crashed the interpreter (SIGABRT) while its declaration" in clean(examined)
    assert examined.out.count(" loaded ") == 2


def test_two_distributions_that_claim_one_name(environment, official) -> None:
    """Neither wins and both are named, with the setting that prefers one; it does."""
    environment.install(*(third_party("same", distribution=f"nmx-{number}") for number in ("one", "two")))

    text = works(environment, official)
    used = environment.nmod("modules", "same.Widget")
    examined = environment.nmod("doctor")
    preferred = environment.nmod("modules", "same.Widget", NM_PREFER="same=nmx-two")

    for said in (text, clean(examined), used.err):
        assert "nmx-one and nmx-two both claim the name same" in said
        assert "NM_PREFER=same=nmx-one" in said
    assert (used.code, examined.code, preferred.code) == (1, 3, 0)
    assert "from nmx-two" in clean(preferred)


def test_two_that_define_one_tag_differently(environment, official) -> None:
    """Both are listed; the doctor shows both definitions. Defined alike, nothing is wrong."""
    environment.install(
        third_party("east", tags=pitch("ChannelTag")),
        third_party("west", tags=pitch("TimeTag")),
        third_party("north", tags=pitch("ChannelTag")),
    )

    works(environment, official)
    examined, alike = environment.nmod("doctor"), environment.nmod("doctor", NM_DISABLE="west")

    assert examined.code == 3
    for said in ("define music.Pitch differently", "music.Pitch < nm.Channel", "music.Pitch < nm.Time", "NM_DISABLE="):
        assert said in clean(examined)
    assert alike.code == 0, alike


def test_one_that_drags_torch_into_the_listing(environment, official) -> None:
    """It works, and the doctor says who imports what, how long that takes and who can mend it; also the second one."""
    environment.install(
        Wheel("nmx-torch-for-tests", {"torch/__init__.py": "import time; time.sleep(0.06)"}),
        third_party("eager", init="import torch"),
        third_party("keen", first="import torch", init="import nmx_keen.widget"),
    )

    assert {"eager.Widget@1", "keen.Widget@1"} <= set(works(environment, official).split())
    found = environment.nmod("doctor", "--json", NM_COLLECTIONS="nm,eager,keen")
    deep = environment.nmod("doctor", "keen", "--deep")

    assert found.code == 0, found
    findings = {finding["collection"]: finding for finding in json.loads(clean(found))["findings"]}
    assert findings.keys() == {"eager", "keen"}
    for finding in findings.values():
        assert "listing it imports torch (0.0" in finding["message"]
        assert "nothing but nm_core.plugins" in finding["message"]
    assert "imports nmx_keen.widget as well" in clean(deep)
    assert "what is noted could be better" in deep.out
