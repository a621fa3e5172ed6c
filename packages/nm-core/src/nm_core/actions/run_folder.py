"""`FactoryRun`: the work directory of a factory, taken by one process of a run for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nm_core.errors import NmError
from nm_core.runs import OpenRun, RunError, RunExistsError, RunFolder, RunLockedError, RunWriteError, open_run
from nm_core.runs.record import fingerprint
from nm_core.symbols.tensor import NmTensor

if TYPE_CHECKING:
    from nm_core.actions.backend import Session

_ERRORS = {cls.__name__: cls for cls in (RunExistsError, RunLockedError, RunWriteError)}


class FactoryRun:
    """The run that a factory has in its work directory, and remembers, so that its trainings can go on."""

    def __init__(self) -> None:
        self._open: OpenRun | None = None
        self._entered = False
        self._last: tuple[str, Sequence[NmTensor]] | None = None

    @contextmanager
    def open(
        self,
        work_dir: Path | None,
        session: Session,
        *,
        losses: Sequence[NmTensor],
        application: Mapping[str, Any] | None,
        check: Callable[[OpenRun], object] | None = None,
        **options: Any,
    ) -> Iterator[OpenRun | None]:
        """Take the work directory, unless an enclosing block has; rank 0 does, and every process learns of a refusal.

        Args:
            check: looks at the open run before anything is trained; its errors reach every process, too.

        Raises:
            NmError: rank 0 was refused; a `RunError` in the other processes.
        """
        if work_dir is None or self._entered:
            yield self._open
            return
        with ExitStack() as stack:
            error: NmError | None = None
            if session.rank == 0:
                facts = None if application is None else {key: application[key] for key in ("file", "digest")}
                opening = self._last[0] if self._last is not None and self._last[1] == losses else None
                try:
                    context = open_run(work_dir, application=facts, opening=opening, **options)
                    self._open = stack.enter_context(context)
                    if check is not None:
                        check(self._open)
                except NmError as refusal:
                    error, self._open = refusal, None
            _share_error(session, error)
            self._entered = True
            try:
                yield self._open
            finally:
                if self._open is not None:
                    self._last = self._open.record.opening, losses
                self._open, self._entered = None, False

    def owns(self, work_dir: Path | None, path: Path) -> bool:
        """Tell whether the run that was opened last has saved, or may save, at a path."""
        if work_dir is None:
            return False
        folder, record = RunFolder(work_dir), RunFolder(work_dir).record()
        last = self._open.record.opening if self._open is not None else self._last and self._last[0]
        # Another process may have gone on with the run since; what it has saved is not to be overwritten.
        if record is None or record.opening != last:
            return False
        path = path.resolve()
        return path == folder.application.resolve() or record.saved.get(str(path)) == fingerprint(path)


def _share_error(session: Session, error: NmError | None) -> None:
    """Raise the error of rank 0 in every process; all but one mark it as repeated."""
    shared = session.share(None if error is None else [type(error).__name__, str(error)])
    if error is not None:
        raise error
    if shared is not None:
        repeated = _ERRORS.get(shared[0], RunError)(shared[1])
        repeated.repeated = True
        raise repeated
