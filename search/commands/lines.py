"""Lines of a program's output, whatever it prints and however much: in bounded memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator

from search.commands.secrets import Secrets

_LONGEST = 1 << 16
"""Bytes after which a line without end is taken for one."""
_KEPT = 20
"""Lines at the end that are kept for a message."""
_SHOWN = 300
"""Characters of such a line."""
_ENDS = re.compile(rb"[\r\n]+")
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f]"
)
"""Colours and moves of a terminal's cursor, its titles and links, and other control characters."""


class Lines:
    """Bytes as they come, cut into lines at line feeds and at the returns of progress bars."""

    def __init__(self, secrets: Secrets) -> None:
        """Take the secrets that are hidden in the last lines."""
        self._secrets = secrets
        self._rest = b""
        self._last: deque[str] = deque(maxlen=_KEPT)

    def add(self, chunk: bytes) -> Iterator[str]:
        """Yield the lines that a further chunk completes."""
        *whole, self._rest = _ENDS.split(self._rest + chunk)
        for line in whole:
            yield from self._line(line)
        while len(self._rest) > _LONGEST:
            end = self._rest.rfind(b" ", 1, _LONGEST)
            end = end if end > 0 else _LONGEST
            line, self._rest = self._rest[:end], self._rest[end:]
            yield from self._line(line)

    def end(self) -> Iterator[str]:
        """Yield what is left without an end of its line."""
        line, self._rest = self._rest, b""
        yield from self._line(line)

    def _line(self, line: bytes) -> Iterator[str]:
        text = _ESCAPES.sub("", line.decode(errors="replace"))
        if text.strip():
            short = self._secrets.hide(text.strip())
            self._last.append(f"{short[:_SHOWN]} …" if len(short) > _SHOWN else short)
            yield text

    @property
    def last(self) -> tuple[str, ...]:
        """The last lines that were not empty, shortened and without secrets."""
        return tuple(self._last)
