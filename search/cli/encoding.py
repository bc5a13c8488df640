"""Output on terminals and in files whose encoding lacks characters that kouka writes."""

from __future__ import annotations

import codecs
import io
import sys

_PLAIN = {"−": "-", "–": "-", "—": "-", "×": "x", "…": ".", "•": "*", "━": "-", "╸": "-"}
"""Each as wide as what it stands for, or tables would lose their columns."""
_FIRST, _LAST = "\udc00", "\udcff"
"""What Python makes of the bytes 0 to 255 in a file's name that is not UTF-8."""
_HANDLER = "kouka.plain"


def replace_unencodable() -> None:
    """Write what stdout and stderr cannot encode as a plain character, or as a question mark."""
    codecs.register_error(_HANDLER, _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(map(_replacement, lacking)), error.end


def _replacement(character: str) -> str:
    if _FIRST <= character <= _LAST:
        return f"\\x{ord(character) - ord(_FIRST):02x}"
    return _PLAIN.get(character, "?")
