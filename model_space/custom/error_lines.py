"""The message of an exception in the user's code, in one line, and where it was raised."""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from typing import Any

_LONGEST = 200
"""Characters of an exception's message beyond which its first sentence alone is given."""
_STYLE = re.compile(r"\x1b\[\d*m")
_INTERNAL = re.compile(r"\{\{.*?\}\} ?|(?<=\]) name:$")
"""What TensorFlow says of its own nodes."""
_USER_CODE = re.compile(r'^ *File "(.+)", line (\d+), in .*\n(?: *\S.*\n)?\s*\n', re.MULTILINE)
"""The place of the error in what TensorFlow traces, and its line of code; the error follows."""


def in_a_line(error: BaseException, file: str = "") -> str:
    """Return an exception's type and message in a line, and where in that file it arose, if there.

    Of a message of several lines that is the first, without what Keras and TensorFlow put around
    it, and of a long one the first sentence.
    """
    text = _STYLE.sub("", str(error))
    found = [*_USER_CODE.finditer(text)]
    if found:
        text = text[found[-1].end() :].partition(": ")[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].startswith("Exception encountered when calling "):
        del lines[0]
    message = _INTERNAL.sub("", lines[0] if lines else "no message")
    if len(message) > _LONGEST:
        message = re.split(r"(?<=[a-z])\. ", message)[0]
    called = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == file]
    called += [int(one[2]) for one in found if one[1] == file]
    if called:
        message = f"{message.removesuffix('.')} ({Path(file).name}, line {called[-1]})"
    return f"{type(error).__name__}: {message}"


def source_file(function: Any) -> str:
    """Return the path of the file that a function is written in; empty where none is known."""
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))
