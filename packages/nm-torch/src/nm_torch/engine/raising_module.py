"""`note_module`: an error from the code of a module says which module of the graph it was."""

from nm_core import NmError
from nm_torch.module import TorchModule


def note_module(error: BaseException) -> None:
    """Add the name of the module to an error that its code has raised; an error of ours names what it is about.

    Example:
        >>> import torch
        >>> from nm_torch.common import Linear
        >>> layer = Linear(input_size=8, output_size=2, name="head")
        >>> try:
        ...     layer(torch.zeros(3, 5, 7))
        ... except RuntimeError as error:
        ...     note_module(error)
        ...     print(error.__notes__[-1])
        It was raised in the module head (Linear).
    """
    if isinstance(error, NmError):
        return
    traceback = error.__traceback__
    while traceback is not None:
        module = traceback.tb_frame.f_locals.get("self")
        if isinstance(module, TorchModule):
            note = f"It was raised in the module {module.name} ({type(module).__name__})."
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            return
        traceback = traceback.tb_next
