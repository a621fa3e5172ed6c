"""Listing what is installed, and saying what is wrong with it."""

import io
import json

from nm_types import CODES


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_modules_are_listed_with_their_versions(nmod) -> None:
    """Every declared module and metric has a line."""
    ended = nmod("modules")

    assert ended.code == 0
    assert "speech.Encoder@1" in ended.out
    assert "speech.WordCount" in ended.out


def test_the_list_is_json_too(nmod) -> None:
    """Programs read the same list as data."""
    listed = json.loads(nmod("modules", "--json").out)

    assert {
        "id": "speech.Encoder@1",
        "summary": "A sample.",
        "targets": {"any": "nm_core_speech:Encoder"},
        "kind": "modules",
    } in listed
    assert {row["id"]: row["kind"] for row in listed}["count"] == "commands"


def test_short_names_are_listed_by_kind(nmod) -> None:
    """Callbacks, commands and the like stand below the modules; one kind can be asked for, and is JSON too."""
    assert any(line.split() == ["commands", "check,", "count,", "odd"] for line in nmod("modules").out.splitlines())

    commands = nmod("modules", "--kind", "commands", "--collection", "speech").out

    assert "command of speech" in commands
    assert "speech.Encoder" not in commands
    listed = json.loads(nmod("modules", "--kind", "commands", "--json").out)
    assert {(row["id"], row["kind"]) for row in listed} == {
        ("count", "commands"),
        ("odd", "commands"),
        ("check", "commands"),
    }


def test_a_command_says_how_it_is_run(nmod) -> None:
    """As text and as data."""
    shown, data = nmod("modules", "count"), json.loads(nmod("modules", "speech.count", "--json").out)

    assert "command of speech" in shown.out
    assert "Run: nmod count --help" in shown.out
    assert (data["kind"], data["distribution"]) == ("commands", "nmx-speech")


def test_a_name_that_nothing_has_is_told_what_comes_near(nmod) -> None:
    """Whatever kind that is; a collection is told how it is listed."""
    near = {"coutn": '"count"', "Encodr": '"speech.Encoder"', "speech": "nmod modules --collection speech"}

    for name, expected in near.items():
        ended = nmod("modules", name)
        assert ended.code == 1
        assert expected in ended.err, ended.err
    assert "among the optimizers" in nmod("modules", "count", "--kind", "optimizers").err


def test_one_collection_can_be_asked_for(nmod) -> None:
    """A collection that is not loaded is an error with the line that installs it."""
    assert "speech.Encoder@1" in nmod("modules", "--collection", "speech").out

    ended = nmod("modules", "--collection", "tts")
    assert ended.code == 1
    assert 'there is no collection "tts"' in ended.err


def test_a_module_shows_ports_parameters_and_documentation(nmod) -> None:
    """What one needs to know before using a module is on one page."""
    ended = nmod("modules", "speech.Encoder")

    assert ended.code == 0
    for text in (
        "speech.Encoder@1",
        "nm_core_speech.Encoder, from nmx-speech",
        "Batch Spectrogram:{size} Time:t",
        "optional",
        "needs length",
        "stride",
        'example: {"stride": 4}',
        "Scales its input by one weight.",
    ):
        assert text in ended.out


def test_a_module_is_json_too(nmod) -> None:
    """Ports and parameters come as data, defaults as Python writes them."""
    shown = json.loads(nmod("modules", "speech.Encoder", "--json").out)

    assert [port["name"] for port in shown["inputs"]] == ["signal", "length"]
    assert shown["inputs"][1]["optional"] is True
    assert shown["parameters"][0] == {"name": "size", "required": False, "default": "2", "annotation": "int"}


def test_a_deprecated_module_says_what_to_use_instead(nmod) -> None:
    """In the list and on its page."""
    (line,) = (line for line in nmod("modules").out.splitlines() if "speech.Halving@1" in line)

    assert line.endswith("Deprecated: Use speech.Halve.")
    assert "deprecated: Use speech.Halve." in nmod("modules", "speech.Halving").out


def test_a_metric_is_shown_like_a_module(nmod) -> None:
    """Metrics have ports and parameters too."""
    ended = nmod("modules", "speech.WordCount")

    assert ended.code == 0
    assert "hypotheses" in ended.out


def test_an_unknown_module_is_an_error_with_a_suggestion(nmod) -> None:
    """The message names the nearest module; no traceback."""
    ended = nmod("modules", "speech.Encodr")

    assert ended.code == 1
    assert ended.out == ""
    assert 'Did you mean "speech.Encoder"?' in ended.err
    assert "Traceback" not in ended.err


def test_collections_are_listed_from_metadata(nmod) -> None:
    """Name, distribution, version and summary are shown; what NM_COLLECTIONS leaves out says so."""
    listed = json.loads(nmod("collections", "--json").out)

    (speech,) = (record for record in listed["collections"] if record["collection"] == "speech")
    assert (speech["distribution"], speech["version"], speech["state"]) == ("nmx-speech", "1.2", "found")
    assert speech["summary"] == "Samples on disk."
    assert "nmx-speech" in nmod("collections").out


def test_official_collections_that_are_missing_have_their_pip_line(nmod, monkeypatch) -> None:
    """Whoever looks for speech recognition learns what to install."""
    monkeypatch.setattr("nm_core.plugins.known.KNOWN", {"gone": "nm-gone"})

    assert "gone is not installed: python -m pip install nm-gone" in nmod("collections").out


def test_doctor_is_content_with_a_healthy_collection(nmod) -> None:
    """Each collection has a line with how far it came and how long that took."""
    ended = nmod("doctor", "speech")

    assert ended.code == 0
    assert "nmx-speech" in ended.out
    assert "Nothing is wrong." in ended.out


def test_doctor_names_what_does_not_work(nmod, environment, site, monkeypatch) -> None:
    """A collection that raises is one line with its error and an exit code of its own; asked for it, the traceback."""
    (environment / "nmx_broken.py").write_text("raise ValueError('bad day')\n")
    info = environment / "nmx_broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: nmx-broken\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[nm.collections]\nbroken = nmx_broken\n")
    monkeypatch.syspath_prepend(str(environment))
    monkeypatch.setenv("NM_COLLECTIONS", "speech,broken")

    ended, detailed, listed = nmod("doctor"), nmod("doctor", "broken"), nmod("modules")

    assert ended.code == detailed.code == 3
    assert "broken: ValueError: bad day" in ended.out
    assert "nmx_broken.py" in detailed.out
    assert listed.code == 0
    assert "broken is not listed (failed): ValueError: bad day" in listed.out


def test_doctor_speaks_json(nmod) -> None:
    """The same records as data."""
    found = json.loads(nmod("doctor", "speech", "--json").out)

    assert found["ok"] is True
    assert found["records"][0]["step"] == "done"


def test_doctor_does_not_know_everything(nmod) -> None:
    """An unknown collection is an error."""
    assert nmod("doctor", "spech").code == 1


def test_codes_are_explained(nmod) -> None:
    """The code of an error leads to what it means; small letters will do."""
    assert "different order" in nmod("explain", "nm104").out
    assert "NM104" in nmod("explain").out
    assert "\n\nNM108  sizes agree" in nmod("explain", "NM104", "NM108").out


def test_codes_are_explained_to_programs(nmod) -> None:
    """All titles, one explanation, or several."""
    assert json.loads(nmod("explain", "--json").out) == {code: title for code, (title, _) in CODES.items()}
    one = json.loads(nmod("explain", "nm104", "--json").out)
    assert one == {"code": "NM104", "title": CODES["NM104"][0], "explanation": CODES["NM104"][1]}
    assert [two["code"] for two in json.loads(nmod("explain", "NM105", "NM104", "--json").out)] == ["NM105", "NM104"]


def test_an_unknown_code_is_helped(nmod) -> None:
    """The closest code, and how to see all of them."""
    ended = nmod("explain", "NM1044")

    assert ended.code == 1
    assert 'There is no code "NM1044". Did you mean "NM104"?' in ended.err
    assert "nmod explain lists all of them" in ended.err


def test_versions_are_printed(nmod) -> None:
    """Python, our packages and every collection."""
    versions = json.loads(nmod("version", "--json").out)

    assert versions["nmx-speech"] == "1.2"
    assert {"python", "nm-core", "nm-types"} <= set(versions)
    assert "nmx-speech" in nmod("version").out


def test_doctor_looks_deep(nmod) -> None:
    """What a name points to is imported, and what is wrong there is said; on no terminal, no progress is shown."""
    ended = nmod("doctor", "speech", "--deep")

    assert ended.code == 3
    assert "commands: odd is declared as nm_core_cli_plugin:odd, and that is 'no command'" in ended.out
    assert ended.err == ""


def test_doctor_shows_progress_on_a_terminal(nmod, monkeypatch) -> None:
    """Each collection is named while it is examined."""
    from nm_core.cli import doctor

    monkeypatch.setattr(doctor.sys, "stderr", Terminal())
    nmod("doctor", "speech", "--deep")

    assert "1 of 1: speech ..." in doctor.sys.stderr.getvalue()
