"""The workers of one process, each a thread that drives one training process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from model_space.budget import Budget
from model_space.facts import DataFacts
from model_space.worker.client import Stopped, Surveyed, Worker, Workload
from search.running.worker_loop import Tally, work
from search.storage.heartbeat import Identity


class LocalWorkers:
    """Workers side by side, as many as there are environments for their training processes."""

    def __init__(self, workload: Workload, environments: Sequence[Mapping[str, str]]) -> None:
        """Take the workload of all workers; nothing is read before `facts`."""
        self.workers = len(environments)
        self._workers = [Worker(workload, environment) for environment in environments]
        self._threads: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._working = 0
        self._error: BaseException | None = None

    def facts(self, reading: Callable[[int, int], None]) -> DataFacts:
        """Start the first training process, and return what it says of the data.

        `reading` receives the numbers of images decoded, and of all. Raises `DataError` where
        they cannot be used, `CustomCodeError` where the user's own code cannot, and
        `TrainingError` where it cannot start.
        """
        return self._workers[0].start(reading)

    def survey(self, techniques: Sequence[str], budget: Budget) -> Surveyed:
        """Look at what is the user's own, as `Worker.survey` does."""
        return self._workers[0].survey(techniques, budget)

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set all of them to work; see `search.running.worker_loop.work`."""
        tally = Tally()

        def man(slot: int, worker: Worker) -> None:
            try:
                if slot:
                    worker.start()
                work(
                    url, name, worker, Identity.here(slot), checkpoints=checkpoints,
                    deadline=deadline, stopping=self._stopping, tally=tally,
                )  # fmt: skip
            except Stopped:
                pass
            except BaseException as error:
                if not self._stopping.is_set():
                    self._error = error
                self.ask_to_stop()
            finally:
                worker.stop()
                with self._changed:
                    self._working -= 1
                    self._changed.notify_all()

        self._working = len(self._workers)
        for slot, worker in enumerate(self._workers):
            # Daemons, so that a second Ctrl-C need not wait for a storage that is away.
            thread = threading.Thread(target=man, args=(slot, worker), daemon=True)
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
        for worker in self._workers:
            worker.ask_to_stop()

    def stop(self) -> None:
        """End everything at once."""
        self._stopping.set()
        for worker in self._workers:
            with contextlib.suppress(Exception):
                worker.stop()
