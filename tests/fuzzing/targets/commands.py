"""Running the command in this process, and judging how it ended."""

import contextlib
import io
import json
import warnings
from collections.abc import Sequence

from campaign import Fault

from nm_core.cli.main import main

ALLOWED = {0, 1, 2}


def run_command(words: Sequence[str], *, json_lines: bool = False) -> str:
    """Run `nmod` with these words and return its exit code as a text.

    Raises:
        Fault: it ended with a code that is not for users, without a word, with a traceback, or wrote what is no JSON.
    """
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = int(main(list(words)))
        except SystemExit as error:
            code = int(error.code or 0)
    told = errors.getvalue()
    if code not in ALLOWED or "Traceback" in told:
        raise Fault(f"{list(words)} ended with {code}: {told[-1500:]}")
    if code and not told.strip() and not output.getvalue().strip():
        raise Fault(f"{list(words)} ended with {code} without a word")
    if json_lines and not code:
        _check_json(words, output.getvalue())
    return f"exit {code}"


def _check_json(words: Sequence[str], output: str) -> None:
    texts = [output] if words and words[0] != "infer" else output.splitlines()
    for text in filter(str.strip, texts):
        try:
            json.loads(text, parse_constant=_refuse_constant)
        except ValueError as error:
            raise Fault(f"{list(words)} printed what is no JSON: {error}: {text[:300]}") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
