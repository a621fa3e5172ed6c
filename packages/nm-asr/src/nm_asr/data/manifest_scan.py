"""All lines of a manifest, read once: checked, with places and durations in arrays.

Legend: N utterances of a block.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nm_asr.data.line_form import Block, LineForm, Places, read_form
from nm_asr.data.utterance import Utterance, parse_utterance
from nm_asr.errors import ManifestError
from nm_torch.common.text_source import TextSource

_SHOWN = 5
_FORMS = 8
"""Forms of lines that are looked for, at most: each costs a comparison with the lines that have no other."""


@dataclass
class BadLines:
    """The first bad lines of a file as messages, and the number of all."""

    shown: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, message: str) -> None:
        """Count a line, and keep its message if it is among the first."""
        self.count += 1
        if len(self.shown) < _SHOWN:
            self.shown.append(message)


@dataclass
class ParsedLines:
    """The utterances of a block of a manifest, in its order.

    Attributes:
        start_N: where each line starts in the file, in bytes.
        size_N: its bytes.
        number_N: its number in the file, from 1.
        duration_N: seconds.
    """

    start_N: Places
    size_N: Places
    number_N: Places
    duration_N: NDArray[np.float64]
    _content: bytes
    _text_start_N: Places
    _text_stop_N: Places
    _texts: dict[int, str]

    def text(self, row: int) -> str:
        """Return the text of an utterance."""
        if row in self._texts:
            return self._texts[row]
        return self._content[self._text_start_N[row] : self._text_stop_N[row]].decode()

    def join_texts(self, rows_N: Places) -> str:
        """Return the texts of some utterances in one string, with nothing between them."""
        content = self._content
        spans = zip(self._text_start_N[rows_N].tolist(), self._text_stop_N[rows_N].tolist(), strict=True)
        joined = b"".join([content[start:stop] for start, stop in spans]).decode()
        if self._texts:  # they have empty spans
            joined += "".join([self._texts[row] for row in rows_N.tolist() if row in self._texts])
        return joined


def scan_manifest(source: TextSource) -> Iterator[ParsedLines]:
    """Yield the utterances of a manifest, a block at a time.

    Raises:
        ManifestError: at the end, if lines are not what they should be; the first are named, all are counted.
    """
    forms: list[LineForm] = []
    problems = BadLines()
    number = 1
    for place, content in source.blocks():
        block = Block(content)
        yield _BlockParser(source.path, block, place, number, forms, problems).parse()
        number += len(block.start_N)
    if problems.count:
        left = problems.count - len(problems.shown)
        more = f"\n{source.path}: {left} more bad lines." if left else ""
        raise ManifestError("\n".join(problems.shown) + more)


class _BlockParser:
    def __init__(
        self, path: Path, block: Block, place: int, number: int, forms: list[LineForm], problems: BadLines
    ) -> None:
        self.path, self.block, self.place, self.number = path, block, place, number
        self.forms, self.problems = forms, problems
        lines = len(block.start_N)
        self.is_parsed = np.zeros(lines, bool)
        self.durations = np.zeros(lines)
        self.text_starts, self.text_stops = np.zeros(lines, np.int64), np.zeros(lines, np.int64)
        self.texts: dict[int, str] = {}

    def parse(self) -> ParsedLines:
        block = self.block
        filled = block.stop_N > block.start_N
        self._match_forms(np.flatnonzero(filled & block.plain_N))
        for row in np.flatnonzero(filled & ~self.is_parsed).tolist():
            self._parse_line(row)
        rows = np.flatnonzero(self.is_parsed)
        position = np.cumsum(self.is_parsed) - 1
        return ParsedLines(
            start_N=block.start_N[rows] + self.place,
            size_N=block.stop_N[rows] - block.start_N[rows],
            number_N=rows + self.number,
            duration_N=self.durations[rows],
            _content=block.content,
            _text_start_N=self.text_starts[rows],
            _text_stop_N=self.text_stops[rows],
            _texts={int(position[row]): text for row, text in self.texts.items()},
        )

    def _match_forms(self, rows: Places) -> None:
        try:
            self.block.content.decode("utf-8")
        except UnicodeDecodeError:
            return  # which lines are bad is found line by line
        for form in self.forms:
            rows = self._match_form(form, rows)
        for _ in range(_FORMS):
            if not len(rows) or len(self.forms) == _FORMS:
                return
            read = self._read_form(int(rows[0]))
            if read is None or read in self.forms:
                rows = rows[1:]
            else:
                self.forms.append(read)
                rows = self._match_form(read, rows)

    def _match_form(self, form: LineForm, rows: Places) -> Places:
        """Take the values of the lines of a form; return the rows of all others."""
        fits, spans = self.block.match(form, rows)
        matched = rows[fits]
        if not len(matched):
            return rows
        right = spans["audio_filepath"].stop_N > spans["audio_filepath"].start_N
        for value in form.values:
            if not value.is_text:
                numbers, are_plain = self.block.read_numbers(spans[value.key])
                right &= are_plain
                if value.key == "duration":
                    right &= numbers > 0
                    self.durations[matched] = numbers
        self.text_starts[matched], self.text_stops[matched] = spans["text"]
        self.is_parsed[matched] = right
        fits[fits] = right
        return rows[~fits]

    def _read_form(self, row: int) -> LineForm | None:
        line = self.block.line(row)
        try:
            return read_form(line) if parse_utterance(self.path, 0, line) else None
        except ManifestError:
            return None  # it is parsed again, in its turn

    def _parse_line(self, row: int) -> None:
        self.text_stops[row] = self.text_starts[row] = 0
        try:
            utterance: Utterance | None = parse_utterance(self.path, self.number + row, self.block.line(row))
        except ManifestError as problem:
            self.problems.add(str(problem))
            return
        if utterance is not None:
            self.is_parsed[row] = True
            self.durations[row] = utterance.duration
            self.texts[row] = utterance.text
