"""Reading and checking put off the garbage collector and give it back as it was."""

import gc

import pytest
from nm_core_app import APP

from nm_core.application.saved.document import read_document
from nm_core.application.text.gc_pause import not_collecting


def test_the_collector_is_given_back(write) -> None:
    """After a good file, after one with problems and after an error; one that was off stays off."""
    read_document(write(APP))
    assert gc.isenabled()
    with not_collecting():
        assert not gc.isenabled()
    with pytest.raises(ZeroDivisionError), not_collecting():
        _ = 1 / 0
    assert gc.isenabled()
    gc.disable()
    try:
        read_document(write("nm: app/1\nmodules: 3\n"))
        assert not gc.isenabled()
    finally:
        gc.enable()
