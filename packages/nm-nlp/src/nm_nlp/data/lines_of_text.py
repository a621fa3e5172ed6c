"""Lines of a text file as values of a graph.

Legend: B sentences.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Unpack

from torch import Tensor

from nm_core import ModuleOptions
from nm_core.modules.module import NeuralModule
from nm_core.symbols.ports import ports
from nm_nlp.data.text_lines import TextLines, warn_of_composed
from nm_nlp.errors import ParallelTextError


class LinesOfText(NeuralModule):
    r"""The lines of a text file by their numbers: references as they were written, in composed form (NFC).

    Args:
        path: a UTF-8 file; line numbers count from 0.

    Example:
        >>> _ = Path("test.de").write_text("null\neins\nzwei\n")
        >>> LinesOfText(path="test.de").forward(sent_ids=[2, 0])
        ['zwei', 'null']
    """

    input_ports = ports(sent_ids="B ; Index")
    output_ports = ports(text="list[object Text]")

    def __init__(self, *, path: str | Path, **options: Unpack[ModuleOptions]) -> None:
        super().__init__(**options)
        self.path = path
        self.lines = TextLines(path)
        warn_of_composed(path, self.lines.composed)

    def forward(self, *, sent_ids: Tensor | Sequence[int]) -> list[str]:
        """Return one line per number, int64 [B].

        Raises:
            ParallelTextError: the file has fewer lines.
        """
        numbers: Any = sent_ids.tolist() if isinstance(sent_ids, Tensor) else sent_ids
        if any(not 0 <= number < len(self.lines) for number in numbers):
            raise ParallelTextError(
                f"{self.path} has {len(self.lines)} lines, and line {max(numbers)} (counted from 0) was asked for.\n"
                "  Give the file that the numbers belong to: the target of the same data layer."
            )
        return [self.lines[number] for number in numbers]
