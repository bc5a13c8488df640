"""A running command: its output, without secrets, kept in a file, and read line by line."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from search.commands import supervisor
from search.commands.filling import Filled
from search.commands.lines import Lines
from search.commands.secrets import Secrets

OUTPUT = "output.txt"
"""The file of a run's own folder that holds what it printed."""
GRACE = 5.0
"""Seconds that a command has, once it was asked to end, before it is killed."""
_CHUNK = 1 << 16
_LOOK_EVERY = 0.2
_MOST_KEPT = 1 << 26
"""Bytes of output that are kept in its file; the rest is read, and only its end is kept."""
_DRAIN = 0.5
"""Seconds to read on once the command has ended, where a child that fled holds its output."""


class Process:
    """A command that runs under supervision."""

    def __init__(self, filled: Filled, directory: Path, folder: Path) -> None:
        """Start it. Raises `OSError` where the folder or the directory cannot be used."""
        own = {name: value for name, value in os.environ.items() if name not in filled.unset}
        environment = {**own, "PYTHONUNBUFFERED": "1", **filled.environment}
        self._secrets = Secrets(environment)
        self.lines = Lines(self._secrets)
        self.unkept = ""
        """The reason why some of its output is not in its file; empty where all of it is."""
        self._kept, self._held = 0, b""
        self._file = (folder / OUTPUT).open("wb")
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-I", "-S", supervisor.__file__, str(GRACE), *filled.arguments],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                cwd=directory, bufsize=0, start_new_session=True,
                env=environment,
            )  # fmt: skip
        except OSError:
            self._file.close()
            raise
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, self._output = self._process.stdin, self._process.stdout

    @property
    def seconds(self) -> float:
        """Since its start."""
        return time.monotonic() - self._began

    def read(self) -> Iterator[str | None]:
        """Yield its lines as they come, and None where none came for a moment, until its end."""
        ended_at: float | None = None
        while True:
            if ended_at is None and self._process.poll() is not None:
                ended_at = time.monotonic()
            ready, _, _ = select.select([self._output], [], [], _LOOK_EVERY if ended_at is None
                                        else 0.01)  # fmt: skip
            if ready:
                chunk = os.read(self._output.fileno(), _CHUNK)
                if not chunk:
                    break
                shown, self._held = self._secrets.hide_open(self._held + chunk)
                self._keep(shown)
                yield from self.lines.add(chunk)
            if ended_at is not None and (not ready or time.monotonic() - ended_at > _DRAIN):
                break
            yield None
        self._keep(self._held)
        yield from self.lines.end()

    def end(self) -> None:
        """Ask it and its children to end; they are killed where they do not."""
        self._say(supervisor.END)

    def kill(self) -> None:
        """Kill it and its children."""
        self._say(supervisor.KILL)

    def wait(self) -> int:
        """Wait for its end, close all files, and return its exit code, or minus a signal."""
        code = self._process.wait()
        for file in (self._input, self._output, self._file):
            with contextlib.suppress(OSError):
                file.close()
        return 128 - code if 128 < code <= 128 + signal.NSIG else code

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError, ValueError):  # it has ended
            self._input.write(word)

    def _keep(self, chunk: bytes) -> None:
        if self.unkept:
            return
        try:
            room = _MOST_KEPT - self._kept
            self._file.write(chunk[:room])
            self._kept += len(chunk)
            if len(chunk) > room:
                self.unkept = f"only the first {_MOST_KEPT >> 20} MiB of its output are kept"
                self._file.write(f"\n[kouka: {self.unkept}]\n".encode())
            self._file.flush()
        except OSError as error:
            self.unkept = f"its output could not be kept ({error.strerror})"
