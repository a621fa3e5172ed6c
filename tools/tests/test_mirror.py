from scratch_repository import Repository

ENTRY = """
[[without]]
room = "nm-core/graphs"
modules = ["plan"]
tests = ["packages/nm-core/tests/graphs/test_graph.py"]
reason = "a view of a graph"
"""


def prepare(repository: Repository, entries: str) -> str:
    """Write a module with a test, a module without, and entries; return what the tool says."""
    for module in ("graph", "plan"):
        repository.write(f"packages/nm-core/src/nm_core/graphs/{module}.py", "")
    repository.write("packages/nm-core/tests/graphs/test_graph.py", "")
    repository.write("tools/mirror.toml", entries)
    done = repository.tool("mirror")
    return done.stdout + done.stderr


def test_a_module_without_a_test_is_found(repository: Repository) -> None:
    """The place where its test belongs is named; the module that has one is not."""
    assert prepare(repository, "") == (
        "nm-core/graphs/plan: expected a test in packages/nm-core/tests/graphs/test_plan.py, "
        "or an entry in tools/mirror.toml that says why not.\n"
    )


def test_a_test_elsewhere_does_not_count(repository: Repository) -> None:
    """A test moves with its module."""
    repository.write("packages/nm-core/tests/test_plan.py", "")

    assert "nm-core/graphs/plan: expected a test in" in prepare(repository, "")


def test_a_reason_lets_a_module_do_without(repository: Repository) -> None:
    """An entry that names room and module is enough."""
    assert "2 modules have a test of their name" in prepare(repository, ENTRY)


def test_an_entry_that_no_longer_holds_is_found(repository: Repository) -> None:
    """A module that has a test by now, or is gone, is taken out of the entries, and so is a test that is gone."""
    entries = ENTRY.replace('["plan"]', '["plan", "graph"]').replace("test_graph.py", "test_cut.py")

    assert prepare(repository, entries).splitlines() == [
        "tools/mirror.toml: nm-core/graphs: graph names no module without a test; take it out.",
        "tools/mirror.toml: nm-core/graphs: there is no test packages/nm-core/tests/graphs/test_cut.py.",
    ]


def test_an_entry_without_a_reason_is_found(repository: Repository) -> None:
    """Whoever lets a module do without a test says why."""
    assert "nm-core/graphs: expected a reason." in prepare(repository, ENTRY.replace("a view of a graph", ""))
