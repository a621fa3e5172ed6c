"""Names are looked up across collections; what is missing says how to get it."""

from fractions import Fraction
from types import SimpleNamespace

import pytest

from nm_core.plugins import Collection, Collections, ConflictError, TargetError, UnknownModuleError, hookimpl


def other(name: str, tags: tuple[str, ...] = (), **hooks: dict[str, str]) -> SimpleNamespace:
    """Make a collection of this name that offers what is given."""

    @hookimpl
    def nm_collection() -> Collection:
        return Collection(name, "Another one.", tags=tags)

    offers = {}
    for hook, offered in hooks.items():

        def offer(offered: dict[str, str] = offered) -> dict[str, str]:
            return offered

        offers[hook] = hookimpl(offer)
    return SimpleNamespace(nm_collection=nm_collection, **offers)


def test_ids_resolve_to_classes(demo) -> None:
    """An id, with or without its version, is imported when it is asked for; metrics have ids too."""
    from collections import OrderedDict

    collections = Collections.load({"demo": demo}, installed=False)

    assert collections.resolve("demo.Ordered") is OrderedDict
    assert collections.resolve("demo.Ordered@1", backend="torch") is OrderedDict
    assert collections.resolve("demo.Rate") is Fraction
    assert collections.id_of(OrderedDict) == "demo.Ordered"
    assert collections.id_of(Fraction) == "demo.Rate"
    assert collections.id_of(dict) is None
    assert collections.versioned("demo.Broken") == "demo.Broken@3"
    assert collections.names("metrics") == ("demo.Rate",)


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("demo.Orderd", 'Did you mean "demo.Ordered"?'),
        ("Ordered", 'Did you mean "demo.Ordered"?'),
        ("dmeo.Ordered", 'there is no collection "dmeo". Did you mean "demo"?'),
        ("asr.JasperEncoder", "python -m pip install packages/nm-asr"),
        ("demo.Ordered@2", "the installed version is 1"),
        ("demo.Rate@2", "the installed version is 1"),
        ("demo.Broken@1", "Files of older versions are upgraded when they are read"),
        ("demo.Broken@4", "a newer release of the package that brings demo"),
        ("demo.Whole", "demo.Whole is called demo.Broken now"),
        ("os.system('x')", "is not a module id"),
        ("demo.Ordered@0", "is not a module id"),
        ("", "is not a module id"),
        (None, "is not a module id"),
    ],
)
def test_an_unknown_module_says_what_to_do(demo, id, message) -> None:
    """The message names the nearest id, the package to install or the version that is there; it is a KeyError too."""
    collections = Collections.load({"demo": demo}, installed=False)

    with pytest.raises(UnknownModuleError) as caught:
        collections.resolve(id)

    assert message in str(caught.value)
    assert isinstance(caught.value, KeyError)


def test_a_module_for_another_backend_says_which_it_has(demo) -> None:
    """Asking for a backend that a module has no class for is an error that lists those it has."""
    collections = Collections.load({"demo": demo}, installed=False)

    with pytest.raises(UnknownModuleError, match="It has one for torch"):
        collections.resolve("demo.Ordered", backend="jax")


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("demo.Broken", "No module named 'nm_no_such_package'"),
        ("demo.Renamed", 'Did you mean "OrderedDict"?'),
        ("demo.Heavy", "nm_no_such_package"),
    ],
)
def test_a_target_that_is_not_there_is_named(demo, id, message) -> None:
    """A declaration that disagrees with the code is reported when the module is used, with where it points."""
    collections = Collections.load({"demo": demo}, installed=False)

    with pytest.raises(TargetError, match=message):
        collections.resolve(id)


def test_a_missing_extra_names_its_pip_line(site) -> None:
    """A module whose optional dependency is missing says how to install it."""
    declaration = """
from nm_core.plugins import Collection, ModuleSpec, hookimpl

@hookimpl
def nm_collection():
    spec = ModuleSpec("Widget", "Needs more.", targets={{"torch": "{package}.widget:Widget"}}, extra="more")
    return Collection("{name}", "With an extra.", modules=[spec])
"""
    site.install("nmx-extra", name="extra", declaration=declaration, widget="import nm_no_such_package\n")

    with pytest.raises(TargetError, match=r"python -m pip install 'nmx-extra\[more\]'"):
        Collections.load(path=site.path, environ={}).resolve("extra.Widget")


def test_a_former_id_of_what_a_hook_names_is_an_alias() -> None:
    """Metrics and tokenizers that moved from another collection answer to both ids, and are listed once."""
    from collections import Counter, deque

    former = {"Rate": ["old.Rate"], "word": "old.word"}
    moved = other("moved", nm_metrics={"Rate": "collections:Counter"}, nm_tokenizers={"word": "collections:deque"})
    moved.nm_collection = hookimpl(lambda: Collection("moved", "From elsewhere.", formerly=former))
    collections = Collections.load({"moved": moved}, installed=False)

    assert collections.resolve("old.Rate") is collections.lookup("metrics", "old.Rate") is Counter
    assert collections.resolve("old.Rate@1") is Counter
    assert collections.lookup("tokenizers", "old.word") is deque
    assert collections.current("old.Rate") == collections.aliases["old.Rate"] == collections.id_of(Counter)
    assert collections.names("metrics") == ("moved.Rate",)


def test_names_are_looked_up_across_collections(demo) -> None:
    """A name is found plain, or with its collection in front."""
    from collections import Counter

    collections = Collections.load({"demo": demo}, installed=False)

    assert collections.lookup("optimizers", "descent") is Counter
    assert collections.lookup("optimizers", "demo.descent") is Counter
    assert collections.target("optimizers", "descent") == "collections:Counter"


def test_a_name_offered_twice_raises_only_when_used(demo) -> None:
    """Both are reported and neither wins; naming the collection chooses."""
    from collections import ChainMap, Counter

    rival = other("rival", nm_optimizers={"descent": "collections:ChainMap", "ascent": "collections:deque"})
    collections = Collections.load({"demo": demo, "rival": rival}, installed=False)

    assert len(collections.conflicts()) == 1
    collections.lookup("optimizers", "ascent")
    with pytest.raises(ConflictError, match=r"demo\.descent or rival\.descent"):
        collections.lookup("optimizers", "descent")
    assert collections.lookup("optimizers", "rival.descent") is ChainMap
    assert collections.lookup("optimizers", "demo.descent") is Counter


@pytest.mark.parametrize(
    ("what", "name", "message"),
    [
        ("optimizers", "decsent", 'There is no optimizer "decsent". Did you mean "descent"?'),
        ("policies", "cosine", 'There is no policy "cosine".'),
        ("backends", "torch", "python -m pip install packages/nm-torch"),
        ("optimisers", "descent", 'Did you mean "optimizers"?'),
    ],
)
def test_an_unknown_name_says_what_to_do(demo, what, name, message) -> None:
    """The message has the nearest name or the package to install."""
    collections = Collections.load({"demo": demo}, installed=False)

    with pytest.raises(KeyError) as caught:
        collections.lookup(what, name)

    assert message in str(caught.value)


def test_a_name_of_a_collection_that_was_not_loaded_says_so(site) -> None:
    """Whoever misses a name learns which collections are out, and why."""
    site.install("nmx-out", name="out", declaration="raise ValueError('bad day')")
    collections = Collections.load(path=site.path, environ={})

    with pytest.raises(KeyError, match=r"Not loaded: out \(failed\)"):
        collections.lookup("optimizers", "descent")
    with pytest.raises(UnknownModuleError, match="bad day"):
        collections.resolve("out.Widget")


def test_one_tag_defined_twice_alike_is_fine(monkeypatch, tmp_path) -> None:
    """Tags are compared by id and chain of parents; only a real difference is a conflict."""
    monkeypatch.syspath_prepend(str(tmp_path))
    body = (
        "class Base:\n    id = 'nm.Token'\nclass {parent}:\n    id = '{parent}'\nclass Phoneme({base}):\n    id = 'x'\n"
    )
    for name, base in (("nmx_tags_a", "Base"), ("nmx_tags_b", "Base"), ("nmx_tags_c", "Other")):
        (tmp_path / f"{name}.py").write_text(body.format(parent="Other", base=base))
    one, two, three = (other(name, tags=(f"nmx_tags_{name}:Phoneme",)) for name in ("a", "b", "c"))
    collections = Collections.load({"a": one, "b": two, "c": three}, installed=False)

    assert [tag.__name__ for tag in collections.tags("a", "b")] == ["Phoneme"]
    with pytest.raises(ConflictError, match="define x differently"):
        collections.tags()


def test_two_users_of_the_registry_do_not_see_each_other(demo) -> None:
    """There is no process-wide registry: what one loads the other does not have."""
    with_demo = Collections.load({"demo": demo}, installed=False)
    without = Collections.load(installed=False)

    assert list(with_demo.collections) == ["demo"]
    assert list(without.collections) == []


def test_an_object_goes_before_an_installed_collection(site, demo) -> None:
    """A collection given in Python stands in for the installed one of the same name, visibly."""
    site.install("nmx-demo", name="demo")

    collections = Collections.load({"demo": demo}, path=site.path, environ={})

    assert "demo.Ordered" in collections.modules
    assert sorted(str(record.state) for record in collections.records) == ["disabled", "loaded"]
