"""The workers of one process, each a thread that drives one training process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from model_space.budget import Budget
from model_space.facts import DataFacts
from model_space.outcome import Report
from model_space.pictures import Strip
from model_space.recipe import Recipe
from model_space.worker.client import Surveyed, Worker, Workload
from search.planning.durations import RunTime
from search.running.worker_threads import WorkerThreads


class LocalWorkers(WorkerThreads):
    """Workers side by side, as many as there are environments for their training processes."""

    def __init__(self, workload: Workload, environments: Sequence[Mapping[str, str]]) -> None:
        """Take the workload of all workers; nothing is read before `facts`."""
        self._workers = [Worker(workload, environment) for environment in environments]
        super().__init__(self._workers)
        self._started = False

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
        go_on: Report,
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
                one_each = self.workers >= len(recipes)
                for which in [slot % len(recipes)] if one_each else range(len(recipes)):
                    times[which].append(_timed(worker, recipes[which], budget, go_on))
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

    def _prepare(self, slot: int) -> None:
        if slot and not self._started:
            self._workers[slot].start()


def _timed(worker: Worker, recipe: Recipe, budget: Budget, go_on: Report) -> RunTime:
    """Train a recipe, and return what its epochs and the rest of the run took."""
    ends: list[float] = []

    def report(epoch: int, value: float) -> bool:
        ends.append(time.monotonic())
        return go_on(epoch, value)

    began = time.monotonic()
    outcome = worker.train(recipe, budget, 0, report)
    took = time.monotonic() - began
    epoch = outcome.seconds_per_epoch
    if len(ends) > 1:  # in the first epoch, the network is traced too
        epoch = (ends[-1] - ends[0]) / (len(ends) - 1)
    return RunTime(max(0.0, took - epoch * len(ends)), epoch)
