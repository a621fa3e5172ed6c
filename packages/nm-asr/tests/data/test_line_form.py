"""The form that lines share, and the lines that have it."""

import numpy as np

from nm_asr.data.line_form import Block, read_form


def test_a_form_has_the_bytes_that_lines_share() -> None:
    """Nested values and escapes have no form; constants belong to it."""
    form = read_form(b'{"audio_filepath": "a", "lang": null, "duration": 1.5, "text": "t"}\r')
    assert form is not None
    assert [value.key for value in form.values] == ["audio_filepath", "duration", "text"]
    assert form.values[1].before == b'", "lang": null, "duration": '
    assert form.quotes == 12
    assert read_form(b'{"audio_filepath": "a", "duration": 1.5, "text": "t", "words": [1]}') is None
    assert read_form(b'{"audio_filepath": "a", "duration": 1.5, "text": "t\\n"}') is None
    assert read_form(b'{"text": "s", "audio_filepath": "a", "duration": 1.5, "text": "t"}') is None


def test_most_lines_need_no_parser() -> None:
    """Lines of one form are matched, others are not."""
    line = b'{"audio_filepath": "a", "duration": 1.5, "text": "t"}'
    block = Block(b"\n".join([line, line.replace(b': "a"', b': "bc"'), line.replace(b"1.5", b"25"), b"{}", line]))
    form = read_form(line)
    assert form is not None

    fits, spans = block.match(form, np.arange(5))

    assert fits.tolist() == [True, True, True, False, True]
    assert block.read_numbers(spans["duration"])[0].tolist() == [1.5, 1.5, 25.0, 1.5]
