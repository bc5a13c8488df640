"""A terminal that a command runs in: what it shows, also after it has been resized."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence

_SEQUENCE = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b.|[\s\S]")


class Terminal:
    """Runs a command on a pseudo-terminal, and keeps its screen as an emulator would.

    Like most emulators it wraps long lines, and wraps them anew when it becomes narrower or wider.
    """

    def __init__(self, command: Sequence[str], columns: int, lines: int = 60) -> None:
        self._master, slave = pty.openpty()
        self._columns, self._lines = columns, lines
        self._rows: list[str] = [""]
        """Physical lines, of which one that the next continues is as wide as the screen."""
        self._row = self._column = 0
        self._pending = ""
        self._set_size()
        environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, close_fds=True,
            env={**environment, "TERM": "xterm", "NO_COLOR": "1"},
        )  # fmt: skip
        os.close(slave)

    def resize(self, columns: int) -> None:
        """Change the width, and wrap what stands there anew."""
        text, at = "", 0
        for number, row in enumerate(self._rows):
            if number == self._row:
                at = len(text) + self._column
            text += row + ("" if len(row) == self._columns else "\n")
        self._columns = columns
        self._rows = [
            piece
            for line in text.removesuffix("\n").split("\n")
            for piece in ([line[i : i + columns] for i in range(0, len(line), columns)] or [""])
        ]
        before = text[:at].split("\n")
        self._row = sum(max(1, -(-len(line) // columns)) for line in before[:-1])
        self._row += len(before[-1]) // columns
        self._column = len(before[-1]) % columns
        while len(self._rows) <= self._row:
            self._rows.append("")
        self._set_size()

    def shown(self, wanted: str, seconds: float = 60) -> list[str]:
        """Wait until the screen shows a text and is still; return its lines, their ends stripped.

        Raises `AssertionError` where it never does.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            still = not self._read(0.5)
            if still and wanted in "\n".join(self._rows):
                return [row.rstrip() for row in self._rows]
        raise AssertionError("\n".join(self._rows))

    def close(self) -> None:
        """End the command."""
        self.process.kill()
        self.process.wait()
        os.close(self._master)

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self._lines, self._columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)

    def _read(self, seconds: float) -> bool:
        """Read what the command writes; True where the screen looks different for it."""
        before = list(self._rows)
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self._master], [], [], left)[0]:
                try:
                    self._write(os.read(self._master, 65536).decode(errors="replace"))
                except OSError:  # the command has ended
                    return False
        return before != self._rows

    def _write(self, text: str) -> None:
        text, self._pending = self._pending + text, ""
        if cut := re.search(r"\x1b(\[[?0-9;]*)?$", text):
            text, self._pending = text[: cut.start()], text[cut.start() :]
        for found in _SEQUENCE.finditer(text):
            self._do(found[0], found[1] or "", found[2] or "")

    def _do(self, character: str, argument: str, command: str) -> None:
        count = int(argument) if argument.isdigit() else 1
        if command == "A":
            self._row = max(0, self._row - count)
        elif command == "K":
            kept = {"2": "", "1": self._rows[self._row]}.get(argument)
            self._rows[self._row] = self._rows[self._row][: self._column] if kept is None else kept
        elif command == "J" and argument == "2":
            self._rows = [""] * (self._row + 1)
        elif command == "H":
            self._row = self._column = 0
        elif character == "\r":
            self._column = 0
        elif character == "\n":
            self._row, self._column = self._row + 1, 0
        elif character.isprintable():
            if self._column == self._columns:
                self._row, self._column = self._row + 1, 0
            self._extend()
            row = self._rows[self._row].ljust(self._column)
            self._rows[self._row] = row[: self._column] + character + row[self._column + 1 :]
            self._column += 1
        self._extend()

    def _extend(self) -> None:
        while len(self._rows) <= self._row:
            self._rows.append("")
