"""The workers of one process, each a thread that drives one training process."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from model_space.budget import Budget
from model_space.facts import DataFacts
from model_space.pictures import Strip
from model_space.recipe import Recipe
from model_space.worker.client import Stopped, Surveyed, Worker, Workload
from search.planning.durations import RunTime
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
        self._started = False
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

    def strips(self, recipe: Recipe) -> tuple[Strip, ...]:
        """Draw training images as techniques make them, as `Worker.strips` does."""
        return self._workers[0].strips(recipe)

    def time(
        self,
        recipes: Sequence[Recipe],
        budget: Budget,
        go_on: Callable[[int, float], bool],
        most: float,
    ) -> list[list[RunTime]]:
        """Train recipes, all workers at once, and return the times of each recipe's runs.

        Each worker trains one of them, or all where there are more recipes than workers. `go_on` is
        asked after each epoch, as in `Worker.train`. After `most` seconds all are stopped. Raises
        the first error of a worker.
        """
        times: list[list[RunTime]] = [[] for _ in recipes]
        errors: list[BaseException] = []

        def train(slot: int, worker: Worker) -> None:
            try:
                if slot:
                    worker.start()
                mine = range(len(recipes))
                if self.workers >= len(recipes):
                    mine = range(slot % len(recipes), slot % len(recipes) + 1)
                for which in mine:
                    ends: list[float] = []
                    began = time.monotonic()

                    def report(epoch: int, value: float, seen: list[float] = ends) -> bool:
                        seen.append(time.monotonic())
                        return go_on(epoch, value)

                    outcome = worker.train(recipes[which], budget, 0, report)
                    took = time.monotonic() - began
                    # In the first epoch, the network is traced too.
                    each = outcome.seconds_per_epoch
                    if len(ends) > 1:
                        each = (ends[-1] - ends[0]) / (len(ends) - 1)
                    times[which].append(RunTime(max(0.0, took - each * len(ends)), each))
            except BaseException as error:
                errors.append(error)

        def give_up() -> None:
            for worker in self._workers:
                worker.stop()

        timer = threading.Timer(most, give_up)
        timer.daemon = True
        timer.start()
        threads = [threading.Thread(target=train, args=pair, daemon=True)
                   for pair in enumerate(self._workers)]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive():
                thread.join(1.0)
        timer.cancel()
        self._started = True
        if errors:
            raise errors[0]
        return times

    def begin(self, url: str, name: str, checkpoints: Path, deadline: float | None) -> None:
        """Set all of them to work; see `search.running.worker_loop.work`."""
        tally = Tally()

        def man(slot: int, worker: Worker) -> None:
            try:
                if slot and not self._started:
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
