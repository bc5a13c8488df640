"""Output on terminals and in files whose encoding lacks characters that kouka writes."""

from __future__ import annotations

import codecs
import io
import sys

_PLAIN = {"−": "-", "–": "-", "—": "-", "×": "x", "…": ".", "•": "*", "━": "-", "╸": "-"}
"""Each as wide as what it stands for, or tables would lose their columns."""
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
    return "".join(_PLAIN.get(character, "?") for character in lacking), error.end
