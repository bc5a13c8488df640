"""Worker threads: each drives one trainer from run to run, until the study has ended."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from pathlib import Path

from model_space.worker.client import Stopped
from search.running.trainer import Trainer
from search.running.worker_loop import SharedWork, work
from search.storage.heartbeat import Identity


class WorkerThreads:
    """The workers of this process, a thread for each of some trainers."""

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        """Take the trainers; nothing is run before `begin`."""
        self.workers = len(trainers)
        self._trainers = trainers
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._working = 0
        self._error: BaseException | None = None

    def _prepare(self, slot: int) -> None:
        """Make a trainer ready, in its thread."""

    def _runs(self, name: str) -> Path | None:
        """The folder with a folder for each run of a study; None where runs need none."""
        return None

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set all of them to work; see `search.running.worker_loop.work`."""
        runs = self._runs(name)
        shared = SharedWork(url, name, checkpoints, deadline, runs, self._stopping)

        def man(slot: int, trainer: Trainer) -> None:
            try:
                self._prepare(slot)
                work(shared, trainer, Identity.here(slot))
            except Stopped:
                pass
            except BaseException as error:
                if not self._stopping.is_set():
                    self._error = error
                self.ask_to_stop()
            finally:
                trainer.stop()
                with self._changed:
                    self._working -= 1
                    self._changed.notify_all()

        self._working = self.workers
        for slot, trainer in enumerate(self._trainers):
            # Daemons, so that a second Ctrl-C need not wait for a storage that is away.
            thread = threading.Thread(target=man, args=(slot, trainer), daemon=True)
            self._threads.append(thread)
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until all have ended; returns whether any still works.

        Raises the first error that ended one of them, once all have ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._working, timeout=seconds)
            if not self._working and self._error is not None:
                error, self._error = self._error, None
                raise error
            return bool(self._working)

    def ended_early(self) -> list[str]:
        """Nothing: where one ends early, all do."""
        return []

    def ask_to_stop(self) -> None:
        """End every run within a second or so, its finished epochs kept."""
        self._stopping.set()
        for trainer in self._trainers:
            trainer.ask_to_stop()

    def stop(self) -> None:
        """End everything at once; a run that this ends is an interrupted one, and no failed try."""
        self.ask_to_stop()
        for trainer in self._trainers:
            with contextlib.suppress(Exception):
                trainer.stop()
