"""Where progress is shown: a bar on a terminal or in a notebook, lines anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, TextIO

if TYPE_CHECKING:
    from rich.console import Console


class Display(Protocol):
    """A place for progress."""

    @property
    def has_bar(self) -> bool:
        """Whether `move` shows anything."""

    def line(self, text: str) -> None:
        """Show a line that stays."""

    def move(self, head: str, done: int, total: int | None, status: str) -> None:
        """Show how far the run is, in place of what was shown before."""

    def close(self) -> None:
        """Leave what is shown as it is."""


def open_display(console: Console | None = None) -> LastingDisplay:
    """Return the display that fits: that of a console where one is given, else a notebook's or standard error's."""
    return LastingDisplay(_open_display(console))


def _open_display(console: Console | None) -> Display:
    if console is None:
        if in_notebook():
            return NotebookDisplay()
        if sys.stderr is None or not sys.stderr.isatty():
            return LineDisplay(sys.stderr)
        from rich.console import Console  # a tenth of a second, paid only where there is a bar

        console = Console(stderr=True)
    return TerminalDisplay(console)


def in_notebook() -> bool:
    """Tell whether this process is the kernel of a notebook."""
    # IPython is there already if so, and is not imported to find out that it is not.
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return getattr(get_ipython() if get_ipython else None, "kernel", None) is not None


class LastingDisplay:
    """A display that outlives the one it shows on: nothing is shown any more, and the run goes on.

    A reader that stops reading (`nmod train app.yaml 2>&1 | head`), a terminal that is closed and a full disk are no
    reason to end a training.

    Attributes:
        display: the one on which it shows; None once that is gone.
    """

    def __init__(self, display: Display) -> None:
        self.display: Display | None = display

    @property
    def has_bar(self) -> bool:
        """Whether there is a bar to be moved."""
        return self.display is not None and self.display.has_bar

    def line(self, text: str) -> None:
        """Show a line that stays."""
        with self._giving_up():
            if self.display is not None:
                self.display.line(text)

    def move(self, head: str, done: int, total: int | None, status: str) -> None:
        """Show how far the run is."""
        with self._giving_up():
            if self.display is not None:
                self.display.move(head, done, total, status)

    def close(self) -> None:
        """Leave what is shown as it is."""
        with self._giving_up():
            if self.display is not None:
                self.display.close()

    @contextmanager
    def _giving_up(self) -> Iterator[None]:
        try:
            yield
        # A file that was closed is a ValueError, and rich ends the process where a pipe is broken.
        except (OSError, ValueError, SystemExit):
            self.display = None


class LineDisplay:
    """Lines of text for a file or a pipe; without a stream, nothing."""

    has_bar = False

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def line(self, text: str) -> None:
        """Write a line, at once."""
        if self._stream is not None:
            self._stream.write(f"{text}\n")
            self._stream.flush()

    def move(self, head: str, done: int, total: int | None, status: str) -> None:
        """Do nothing: what is written stays."""

    def close(self) -> None:
        """Do nothing: each line was written at once."""


class TerminalDisplay:
    """A bar of rich below its lines, where the console is a terminal; else its lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Any = None
        self.has_bar = console.is_terminal

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def move(self, head: str, done: int, total: int | None, status: str) -> None:
        """Move the bar."""
        if not self.has_bar:
            return
        if self._bar is None:
            self._bar = _bar(self._console)
            self._bar.add_task(head, total=total, completed=done, status=status)
            self._bar.start()
        self._bar.update(self._bar.task_ids[0], description=head, completed=done, total=total, status=status)
        self._bar.refresh()

    def close(self) -> None:
        """Stop the bar, which stays as it is."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class NotebookDisplay:
    """An output of a cell that is replaced, and lines in outputs of their own; no widgets are needed."""

    has_bar = True

    def __init__(self) -> None:
        self._handle: Any = None

    def line(self, text: str) -> None:
        """Show a line in an output of its own."""
        _display({"text/plain": text})

    def move(self, head: str, done: int, total: int | None, status: str) -> None:
        """Show the bar, in place of the last one."""
        count = f"{done}" if total is None else f"{done}/{total}"
        text = f"{head}  {count}  {status}"
        share = "" if total is None else f' value="{done}" max="{max(total, 1)}"'  # without, the bar wanders
        content = {"text/plain": text, "text/html": f"<progress{share}></progress> <code>{escape(text)}</code>"}
        if self._handle is None:
            self._handle = _display(content, display_id=True)
        else:
            self._handle.update(content, raw=True)

    def close(self) -> None:
        """Leave the last output."""
        self._handle = None


def _display(content: dict[str, str], **options: Any) -> Any:
    # The kernel has imported it: nm-core does not depend on it.
    return sys.modules["IPython"].display.display(content, raw=True, **options)


def _bar(console: Console) -> Any:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    status = TextColumn("{task.fields[status]}", markup=False)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), status
    # Refreshed at log points only: a thread of its own would compete with the training for the interpreter.
    return Progress(*columns, console=console, auto_refresh=False)
