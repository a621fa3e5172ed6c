import pytest

from scratch_repository import Repository

SOURCE = "packages/nm-core/src/nm_core/graph.py"
LIMITED = '"""A module."""\n' + "value = 1  # why it is one\n" * 50


def list_findings(repository: Repository, row: str, source: str) -> list[str]:
    """Write a module of nm-core and return line and text of what the tool finds in it."""
    repository.write(SOURCE, source)
    output = repository.tool("words", "--list", row, "--package", "nm-core").stdout
    return [line.split(":", 1)[1] for line in output.splitlines() if line.startswith(f"{SOURCE}:")]


@pytest.mark.parametrize(
    "source",
    [
        "one = 1",
        "one: int = 1",
        "one += 1",
        "edge, (one, *rest) = 1, (2, 3)",
        "for edge, one in []: pass",
        "edges = [0 for one in []]",
        "with open('f') as one: pass",
        "try: pass\nexcept KeyError as one: pass",
        "print(one := 1)",
        "match 1:\n    case [one, *_]: pass",
        "class Edge:\n    one: int",
    ],
)
def test_an_odd_name_is_found_however_it_is_assigned(repository: Repository, source: str) -> None:
    """Every way to bind a name counts once, with its line."""
    assert [text.split(": ")[1] for text in list_findings(repository, "names", source + "\n")] == ["one"]


@pytest.mark.parametrize(
    "source", ["def f(one): return one", "edge.one = 1", "edges['one'] = 1", "onee = 1", "print(one)", "del one"]
)
def test_what_is_not_assigned_is_not_counted(repository: Repository, source: str) -> None:
    """Parameters, attributes, items and reads are no assignments of a name."""
    assert list_findings(repository, "names", source + "\n") == []


def test_loops_over_one_are_found(repository: Repository) -> None:
    """Loops and comprehensions are; other assignments are not."""
    source = "one = 1\nfor one in []: pass\nedges = {one for one in []}\n"

    assert list_findings(repository, "loops", source) == ["2: one", "3: one"]


def test_docstrings_that_are_riddles_are_found(repository: Repository) -> None:
    """Only the beginning counts; the word inside a sentence is counted in a row of its own."""
    source = (
        '"""What a graph is."""\n'
        'def f():\n    """Return what a graph is."""\n'
        'def g():\n    """Return the graph, whatever what is."""\n'
    )

    assert list_findings(repository, "docstrings", source) == ["1: What a graph is.", "3: Return what a graph is."]
    assert len(list_findings(repository, "whats", source)) == 3


def test_comments_are_counted_without_directives(repository: Repository) -> None:
    """What a tool reads is no comment, nor is a number sign inside a string."""
    source = "a = '# no'  # why\nb = 1  # noqa: E1\nc = 1  # type: ignore[x]\nd = 1  # pragma: no cover\n"

    assert list_findings(repository, "comments", source) == ["1: # why"]


def test_bare_participles_are_found(repository: Repository) -> None:
    """A verb with its object, a predicate and a noun pass."""
    names = ["_blamed", "opened", "_of", "names_given", "write_file", "is_opened", "feed", "__opened__"]

    found = list_findings(repository, "participles", "".join(f"def {name}(): pass\n" for name in names))

    assert found == ["1: _blamed", "2: opened", "3: _of", "4: names_given"]


def test_a_class_name_with_two_meanings_is_found(repository: Repository) -> None:
    """Both places are named, also in two packages; private classes may share a name."""
    text = "class State: pass\nclass _State: pass\n"
    repository.write("packages/nm-types/src/nm_types/state.py", text)
    repository.write("packages/nm-core/src/nm_core/checkpoint.py", text)

    assert repository.tool("words", "--list", "classes").stdout.splitlines() == [
        "packages/nm-core/src/nm_core/checkpoint.py:1: State",
        "packages/nm-types/src/nm_types/state.py:1: State",
    ]


def test_public_classes_without_an_example_are_found(repository: Repository) -> None:
    """Exported or registered ones are; those with an example, errors, and what is internal are not."""
    package = "packages/nm-core/src/nm_core"
    classes = "class Graph: pass\nclass Plan:\n    'A plan.\\n\\n    >>> Plan()'\nclass CutError(Exception): pass\n"
    repository.write(f"{package}/cut.py", classes + "class Internal: pass\n")
    repository.write(f"{package}/encoders.py", "class Encoder: pass\n")
    repository.write(f"{package}/_collection.py", "targets = {'torch': 'nm_core.encoders:Encoder'}\n")
    repository.write(
        f"{package}/__init__.py",
        "from nm_core.cut import CutError, Graph, Internal, Plan\n__all__ = ['CutError', 'Graph', 'Plan']\n",
    )

    assert repository.tool("words", "--list", "examples").stdout.splitlines() == [
        f"{package}/cut.py:1: Graph",
        f"{package}/encoders.py:1: Encoder",
    ]


def test_file_names_used_twice_in_a_package_are_found(repository: Repository) -> None:
    """Another package may use the name once more, and every room has its `__init__`."""
    for name in ("nm_core/a/reading", "nm_core/b/reading", "nm_core/a/__init__", "nm_core/b/__init__"):
        repository.write(f"packages/nm-core/src/{name}.py", "")
    repository.write("packages/nm-types/src/nm_types/reading.py", "")

    found = repository.tool("words", "--list", "files").stdout.splitlines()

    assert [line.split("nm_core/")[1] for line in found] == ["a/reading.py:1: reading.py", "b/reading.py:1: reading.py"]


def test_a_figure_beyond_its_limit_fails(repository: Repository) -> None:
    """The package and the row are named, and how to see the places."""
    for package in ("nm-types", "nm-core"):
        repository.write(f"packages/{package}/src/{package.replace('-', '_')}/words.py", LIMITED)
    done = repository.tool("words", "--check")
    assert done.returncode == 0, done.stderr

    repository.write(SOURCE, LIMITED + "for one in []: pass\n")
    done = repository.tool("words", "--check")

    assert done.returncode == 1
    assert "nm-core: 1.0 loops over `one`: expected at most 0, see --list loops." in done.stderr
    assert "nm-types" not in done.stderr
