"""Writers give text that reads back as the same data, in YAML and in JSON."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from nm_core_data import APPLICATIONS, DATA

from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.document import parse_document
from nm_core.application.text import parse
from nm_core.application.text.problems import Problems
from nm_core.application.text.spans import Source
from nm_core.application.text.writers import canonical_json, digest, to_json, to_yaml


def read(text: str, name: str = "a.yaml", *, fallback: bool = False) -> object:
    """Read a text that must be well formed."""
    problems = Problems(name, Source(name, text))
    node = parse(Source(name, text), problems, fallback=fallback)
    assert node is not None, problems.report()
    return node.data()


def same(one: object, other: object) -> bool:
    """Compare data without taking 1 for true or 1.0."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(DATA)
def test_yaml_reads_back(data: object) -> None:
    """Whatever is written as YAML reads back the same, with the C parser and with the Python one."""
    text = to_yaml(data)

    assert same(read(text), data)
    assert same(read(text, fallback=True), data)


@given(DATA)
def test_json_reads_back(data: object) -> None:
    """JSON of ours is JSON for the standard library too."""
    assert same(read(to_json(data), "a.json"), data)
    assert same(json.loads(to_json(data)), data)
    assert same(json.loads(canonical_json(data)), data)


@given(DATA)
def test_other_readers_agree_on_yaml(data: object) -> None:
    """What is written means the same to PyYAML's own loader, although that one reads YAML 1.1."""
    assert same(yaml.safe_load(to_yaml(data)), data)


@settings(max_examples=50, deadline=None)
@given(APPLICATIONS)
def test_an_application_reads_back(entry: ApplicationEntry) -> None:
    """load(dump(a)) equals a, YAML and JSON agree, and writing again gives the same text."""
    data = application_data(entry)
    text = to_yaml(data)

    from_yaml = parse_document(text, Path("a.yaml"))
    from_json = parse_document(to_json(data), Path("a.json"))

    assert from_yaml.problems.report().ok, from_yaml.problems.report()
    assert from_yaml.entry == entry
    assert from_json.entry == entry
    assert to_yaml(from_yaml.data) == text


def test_the_digest_depends_on_content_alone() -> None:
    """The order of keys does not change the digest, any value does."""
    assert digest({"a": 1, "b": [2.0]}) == digest({"b": [2.0], "a": 1})
    assert digest({"a": 1}) != digest({"a": True})


def test_short_things_stand_on_one_line() -> None:
    """YAML for people: a section opens, what fits in a line stays in it."""
    data = {
        "modules": {"encoder": {"type": "asr.JasperEncoder@1", "params": {"feat_in": 64}}},
        "freeze": ["encoder.**"],
    }

    assert to_yaml(data) == (
        "modules:\n  encoder: {type: asr.JasperEncoder@1, params: {feat_in: 64}}\nfreeze: [encoder.**]\n"
    )


def test_json_has_no_numbers_that_are_not_finite() -> None:
    """A number that JSON cannot hold is refused and never written as something else."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": float("inf")})
