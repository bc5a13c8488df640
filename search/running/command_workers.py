"""The workers of a study of a user's program, each a thread that runs its command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from search.commands.program import Program
from search.commands.trainer import CommandTrainer
from search.running.folders import runs_folder
from search.running.worker_threads import WorkerThreads


class CommandWorkers(WorkerThreads):
    """Workers side by side, as many as there are environments for their commands."""

    def __init__(self, program: Program, environments: Sequence[Mapping[str, str]]) -> None:
        """Take the program of all workers; nothing is run before `begin`."""
        super().__init__([CommandTrainer(program, environment) for environment in environments])
        self._program = program

    def _runs(self, name: str) -> Path:
        return runs_folder(self._program, name)
