"""How generated pages get into the site: what is copied, where links lead, what the sidebar shows."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from _reference import commands, modules, names, sources
from _reference.sources import ROOT

sys.path.append(str(ROOT / "tools"))
from notes import section

DOCS = ROOT / "docs"
GENERATED = DOCS / "reference"
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)")
EXAMPLES = ("examples/digits.yaml", "examples/translation.yaml", "examples/quickstart/quickstart.py")
DISTRIBUTIONS = tuple(package.replace("_", "-") for package in sources.PACKAGES)
COPIES = {
    ROOT / "README.md": DOCS / "index.md",
    ROOT / "CONTRIBUTING.md": GENERATED / "contributing.md",
    **{ROOT / "packages" / name / "README.md": GENERATED / f"about-{name}.md" for name in DISTRIBUTIONS},
    **{ROOT / path: GENERATED / f"example-{Path(path).stem}.md" for path in EXAMPLES},
}
"""Files outside of `docs`, and the pages that stand for them."""

NAVIGATION = {
    "Start": ["getting-started"],
    "Tutorials": ["train-a-recogniser", "translate", "fine-tune", "publish-a-collection"],
    "How to": [
        "your-own-data",
        "check-and-explain",
        "drawing",
        "tuning",
        "resume",
        "runs",
        "plain-loop",
        "from-pytorch",
        "collections",
        "writing-a-module",
        "writing-a-metric",
        "writing-a-callback",
        "writing-a-command",
        "conformance",
        "writing-a-backend",
    ],
    "Explanation": ["types", "graphs", "plugins", "engine", "house", "claims"],
    "Reference": [
        "application-files",
        "troubleshooting",
        "errors",
        "reference/codes",
        "reference/commands",
        "reference/hooks",
    ],
    "Modules": [f"reference/collection-{name}" for name in ("common", "asr", "nlp", "nm")],
    "Packages": [f"reference/about-{name}" for name in DISTRIBUTIONS],
    "Names": ["reference/names"],
    "Project": ["stability", "reference/changes", "reference/contributing", "releasing"],
    "Examples": [f"reference/example-{Path(path).stem}" for path in EXAMPLES],
}


def connect(app: Sphinx) -> None:
    """Let Sphinx call what is here."""
    app.connect("builder-inited", lambda app: write())
    app.connect("source-read", read)


def write() -> None:
    """Write all generated pages, and remove those that are no more."""
    try:
        pages = dict(generated())
    except ValueError as error:
        raise ExtensionError(str(error)) from error
    GENERATED.mkdir(exist_ok=True)
    for path in GENERATED.glob("*.md"):
        if path.stem not in pages:
            path.unlink()
    for name, text in pages.items():
        path = GENERATED / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def generated() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each generated page."""
    code = sources.load()
    links = names.anchors(code)
    listed = dict(names.pages(code, links))
    for package in sources.PACKAGES:
        lost = [name for name in import_module(package).__all__ if not re.search(rf"[`}} ]{name}\b", listed[package])]
        if lost:
            raise ValueError(f"The page of {package} leaves out {', '.join(lost)}.")
    yield from listed.items()
    entries = "\n".join(listed)
    yield "names", f"# Public names\n\n```{{toctree}}\n:titlesonly:\n\n{entries}\n```\n"
    yield from modules.pages(code, links)
    yield from commands.pages(code, links)
    yield "changes", "# Changes\n\n" + "\n".join(_changes(name) for name in DISTRIBUTIONS)
    for path, page in COPIES.items():
        if page.parent == GENERATED:
            yield page.stem, _copied(path)


def _changes(name: str) -> str:
    folder = ROOT / "packages" / name
    released = (folder / "CHANGELOG.md").read_text(encoding="utf-8").partition("\n## ")
    text = section(folder, "Not released yet") + released[1] + released[2]
    return f"## {name}\n\n" + re.sub(r"^#(#+ )", r"##\1", text, flags=re.MULTILINE) + "\n"


def _copied(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return relinked(text, path.parent, GENERATED)
    language = {".py": "python", ".yaml": "yaml"}[path.suffix]
    return f"# `{path.relative_to(ROOT).as_posix()}`\n\n````{language}\n{text}````\n"


def read(app: Sphinx, page: str, source: list[str]) -> None:
    """Let links that lead out of `docs` lead to the pages that stand for it; give the front page its tree."""
    path = app.env.doc2path(page)
    if path.parent == DOCS:
        source[0] = relinked(source[0], DOCS, DOCS)
    if page == "index":
        trees = (f"```{{toctree}}\n:hidden:\n:caption: {c}\n\n" + "\n".join(p) + "\n```" for c, p in NAVIGATION.items())
        source[0] += "\n" + "\n\n".join(trees) + "\n"


def relinked(text: str, folder: Path, page_folder: Path) -> str:
    """Return Markdown of a file in `folder` for a page in `page_folder`: relative links lead to the same as before."""

    def target(link: re.Match[str]) -> str:
        path = Path(os.path.normpath(folder / link[1]))
        if path.suffix == ".py" and "src" in path.parts:
            module = path.with_suffix("").parts[path.parts.index("src") + 1 :]
            path = GENERATED / (".".join(module) + ".md")
        return f"]({os.path.relpath(COPIES.get(path, path), page_folder)}{link[2] or ''})"

    return LINK.sub(target, text)
