"""Holds a real training where a test wants it, however fast the processor and however busy.

The training takes the technique in `gate_technique.py`, which changes nothing and asks here before
every batch. A test that instead hoped to come at the right moment would fail on another machine.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.processes import until

TECHNIQUE = str(Path(__file__).with_name("gate_technique.py"))
_FOR_EVER = 3600.0


class Gate:
    """A file by which training processes are held; while it is not there, they run freely."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._rule = 0

    @property
    def environment(self) -> dict[str, str]:
        """By which a training process finds the file."""
        return {"KOUKA_TEST_GATE": str(self._file)}

    def let_through(self, batches: int, then: float = _FOR_EVER) -> None:
        """Let each process train so many of its batches; each further one waits so many seconds."""
        self._rule += 1
        new = self._file.with_name(f"new-{self._file.name}")
        new.write_text(f"{self._rule} {batches} {then}")
        new.rename(self._file)  # at once, as it may be being read

    def open(self) -> None:
        """Let everything through from now on."""
        self._file.unlink(missing_ok=True)

    def held(self) -> list[int]:
        """The processes that wait by the last `let_through`."""
        marks = self._file.parent.glob(f"{self._file.name}.*")
        return sorted(int(mark.suffix[1:]) for mark in marks if mark.read_text() == str(self._rule))

    def wait(self, processes: int = 1) -> list[int]:
        """Wait until so many are held."""
        until(lambda: len(self.held()) == processes)
        return self.held()
