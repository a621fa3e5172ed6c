"""Values of a file can be changed before it is read, by dotted names."""

from pathlib import Path

import pytest
from nm_core_app import APP

from nm_core.application.saved.document import Document, parse_document
from nm_core.errors import ApplicationError


def changed(**changes: str) -> Document:
    """Read the sample application with values changed; __ stands for a dot."""
    return parse_document(APP, Path("app.yaml"), changes={name.replace("__", "."): v for name, v in changes.items()})


def entry(**changes: str):
    """Return what was read, without problems."""
    document = changed(**changes)
    assert document.problems.report().ok
    assert document.entry is not None
    return document.entry


def test_a_value_under_params_reaches_its_references() -> None:
    """A bare name is a value under params, and every $name follows it."""
    read = entry(width="9")

    assert read.params["width"] == 9
    assert read.modules["encoder"].params["width"] == read.modules["decoder"].params["width"] == 9


@pytest.mark.parametrize("name", ["encoder__stride", "modules__encoder__stride", "modules__encoder__params__stride"])
def test_a_parameter_of_a_module_has_a_short_name(name) -> None:
    """Module and parameter are enough; the whole path does as well; a parameter that was not there is added."""
    assert entry(**{name: "2"}).modules["encoder"].params == {"width": 5, "stride": 2}


def test_a_module_without_parameters_gets_them() -> None:
    """The params of a module need not stand in the file."""
    assert entry(loss__scale="0.5").modules["loss"].params == {"scale": 0.5}


def test_sections_and_items_of_lists_can_be_changed() -> None:
    """Keys of sections, nested ones, and items of lists by their number."""
    read = entry(train__max_steps="7", train__optimizer__lr="2e-2", train__callbacks__0__type="other", seed="4")

    assert read.train.max_steps == 7
    assert read.train.optimizer == {"name": "sgd", "lr": 0.02}
    assert read.train.callbacks[0].type == "other"
    assert read.seed == 4


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("1e-3", 0.001),
        ("true", True),
        ("yes", "yes"),
        ('"5"', "5"),
        ("[a, b]", ["a", "b"]),
        ("", ""),
        ("$width", 5),
    ],
)
def test_values_are_yaml(text, value) -> None:
    """A value reads as it would in the file, references included."""
    assert entry(encoder__x=text).modules["encoder"].params["x"] == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("encodr__width", "1", 'Did you mean "encoder"?'),
        ("widht", "1", 'Did you mean "width"?'),
        ("modules__encodr__width", "1", 'there is no "encodr" to change. Did you mean "encoder"?'),
        ("train__max_steps__x", "1", "lies inside the number 4"),
        ("width", "[1", "the value of width"),
        ("width", "!!python/object:os.system x", "the value of width"),
    ],
)
def test_what_leads_nowhere_is_an_error(name, text, message) -> None:
    """Nothing is added in silence where a name is misspelt, and a value is data only."""
    with pytest.raises(ApplicationError) as caught:
        changed(**{name: text})

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "position"),
    [
        ("train__max_steps", "many", "--set train.max_steps=many"),
        ("train__optimizer", "{nme: sgd}", "--set train.optimizer={nme: sgd}"),
        ("train__max_stepz", "3", "--set train.max_stepz=3"),
        ("encoder__width", "$widht", "--set encoder.width=$widht"),
        ("train__work_dir", "[a,\n  b]", "--set train.work_dir=[a, b]"),
    ],
)
def test_a_wrong_value_is_reported_as_the_change(name, text, position) -> None:
    """The file says nothing wrong, so no line of it is shown; a key that the change adds belongs to it, too."""
    (problem,) = changed(**{name: text}).problems.report().problems

    assert problem.position == position
    assert not problem.excerpt
    assert (problem.line, problem.file) == (0, "")


def test_a_changed_value_under_params_is_reported_as_the_change(check, write) -> None:
    """Where a reference is used the file is right."""
    problems = check(write(APP), changes={"width": "wide"}).problems

    assert {problem.position for problem in problems} == {"--set width=wide"}
