"""Hostile files: nothing but a report comes out, in bounded time, and nothing is imported or run."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from nm_core_app import APP

from nm_core.application import check_file
from nm_core.application.text.problems import Report
from nm_core.plugins import Collections

FUZZ = Path(__file__).parent / "nm_core_fuzz.py"


def judge(path: Path, content: str, collections: Collections) -> Report:
    """Check a file with this content."""
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return check_file(path, collections=collections, backend="python")


def fuzz(folder: Path, first: int, count: int) -> None:
    """Judge damaged files in a process that may use two GiB, and that writes down what it should not do."""
    command = [sys.executable, "-W", "ignore", str(FUZZ), str(first), str(count), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)

    assert found["faults"] == {}
    assert {"unreadable", "problems", "built"} <= found["ends"].keys()
    assert sum(found["ends"].values()) == count


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 5000, 1000))
def test_damaged_files_end_in_a_report(tmp_path: Path, first: int) -> None:
    """Checked, digested, drawn, compared and, where nothing is wrong, built: five thousand files.

    Nothing but our own errors comes out; nothing is imported, no other file is opened, no process and no connection is
    made, and the work and the memory have bounds.
    """
    fuzz(tmp_path, first, 1000)


@pytest.mark.proof
@pytest.mark.parametrize("first", range(100_000, 200_000, 10_000))
def test_very_many_damaged_files_end_in_a_report(tmp_path: Path, first: int) -> None:
    """The same for a hundred thousand of them."""
    fuzz(tmp_path, first, 10_000)


def test_nothing_a_file_names_is_imported(tmp_path: Path, collections: Collections) -> None:
    """A file can name an id and never a place from which to import; tags that ask for more are errors."""
    text = APP.replace("speech.Loss@1", "antigravity.Loss").replace("words.txt", "!!python/module:antigravity x", 1)

    assert not judge(tmp_path / "a.yaml", text, collections).ok
    assert "antigravity" not in sys.modules


HEAD = "nm: app/1\n"


def calls(*written: str) -> str:
    """Return an application with one graph of these calls."""
    return f"{HEAD}graphs: {{g: {{inputs: {{x: B}}, calls: [{', '.join(written)}], outputs: {{a: b.c}}}}}}"


def typed(text: str) -> str:
    """Return an application with a free input of this type."""
    return f"{HEAD}graphs: {{g: {{inputs: {{x: '{text}'}}, calls: [{{call: a}}], outputs: {{b: a.c}}}}}}"


def product(count: int) -> str:
    """Return a size whose product, written out, has two to the power of `count` terms."""
    return "*".join(f"(a{i}+b{i})" for i in range(count))


def chain(count: int) -> str:
    """Return an application of many calls in a row, which is large and no nonsense."""
    row = [f"{{call: e, as: c{i}, inputs: {{values: {f'c{i - 1}.total' if i else 'x'}}}}}" for i in range(count)]
    head = f"{HEAD}modules: {{e: {{type: speech.Add}}}}\ngraphs: {{g: {{inputs: {{x: 'B Encoded:3 T'}}, calls: ["
    return f"{head}{', '.join(row)}], outputs: {{a: c{count - 1}.total}}}}}}"


def deep(count: int) -> str:
    """Return an application of graphs inside graphs."""
    modules = ", ".join(f"m{i}: {{graph: g{i}}}" for i in range(1, count))
    call = "{{call: m{0}, inputs: {{x: x}}}}"
    graphs = (
        f"g{i}: {{inputs: {{x: B}}, calls: [{call.format(i + 1)}], outputs: {{a: m{i + 1}.a}}}}"
        for i in range(1, count)
    )
    return f"{HEAD}modules: {{{modules}}}\ngraphs: {{{', '.join(graphs)}}}"


BOMBS = {
    "unknown keys": HEAD + "".join(f"k{i}: 1\n" for i in range(50_000)),
    "unknown modules": f"{HEAD}modules:\n" + "".join(f"  m{i}: {{type: speech.M{i}}}\n" for i in range(20_000)),
    "unknown calls": calls(*(f"{{call: m{i}, inputs: {{a: n{i}.x}}}}" for i in range(20_000))),
    "one name": calls(*("{call: m}" for _ in range(20_000))),
    "long names": f"{HEAD}modules:\n" + "".join(f"  {'m' * 10_000}{i}: {{type: speech.Lss}}\n" for i in range(200)),
    "long text": f"{HEAD}modules: {{a: {{type: '{'speech.' * 200_000}'}}}}",
    "long type": typed("B T:" + "(" * 100_000),
    "deep type": typed("B T:" + "(" * 900),
    "wide type": typed("B " * 100_000),
    "big sizes": typed("B T:" + "9" * 50_000),
    "products": typed(f"B T:{product(40)}"),
    "a size as a parameter": f"{HEAD}modules: {{e: {{type: speech.Encoder, params: {{size: '{product(12)}'}}}}}}",
    "chain": chain(3_000),
    "deep graphs": deep(2_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_large_nonsense_ends_in_a_short_report(tmp_path: Path, collections: Collections, name: str) -> None:
    """Files that try to make the check slow, deep or talkative end in a report of bounded size."""
    report = judge(tmp_path / "a.yaml", BOMBS[name], collections)

    assert len(str(report)) < 200_000
    assert report.ok == (name == "chain")
