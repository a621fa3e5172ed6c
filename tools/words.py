"""Count how the sources are worded: odd names, riddles for docstrings, comments, classes without an example.

Use: `python tools/words.py` prints a table; `--list` prints file and line of each odd name, `--list classes` those of
another row; `--package nm-core` looks at one package; `--check` fails where a package is beyond a limit. Sources are
read, not run.
"""

import argparse
import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from public_classes import docstring_of, find_repeated_files, find_repeated_names, find_without_example, read_sources
from version import PACKAGES

# row -> (label, unit, lowest, highest); a bound that is None is not checked
LIMITS: dict[str, tuple[str, str, float | None, float | None]] = {
    "names": ("odd names assigned", "per 10,000 lines", None, 20),
    "loops": ("loops over `one`", "", None, 0),
    "docstrings": ("docstrings `What ...`", "per 10,000 words", None, 10),
    "whats": ("`what` in docstrings", "per 10,000 words", None, None),
    "comments": ("comments", "per 100 lines", 1.5, None),
    "participles": ("bare participles as functions", "", None, None),
    "classes": ("public class names defined twice", "", None, None),
    "examples": ("public classes without an example", "", None, None),
    "files": ("file names used twice in a package", "", None, None),
}

ODD_NAMES = re.compile(
    "one|other|another|given|made|found|known|wanted|taken|again|asked|seen|left|kept|place|told|whole|opened"
)
RIDDLE = re.compile(r"(Return what|Yield what|What)\b")
DIRECTIVE = re.compile(r"#\s*(type:|noqa|pragma|pyright:|mypy:|fmt:|ruff:|!)")
IRREGULAR = re.compile(
    "bought|bound|broken|brought|built|caught|chosen|done|drawn|driven|fallen|felt|found|frozen|given|gone|heard|held|"
    "hidden|kept|known|led|left|lent|lost|made|meant|met|paid|proven|said|seen|sent|shown|sold|spent|spoken|stood|"
    "taken|taught|thought|thrown|told|torn|understood|won|worn|written"
)
NO_PARTICIPLE = re.compile("bed|bleed|breed|embed|exceed|feed|heed|hundred|indeed|need|proceed|red|seed|shed|speed")
PREDICATE = re.compile(r"(is|are|was|has|have|can|must|needs|when|if)_")


@dataclass(frozen=True)
class Finding:
    """A place in the sources, with what stands there."""

    path: str
    line: int
    text: str


@dataclass
class Tally:
    """What a package, or several, hold of everything that is counted."""

    lines: int = 0
    docstring_words: int = 0
    findings: defaultdict[str, list[Finding]] = field(default_factory=lambda: defaultdict(list))

    def add(self, tally: "Tally") -> None:
        """Add the counts of another package."""
        self.lines += tally.lines
        self.docstring_words += tally.docstring_words
        for row, findings in tally.findings.items():
            self.findings[row] += findings

    def figure(self, row: str) -> float:
        """Return the figure of a row in its unit."""
        count = len(self.findings[row])
        divisors = {"per 10,000 lines": self.lines / 1e4, "per 100 lines": self.lines / 1e2}
        divisors["per 10,000 words"] = self.docstring_words / 1e4
        divisor = divisors.get(LIMITS[row][1], 1)
        return count / divisor if divisor else 0.0


def assigned_names(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names that a statement or an expression assigns itself; parameters are not counted."""
    match node:
        case ast.Assign():
            targets = list(node.targets)
        case ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.AsyncFor() | ast.comprehension() | ast.NamedExpr():
            targets = [node.target]
        case ast.With() | ast.AsyncWith():
            targets = [item.optional_vars for item in node.items if item.optional_vars]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            targets = [ast.Name(name, ast.Store(), lineno=node.lineno, col_offset=node.col_offset)]
        case _:
            targets = []
    for target in targets:
        for inner in ast.walk(target):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                yield inner


def is_bare_participle(name: str) -> bool:
    """Return whether a function is called by a participle without an object, or by a preposition."""
    words = name.strip("_").split("_")
    if words == ["of"]:
        return True
    last = words[-1]
    participle = IRREGULAR.fullmatch(last) or (last.endswith("ed") and not NO_PARTICIPLE.fullmatch(last))
    return bool(participle) and not PREDICATE.match(name.strip("_")) and not name.startswith("__")


def comments_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each comment that is not a directive to a tool."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and not DIRECTIVE.match(token.string):
            yield token.start[0], token.string


def tally_file(path: str, text: str) -> Tally:
    """Count what can be counted in a file by itself."""
    tally = Tally(lines=sum(bool(line.strip()) for line in text.splitlines()))

    def add(row: str, line: int, quote: str) -> None:
        tally.findings[row].append(Finding(path, line, quote))

    for line, comment in comments_of(text):
        add("comments", line, comment)
    for node in ast.walk(ast.parse(text, path)):
        for name in assigned_names(node):
            if ODD_NAMES.fullmatch(name.id):
                add("names", name.lineno, name.id)
            if name.id == "one" and isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
                add("loops", name.lineno, name.id)
        if docstring := docstring_of(node):
            line, words = docstring
            tally.docstring_words += len(words.split())
            if RIDDLE.match(words):
                add("docstrings", line, words.splitlines()[0])
            for _ in re.finditer(r"\bwhat\b", words, re.IGNORECASE):
                add("whats", line, words.splitlines()[0])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and is_bare_participle(node.name):
            add("participles", node.lineno, node.name)
    return tally


def tally_packages() -> dict[str, Tally]:
    """Count everything in every package."""
    tallies = {path.parent.name: Tally() for path in sorted(PACKAGES.glob("*/pyproject.toml"))}
    sources = read_sources(tallies)
    for source in sources:
        tallies[source.package].add(tally_file(source.path, source.text))
    for source, node in find_without_example(sources):
        tallies[source.package].findings["examples"].append(Finding(source.path, node.lineno, node.name))
    for source, node in find_repeated_names(sources):
        tallies[source.package].findings["classes"].append(Finding(source.path, node.lineno, node.name))
    for source in find_repeated_files(sources):
        tallies[source.package].findings["files"].append(Finding(source.path, 1, source.name))
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """Return the figures as a table, one column a package."""
    lines = [f"{'':52}" + "".join(f"{package:>10}" for package in tallies) + f"{'limit':>10}"]
    counts = {"non-blank lines": "lines", "words of docstrings": "docstring_words"}
    for label, attribute in counts.items():
        lines.append(f"{label:52}" + "".join(f"{getattr(tally, attribute):>10,}" for tally in tallies.values()))
    for row, (label, unit, lowest, highest) in LIMITS.items():
        digits = 1 if unit else 0
        limit = f">= {lowest:g}" if lowest is not None else f"<= {highest:g}" if highest is not None else ""
        figures = "".join(f"{tally.figure(row):>10,.{digits}f}" for tally in tallies.values())
        lines.append(f"{row:12}{f'{label} {unit}':40}{figures}{limit:>10}".rstrip())
    return "\n".join(lines)


def faults(tallies: dict[str, Tally]) -> Iterator[str]:
    """Yield each figure that is beyond its limit."""
    for package, tally in tallies.items():
        for row, (label, unit, lowest, highest) in LIMITS.items():
            figure = tally.figure(row)
            counted = f"{figure:.1f} {label} {unit}".strip()
            if highest is not None and figure > highest:
                yield f"{package}: {counted}: expected at most {highest:g}, see --list {row}."
            if lowest is not None and figure < lowest:
                yield f"{package}: {counted}: expected at least {lowest:g}."


def main() -> None:
    """Print the table or the places of one row; with `--check`, fail beyond a limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--list", nargs="?", const="names", choices=[*LIMITS], help="print the places of one row")
    parser.add_argument("--package", help="look at one package")
    parser.add_argument("--check", action="store_true", help="fail where a figure is beyond its limit")
    arguments = parser.parse_args()

    tallies = tally_packages()
    if arguments.package:
        tallies = {arguments.package: tallies[arguments.package]}
    else:
        total = Tally()
        for tally in tallies.values():
            total.add(tally)
        tallies["all"] = total
    if arguments.list:
        findings = tallies[arguments.package or "all"].findings[arguments.list]
        for finding in sorted(findings, key=lambda finding: (finding.path, finding.line)):
            print(f"packages/{finding.path}:{finding.line}: {finding.text}")
        return
    print(table(tallies))
    if arguments.check and (problems := list(faults(tallies))):
        raise SystemExit("\n".join(problems))


if __name__ == "__main__":
    main()
