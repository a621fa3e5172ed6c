"""`nmod diff` on files and saved applications."""

import json

import pytest

PYTHON = ("--backend", "python")


def test_equal_applications_end_with_0(nmod, app) -> None:
    """The digest identifies both."""
    ended = nmod("diff", app, app, *PYTHON)

    assert ended.code == 0
    assert ended.out.startswith("No difference.\ndigest: ")
    shown = json.loads(nmod("diff", app, app, "--json", *PYTHON).out)
    assert shown["equal"] is True
    assert shown["digests"]["old"] == shown["digests"]["new"] == ended.out.split()[-1]


@pytest.mark.parametrize("name", ["saved", "saved.zip"])
def test_a_saved_application_equals_its_file(nmod, app, environment, name) -> None:
    """What training saved is compared with the file, either way around; initial weights are past."""
    saved = environment / name
    assert nmod("train", app, "--quiet", "--save", saved, *PYTHON).code == 0

    for pair in ((app, saved), (saved, app)):
        ended = nmod("diff", *pair, *PYTHON)
        assert ended.code == 0, ended.out
        assert "writes paths to the same files otherwise" in ended.out


def test_differences_end_with_1(nmod, app, environment) -> None:
    """What changed comes first, then what follows; the same as JSON."""
    new = environment / "new.yaml"
    new.write_text(app.read_text().replace("width: 5", "width: 6").replace("lr: 0.1", "lr: 0.2"))

    ended = nmod("diff", app, new, *PYTHON)

    assert ended.code == 1
    first, types, weights = ended.out.split("\n\n")
    assert "train.optimizer.lr is 0.2, was 0.1" in first.splitlines()
    assert types.startswith("What follows for types:\n  encoder.encoded: Batch Encoded:5")
    assert weights.startswith("Saved weights that do not fit any more:\n  encoder: its ports are others")
    shown = json.loads(nmod("diff", app, new, "--json", *PYTHON).out)
    assert {"path": ["seed"], "what": "changed", "text": "seed is 4, was 3", "old": 3, "new": 4} not in shown["changes"]
    assert {"encoder.width is 6, was 5", "decoder.width is 6, was 5"} <= {one["text"] for one in shown["changes"]}
    assert shown["changes"][0] == {
        "path": ["modules", "encoder", "params", "width"],
        "what": "changed",
        "text": "encoder.width is 6, was 5",
        "old": 5,
        "new": 6,
    }


def test_a_file_with_problems_is_compared_and_said_to_have_them(nmod, app, environment) -> None:
    """On stderr stands which file has problems and how to see them."""
    new = environment / "new.yaml"
    new.write_text(app.read_text().replace("encoder.encoded", "encoder.encodd"))

    ended = nmod("diff", app, new, *PYTHON)

    assert ended.code == 1
    assert "infer: decoder.encoded is given encoder.encodd, was encoder.encoded" in ended.out
    assert f"nmod check {new}" in ended.err


def test_what_is_no_application_is_an_error(nmod, app, environment) -> None:
    """Nothing is printed that could be taken for a difference."""
    (environment / "no.yaml").write_text("[]\n")

    ended = nmod("diff", app, "no.yaml", *PYTHON)

    assert (ended.code, ended.out) == (1, "")
    assert "no.yaml:1:1" in ended.err
