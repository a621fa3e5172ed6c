"""The published JSON Schema says what the reader accepts."""

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from nm_core_data import APPLICATIONS

from nm_core.application.form.entries import ApplicationEntry
from nm_core.application.form.schema import json_schema
from nm_core.application.form.to_data import application_data
from nm_core.application.saved.document import parse_document

SCHEMA = json.loads(files("nm_core.application").joinpath("app-1.schema.json").read_text())
TYPES: dict[str, Any] = {"string": str, "object": dict, "array": list, "boolean": bool, "null": type(None)}


def is_of_type(value: Any, name: str) -> bool:
    """Tell whether a value has a type of JSON Schema."""
    if name in ("integer", "number"):
        return isinstance(value, int if name == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def valid(value: Any, schema: dict[str, Any]) -> bool:
    """Judge a value by the part of JSON Schema that the published file uses."""
    if "anyOf" in schema and not any(valid(value, option) for option in schema["anyOf"]):
        return False
    if ("const" in schema and value != schema["const"]) or ("enum" in schema and value not in schema["enum"]):
        return False
    if "type" in schema and not is_of_type(value, schema["type"]):
        return False
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    if isinstance(value, list):
        return len(value) >= schema.get("minItems", 0) and all(valid(item, schema.get("items", {})) for item in value)
    if isinstance(value, dict):
        return _valid_object(value, schema)
    if is_of_type(value, "number"):
        return value >= schema.get("minimum", value) and value > schema.get("exclusiveMinimum", float("-inf"))
    return True


def _valid_object(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", {})
    return (
        all(key in value for key in schema.get("required", []))
        and all(valid(key, schema.get("propertyNames", {})) for key in value)
        and all(key in known or others is not False for key in value)
        and all(valid(item, known.get(key, others)) for key, item in value.items())
    )


def test_the_published_file_is_the_shape_of_the_reader() -> None:
    """The file in the package is what the reader's own description gives."""
    assert json_schema() == SCHEMA


def test_every_key_is_explained() -> None:
    """An editor can say of each key of the file what it is for."""
    assert all(part.get("description") for part in SCHEMA["properties"].values())


@settings(max_examples=50, deadline=None)
@given(APPLICATIONS)
def test_what_we_write_is_valid(entry: ApplicationEntry) -> None:
    """Every application that we can write is valid by the schema."""
    assert valid(json.loads(json.dumps(application_data(entry))), SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"modles": {}},
        {"nm": "app/2"},
        {"seed": -1},
        {"modules": {"a": {"type": "no id"}}},
        {"modules": {"a-b": {"type": "asr.X"}}},
        {"graphs": {"g": {"calls": []}}},
        {"train": {"max_steps": 3}},
        {"train": {"optimize": ["a.b"], "precision": "fp8"}},
        {"eval": {"metrics": []}},
        {"tie": [["a"]]},
    ],
)
def test_what_the_reader_refuses_is_invalid(change: dict[str, Any]) -> None:
    """An editor underlines what the reader would refuse."""
    data = {"nm": "app/1"} | change

    assert not valid(data, SCHEMA)
    assert not parse_document(json.dumps(data), Path("a.json")).problems.report().ok
