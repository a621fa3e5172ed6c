"""Hostile files: nothing but a report comes out, in bounded time, and nothing is imported or run."""

import random
import sys
from pathlib import Path

import pytest
from nm_core_app import APP

from nm_core.application import check_file
from nm_core.application.dumping import to_json
from nm_core.application.problems import Report
from nm_core.plugins import Collections

TOKENS = [
    *("{", "}", "[", "]", ": ", "- ", "\n", "  ", "\t", "&a", "*a", "!x", "$", "$x", "$$", "@1", "|", ">", "%", "?"),
    *('"', "'", "#", "\\", "\x00", "\ud800", "\u2028", "0x", "1e999", ".nan", "null", "true", "~", "<<", "---", "..."),
    *(
        ".",
        "..",
        "infer",
        "train",
        "encoder.encoded",
        "B T:t",
        "((((",
        "{}",
        "[]",
        "é",
        "😀",
        "!!python/object:os.system",
    ),
]


def mutated(text: str, random: random.Random) -> str:
    """Damage a text in a few places."""
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(text) + 1)
        end = min(len(text), start + random.choice([0, 1, 1, 2, 5, 20, 80]))
        lines = text.splitlines(keepends=True) or [""]
        insert = random.choice(
            [random.choice(TOKENS), text[start:end] * 2, random.choice(lines), "", chr(random.randrange(0x250))]
        )
        text = text[:start] + insert + text[end:]
    return text


def judge(path: Path, content: str, collections: Collections) -> Report:
    """Check a file with this content."""
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    return check_file(path, collections=collections, backend="python")


def fuzz(folder: Path, count: int, collections: Collections) -> int:
    """Check many damaged files, half YAML and half JSON; count those without problems."""
    (folder / "app.yaml").write_text(APP)
    from nm_core.application.document import read_document

    as_json = to_json(read_document(folder / "app.yaml").data)
    good = 0
    for seed in range(count):
        generator = random.Random(seed)
        name, text = ("a.yaml", APP) if seed % 2 else ("a.json", as_json)
        good += judge(folder / name, mutated(text, generator), collections).ok
    return good


def test_damaged_files_are_reported(tmp_path: Path, collections: Collections) -> None:
    """Whatever happens to a file, checking it gives a report."""
    assert 0 < fuzz(tmp_path, 250, collections) < 250


@pytest.mark.proof
def test_very_many_damaged_files_are_reported(tmp_path: Path, collections: Collections) -> None:
    """The same for a hundred thousand of them."""
    assert fuzz(tmp_path, 100_000, collections) > 0


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
